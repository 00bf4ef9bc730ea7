"""Tokens: only ours open the door, and only while they last."""

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tickmesh.services.runtime.client import TOKEN_TTL_S, service_token
from tickmesh.services.runtime.errors import Unauthenticated
from tickmesh.services.runtime.identity import Signer, Verifier, load_jwks

NOW_S = 1_700_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signer(clock: Clock) -> Signer:
    return Signer(ec.generate_private_key(ec.SECP256R1()), clock)


@pytest.fixture
def verifier(signer: Signer, clock: Clock) -> Verifier:
    return Verifier(signer.jwks(), clock)


def reason(verifier: Verifier, token: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        verifier.verify(token)
    return caught.value.reason


def test_a_token_names_its_subject_and_scopes(signer: Signer, verifier: Verifier) -> None:
    principal = verifier.verify(signer.mint("ada", ["orders:write", "orders:read"], 60))
    assert (principal.subject, principal.scopes) == ("ada", {"orders:read", "orders:write"})
    assert principal.expire_time_s == NOW_S + 60


def test_a_token_ends_at_its_time_although_it_is_remembered(
    signer: Signer, verifier: Verifier, clock: Clock
) -> None:
    token = signer.mint("ada", [], 60)
    clock.now_s += 59
    verifier.verify(token)
    clock.now_s += 1
    assert reason(verifier, token) == "TOKEN_EXPIRED"


def test_a_token_of_a_clock_that_is_ahead_is_good(signer: Signer, verifier: Verifier, clock: Clock) -> None:
    clock.now_s += 5
    token = signer.mint("ada", [], 60)
    clock.now_s -= 5
    assert verifier.verify(token).subject == "ada"


@pytest.mark.parametrize("text", ["x", "a.b.c", "....", "é" * 10, "e30.e30.e30", "a" * 9_000])
def test_text_that_is_no_token_is_refused(verifier: Verifier, text: str) -> None:
    assert reason(verifier, text) == "TOKEN_INVALID"


def test_no_token_is_told_apart_from_a_wrong_one(verifier: Verifier) -> None:
    assert reason(verifier, "") == "TOKEN_MISSING"


def test_another_key_with_our_name_is_refused(signer: Signer, verifier: Verifier, clock: Clock) -> None:
    other = Signer(ec.generate_private_key(ec.SECP256R1()), clock)
    other.jwk = {**other.jwk, "kid": signer.jwk["kid"]}
    assert reason(verifier, other.mint("eve", ["orders:write"], 60)) == "TOKEN_INVALID"


def claims(**changes: object) -> dict[str, object]:
    plain = {"iss": "tickmesh", "aud": "tickmesh", "sub": "eve", "scope": "a", "exp": NOW_S + 60}
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def test_a_token_without_signature_is_refused(signer: Signer, verifier: Verifier) -> None:
    header = {"kid": signer.jwk["kid"]}
    assert reason(verifier, jwt.encode(claims(), None, algorithm="none", headers=header)) == "TOKEN_INVALID"


def test_a_public_key_does_not_sign_as_a_secret(signer: Signer, verifier: Verifier) -> None:
    secret = signer.jwk["x"] + signer.jwk["y"]  # what anybody can read
    token = jwt.encode(claims(), secret, algorithm="HS256", headers={"kid": signer.jwk["kid"]})
    assert reason(verifier, token) == "TOKEN_INVALID"


@pytest.mark.parametrize(
    "changes",
    [{"iss": "other"}, {"aud": "other"}, {"exp": None}, {"sub": None}, {"scope": None}, {"exp": "soon"}],
)
def test_claims_that_are_missing_or_another_house_s_are_refused(
    signer: Signer, verifier: Verifier, changes: dict[str, object]
) -> None:
    token = jwt.encode(claims(**changes), signer._key, algorithm="ES256", headers={"kid": signer.jwk["kid"]})
    assert reason(verifier, token) == "TOKEN_INVALID"


def test_a_changed_claim_is_noticed(signer: Signer, verifier: Verifier) -> None:
    header, body, signature = signer.mint("ada", ["orders:read"], 60).split(".")
    decoded = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = json.dumps({**decoded, "scope": "orders:control"}).encode()
    forged = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
    assert reason(verifier, f"{header}.{forged}.{signature}") == "TOKEN_INVALID"


def test_the_key_is_for_its_owner_alone_and_comes_back(tmp_path: Path) -> None:
    signer = Signer.load_or_create(tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys" / "signing.pem").stat().st_mode) == 0o600
    assert load_jwks(tmp_path / "keys") == Signer.load_or_create(tmp_path / "keys").jwks() == signer.jwks()


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Signer.load_or_create(tmp_path).jwk["kid"], range(8)))
    assert len(set(made)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jwks.json", "signing.pem"]


def test_a_service_renews_its_token_by_the_clock_on_the_wall(
    signer: Signer, verifier: Verifier, clock: Clock
) -> None:
    token = service_token(signer, "service:risk", ["orders:read"], clock)
    first = token()
    assert token() == first
    clock.now_s += TOKEN_TTL_S * 4  # a laptop slept
    assert verifier.verify(token()).subject == "service:risk"
