"""The seed: every instrument of it stands up to the rules, and the whole can be valued in dollars."""

from collections import Counter
from decimal import Decimal

import pytest

from tickmesh.assets.v1 import assets_pb2 as pb
from tickmesh.services.assets import seed
from tickmesh.services.assets.domain.changes import listed
from tickmesh.services.assets.translation import from_proto
from tickmesh.services.runtime.server import validate

SEED = seed.instruments()


@pytest.mark.parametrize("message", SEED, ids=lambda message: message.symbol)
def test_every_seed_instrument_is_valid(message: pb.Instrument) -> None:
    validate(pb.CreateInstrumentRequest(instrument=message))
    listed(from_proto(message), 1)


def test_the_seed_covers_all_eight_types() -> None:
    count = Counter(message.asset_type for message in SEED)
    assert len(count) == 8
    assert min(count.values()) >= 3
    assert len(SEED) >= 40


@pytest.mark.parametrize("field", ["symbol", "isin", "figi", "cusip", "sedol"])
def test_no_identifier_comes_twice(field: str) -> None:
    used = Counter(getattr(message, field) for message in SEED if getattr(message, field))
    assert max(used.values()) == 1


def test_every_currency_converts_to_dollars() -> None:
    pairs = {message.symbol for message in SEED if message.HasField("forex")}
    foreign = {message.currency for message in SEED} - {"USD"}
    assert foreign >= {"EUR", "GBP", "JPY", "CHF"}
    assert all(f"{currency}USD" in pairs or f"USD{currency}" in pairs for currency in foreign)


def test_one_unit_is_a_large_enough_order() -> None:
    for message in SEED:
        new = from_proto(message)
        quantity = max(new.quantity_increment, Decimal(1))
        assert quantity * new.reference_price * new.multiplier >= new.minimum_notional
