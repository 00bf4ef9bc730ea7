"""The engine's key of a client order id, from C, is BLAKE2b as hashlib has it."""

from hashlib import blake2b
from random import Random

import pytest

from tickmesh.native._engine import lib
from tickmesh.native.venue import client_key


def key_in_c(portfolio: bytes, order_id: bytes) -> int:
    return int(lib.venue_client_key(portfolio, len(portfolio), order_id, len(order_id)))


@pytest.mark.parametrize("portfolio_length", range(49))
def test_a_key_is_blake2b_of_portfolio_and_id_for_every_length(portfolio_length: int) -> None:
    random = Random(portfolio_length)
    for id_length in range(65):
        portfolio, order_id = random.randbytes(portfolio_length), random.randbytes(id_length)
        digest = blake2b(portfolio + b"\0" + order_id, digest_size=8).digest()
        assert key_in_c(portfolio, order_id) == int.from_bytes(digest, "little")


def test_python_asks_for_the_same_key() -> None:
    assert key_in_c(b"demo", b"order-1") == client_key("demo", "order-1")


def test_the_border_between_portfolio_and_id_counts() -> None:
    assert key_in_c(b"demo1", b"2") != key_in_c(b"demo", b"12")


def test_what_is_too_long_has_no_key() -> None:
    assert key_in_c(b"a" * 49, b"1") == 0
    assert key_in_c(b"a", b"1" * 65) == 0
