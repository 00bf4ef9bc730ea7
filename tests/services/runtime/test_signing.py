"""Keys that sign: made once, private, and found again by whoever checks."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tickmesh.services.runtime.signing import SigningKey, fits, load_public_keys


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first, second = (SigningKey.load_or_create(tmp_path / "keys", "journal") for _ in range(2))
    assert first.key_id == second.key_id
    assert stat.S_IMODE((tmp_path / "keys" / "journal.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["journal.pem", "journal.pub.pem"]


def test_whoever_holds_the_public_key_can_check_a_signature(tmp_path: Path) -> None:
    signer = SigningKey.load_or_create(tmp_path, "journal")
    public = load_public_keys(tmp_path / "journal.pub.pem")[signer.key_id]
    signature = signer.sign(b"so it is")
    assert fits(public, signature, b"so it is")
    assert not fits(public, signature, b"so it was")
    assert not fits(public, signature[:-1] + bytes([signature[-1] ^ 1]), b"so it is")
    assert not fits(public, b"", b"so it is")


def test_a_signature_is_that_of_rfc_8032(tmp_path: Path) -> None:
    """Test 2 of RFC 8032, section 7.1."""
    secret = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    assert SigningKey(Ed25519PrivateKey.from_private_bytes(secret)).sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: SigningKey.load_or_create(tmp_path, "journal"), range(16)))
    assert len({key.key_id for key in made}) == 1
    assert list(load_public_keys(tmp_path / "journal.pub.pem")) == [made[0].key_id]


def test_the_public_half_of_a_key_that_was_replaced_stays(tmp_path: Path) -> None:
    old = SigningKey.load_or_create(tmp_path, "journal")
    (tmp_path / "journal.pem").unlink()
    new = SigningKey.load_or_create(tmp_path, "journal")
    assert list(load_public_keys(tmp_path / "journal.pub.pem")) == [old.key_id, new.key_id]


def test_a_public_key_that_was_lost_is_written_again(tmp_path: Path) -> None:
    key = SigningKey.load_or_create(tmp_path, "journal")
    (tmp_path / "journal.pub.pem").unlink()
    SigningKey.load_or_create(tmp_path, "journal")
    assert list(load_public_keys(tmp_path / "journal.pub.pem")) == [key.key_id]


def test_keys_of_another_kind_are_refused(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    private = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = other.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "journal.pem").write_bytes(private)
    with pytest.raises(ValueError, match="not an Ed25519 key"):
        SigningKey.load_or_create(tmp_path, "journal")
    for content in (public, b"", b"no key at all", private):
        (tmp_path / "journal.pub.pem").write_bytes(content)
        with pytest.raises(ValueError, match=r"journal\.pub\.pem"):
            load_public_keys(tmp_path / "journal.pub.pem")
