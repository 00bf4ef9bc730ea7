"""Ed25519 keys that sign what is checked later: `<name>.pem` signs, `<name>.pub.pem` is for whoever checks.

The public file may hold several keys, one after the other: a key that was replaced stays there, so that
what it signed can still be checked.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .files import draft

_PUBLIC_KEY = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----\s*", re.DOTALL)

PublicKeys = Mapping[str, Ed25519PublicKey]


class SigningKey:
    """A private key, and the id under which its public key is found."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        self.key_id = key_id(self.public)

    @classmethod
    def load(cls, directory: Path, name: str) -> "SigningKey":
        """Reads a key. Fails with FileNotFoundError when there is none, with ValueError for another kind."""
        path = directory / f"{name}.pem"
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} is not an Ed25519 key")
        return cls(key)

    @classmethod
    def load_or_create(cls, directory: Path, name: str) -> "SigningKey":
        """Reads a key, or makes one that its owner alone may read. The public one is there afterwards."""
        try:
            signer = cls.load(directory, name)
        except FileNotFoundError:
            _create(directory, name)
            signer = cls.load(directory, name)
        signer._publish(directory / public_name(name))
        return signer

    def _publish(self, path: Path) -> None:
        """Adds the public key to the file of public keys, unless it is there."""
        if path.exists() and self.key_id in load_public_keys(path):
            return
        pem = self.public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        earlier = path.read_bytes() if path.exists() else b""
        draft(path.parent, earlier + pem, 0o644).replace(path)

    def sign(self, statement: bytes) -> bytes:
        """Returns the signature, 64 bytes."""
        return self._key.sign(statement)


def _create(directory: Path, name: str) -> None:
    """Makes a private key, unless another process is first."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    private = draft(directory, pem, 0o600)
    try:
        os.link(private, directory / f"{name}.pem")
    except FileExistsError:
        pass
    finally:
        private.unlink()


def public_name(name: str) -> str:
    """Returns the name of the file with the public keys."""
    return f"{name}.pub.pem"


def key_id(key: Ed25519PublicKey) -> str:
    """Returns the first 16 hexadecimal digits of the SHA-256 of a public key."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def load_public_keys(path: Path) -> dict[str, Ed25519PublicKey]:
    """Reads public keys by their ids. Fails with OSError, or with ValueError for another kind, or none."""
    keys = [serialization.load_pem_public_key(pem) for pem in _PUBLIC_KEY.findall(path.read_bytes())]
    known = {key_id(key): key for key in keys if isinstance(key, Ed25519PublicKey)}
    if not known or len(known) < len(keys):
        raise ValueError(f"{path} holds something else than Ed25519 public keys")
    return known


def fits(key: Ed25519PublicKey, signature: bytes, statement: bytes) -> bool:
    """Says whether this key signed a statement."""
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        return False
    return True
