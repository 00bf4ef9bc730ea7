"""A snapshot loads into an engine that goes on as the first one would have, or says why not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tickmesh.native.engine import (
    NONE,
    CommandType,
    Contingency,
    Engine,
    EngineConfig,
    Feed,
    LimitType,
    OrderType,
    Phase,
    RestoreError,
    Side,
    SnapshotError,
    TimeInForce,
)

SMALL = EngineConfig(orders=100, instruments=2, pages=40, nodes=8, positions=20, client_keys=50, extras=20)


def order(engine: Engine, side: Side, quantity: int, price: int, **fields: int) -> bytes:
    plain = {"kind": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
    key = engine.status().command_sequence + 1
    named = {"client_key": key, "side": side, "quantity": quantity, "price": price}
    return engine.submit(CommandType.NEW_ORDER, **(named | plain | fields)).tobytes()


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine with a bit of everything in it."""
    with Engine(SMALL) as engine:
        engine.submit(CommandType.LIST_INSTRUMENT, price=1_000, quantity=1_000_000, time_ns=10)
        engine.submit(CommandType.ADD_NODE, target=NONE)
        engine.submit(CommandType.SET_LIMIT, kind=LimitType.POSITION, quantity=500)
        engine.submit(CommandType.SET_BANDS, price=2_000, quantity=1_000)
        order(engine, Side.BUY, 10, 990)
        order(engine, Side.SELL, 5, 990)
        order(engine, Side.BUY, 1, 0, kind=OrderType.STOP, target=1_020)
        engine.submit(CommandType.ORDER_TERMS, target=9_000, price=3)
        order(engine, Side.SELL, 10, 1_010, time_in_force=TimeInForce.GTD)
        order(
            engine, Side.BUY, 1, 980, contingency=Contingency.OCO, more=1
        )  # its list is still to be completed
        yield engine


def go_on(engine: Engine) -> list[bytes]:
    """Runs what depends on everything before it. Returns the events."""
    told = [order(engine, Side.BUY, 2, 970, contingency=Contingency.OCO)]
    told.append(order(engine, Side.BUY, 4, 1_010))
    told.append(engine.submit(CommandType.ADVANCE_TIME, time_ns=9_000).tobytes())
    told.append(engine.submit(CommandType.SET_PHASE, kind=Phase.CLOSING_AUCTION).tobytes())
    told.append(engine.submit(CommandType.MASS_CANCEL, instrument=NONE).tobytes())
    return told


def test_a_restored_engine_goes_on_as_the_first_one(engine: Engine) -> None:
    with Engine.restore(SMALL, engine.snapshot()) as restored:
        assert restored.state_hash() == engine.state_hash()
        assert restored.status() == engine.status()
        assert restored.queue(0, Side.SELL, 9) == engine.queue(0, Side.SELL, 9)
        assert go_on(restored) == go_on(engine)
        assert restored.state_hash() == engine.state_hash()


def test_a_snapshot_changes_nothing_and_is_always_the_same(engine: Engine) -> None:
    before = engine.state_hash()
    first = engine.snapshot()
    assert engine.snapshot() == first
    assert engine.state_hash() == before
    with Engine.restore(SMALL, first) as restored:
        assert restored.snapshot() == first


def test_a_snapshot_of_an_empty_engine_loads() -> None:
    with Engine(SMALL) as engine, Engine.restore(SMALL, engine.snapshot()) as restored:
        assert restored.state_hash() == engine.state_hash()


def test_a_snapshot_loads_into_larger_capacities_and_other_feeds(engine: Engine) -> None:
    larger = replace(SMALL, orders=1_000, pages=400, extras=200, feeds=Feed.TOP | Feed.ORDERS)
    with Engine.restore(larger, engine.snapshot()) as restored:
        assert restored.queue(0, Side.BUY, 9) == engine.queue(0, Side.BUY, 9)


@pytest.mark.parametrize("holder", [bytes, bytearray, memoryview])
def test_a_snapshot_may_come_in_any_bytes(engine: Engine, holder: type[Any]) -> None:
    with Engine.restore(SMALL, holder(engine.snapshot())) as restored:
        assert restored.state_hash() == engine.state_hash()


def refusal(config: EngineConfig, data: bytes) -> RestoreError:
    with pytest.raises(SnapshotError) as caught:
        Engine.restore(config, data)
    assert isinstance(caught.value, ValueError)
    assert caught.value.error.name in str(caught.value)
    return caught.value.error


@pytest.mark.parametrize("data", [b"", b"x", b"not a snapshot, but long enough to be taken for one" * 9])
def test_bytes_that_are_no_snapshot_are_refused(data: bytes) -> None:
    assert refusal(SMALL, data) is RestoreError.NO_SNAPSHOT


def test_a_damaged_snapshot_is_refused(engine: Engine) -> None:
    data = bytearray(engine.snapshot())
    data[len(data) // 2] ^= 1
    assert refusal(SMALL, data) is RestoreError.CHECKSUM


def test_no_part_of_a_snapshot_loads(engine: Engine) -> None:
    data = engine.snapshot()
    for size in range(0, len(data), 97):
        assert refusal(SMALL, data[:size]) in (RestoreError.NO_SNAPSHOT, RestoreError.CHECKSUM)


@pytest.mark.parametrize("name", ["orders", "extras"])
def test_a_snapshot_that_does_not_fit_is_refused(engine: Engine, name: str) -> None:
    assert refusal(replace(SMALL, **{name: 1}), engine.snapshot()) is RestoreError.CAPACITY


def test_a_capacity_out_of_range_is_refused_as_for_a_new_engine(engine: Engine) -> None:
    with pytest.raises(ValueError, match="orders must be in"):
        Engine.restore(replace(SMALL, orders=0), engine.snapshot())


@pytest.mark.parametrize("data", ["text", None, 5, [1, 2]])
def test_what_is_no_bytes_is_refused(data: Any) -> None:
    with pytest.raises(TypeError, match="bytes-like"):
        Engine.restore(SMALL, data)
