"""Who asks: ES256 tokens, the keys that sign them, and the caller of the present request."""

import json
import os
import time
import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from .errors import Unauthenticated
from .files import draft

ISSUER = AUDIENCE = "tickmesh"
ALGORITHM = "ES256"
_CACHE_MAX = 10_000
_TOKEN_LENGTH_MAX = 8_192


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose token was verified."""

    subject: str
    scopes: frozenset[str]
    expire_time_s: float
    token_id: str = ""


_caller: ContextVar[Principal] = ContextVar("caller")


def current() -> Principal:
    """Returns the caller of the request that is being served. Fails with LookupError outside one."""
    return _caller.get()


def set_current(principal: Principal) -> None:
    """Remembers the caller of the request that is being served."""
    _caller.set(principal)


class Signer:
    """Makes tokens with a private key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, clock_s: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock_s = clock_s
        self.jwk = _public_jwk(key)

    @classmethod
    def create(cls, directory: Path) -> "Signer":
        """Makes a key in a directory: signing.pem, readable by its owner alone, and jwks.json.

        Fails with FileExistsError when a key is there. Both files appear whole or not at all.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        signer = cls(ec.generate_private_key(ec.SECP256R1()))
        pem = signer._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        keys = draft(directory, json.dumps(signer.jwks()).encode(), 0o644)
        private = draft(directory, pem, 0o600)
        try:
            os.link(private, directory / "signing.pem")  # fails when another process was first
            keys.replace(directory / "jwks.json")
        finally:
            private.unlink()
            keys.unlink(missing_ok=True)
        return signer

    @classmethod
    def load(cls, directory: Path) -> "Signer":
        """Reads the key of a directory. Fails with FileNotFoundError when there is none."""
        key = serialization.load_pem_private_key((directory / "signing.pem").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{directory / 'signing.pem'} is not an elliptic curve key")
        return cls(key)

    @classmethod
    def load_or_create(cls, directory: Path) -> "Signer":
        """Reads the key of a directory, or makes one."""
        try:
            return cls.load(directory)
        except FileNotFoundError:
            pass
        try:
            return cls.create(directory)
        except FileExistsError:
            return cls.load(directory)

    def mint(self, subject: str, scopes: Iterable[str], ttl_s: float) -> str:
        """Returns a token for a subject, valid from now for so many seconds."""
        now = self._clock_s()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "scope": " ".join(sorted(scopes)),
            "iat": int(now),
            "exp": int(now + ttl_s),
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.jwk["kid"]})

    def jwks(self) -> dict[str, Any]:
        """Returns the public keys as a JSON Web Key Set."""
        return {"keys": [self.jwk]}


def _public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**jwk, "kid": jwk["x"][:16], "alg": ALGORITHM, "use": "sig"}


def load_jwks(directory: Path) -> dict[str, Any]:
    """Reads the public keys of a directory."""
    keys: dict[str, Any] = json.loads((directory / "jwks.json").read_text())
    return keys


class Verifier:
    """Checks tokens against public keys. A verified token is remembered until it expires."""

    def __init__(self, jwks: dict[str, Any], clock_s: Callable[[], float] = time.time) -> None:
        self._keys = {key["kid"]: jwt.PyJWK(key, algorithm=ALGORITHM) for key in jwks["keys"]}
        self._clock_s = clock_s
        self._known: dict[str, Principal] = {}

    def verify(self, token: str) -> Principal:
        """Returns whose token it is. Fails with Unauthenticated.

        The reason is TOKEN_MISSING, TOKEN_INVALID or TOKEN_EXPIRED.
        """
        principal = self._known.get(token)  # the signature is checked once, the time at every call
        if principal is None:
            principal = self._decode(token)
            if len(self._known) >= _CACHE_MAX:
                self._known.clear()
            self._known[token] = principal
        if principal.expire_time_s <= self._clock_s():
            raise Unauthenticated("the token has expired", reason="TOKEN_EXPIRED")
        return principal

    def _decode(self, token: str) -> Principal:
        if not token:
            raise Unauthenticated("a token is required; `tickmesh token` prints one", reason="TOKEN_MISSING")
        try:
            if len(token) > _TOKEN_LENGTH_MAX:
                raise jwt.InvalidTokenError("too long")
            key = self._keys[jwt.get_unverified_header(token).get("kid", "")]
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER,
                options={"require": ["exp", "sub", "scope"], "verify_exp": False, "verify_iat": False},
            )  # fmt: skip
            return _principal(claims)
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError) as error:
            raise Unauthenticated("the token is not one of ours", reason="TOKEN_INVALID") from error


def _principal(claims: dict[str, Any]) -> Principal:
    scopes = frozenset(str(claims["scope"]).split())
    return Principal(str(claims["sub"]), scopes, float(claims["exp"]), str(claims.get("jti", "")))
