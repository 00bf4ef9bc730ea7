"""What an engine answers when it is asked: orders, queues, levels, instruments, limits and counters."""

from collections.abc import Callable, Iterator

import pytest

from tickmesh.native.engine import (
    NONE,
    CommandType,
    Contingency,
    Engine,
    EngineConfig,
    EngineStatus,
    Exposure,
    InstrumentView,
    Level,
    LimitType,
    OrderFlag,
    OrderType,
    OrderView,
    Phase,
    Side,
    TimeInForce,
    Usage,
)

SMALL = EngineConfig(orders=100, instruments=2, pages=40, nodes=8, positions=20, client_keys=50, extras=20)
FIRM, ALPHA = 0, 1


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(SMALL) as engine:
        engine.submit(CommandType.LIST_INSTRUMENT, price=1_000, quantity=1_000_000, time_ns=1)
        engine.submit(CommandType.ADD_NODE, node=FIRM, target=NONE)
        engine.submit(CommandType.ADD_NODE, node=ALPHA, target=FIRM)
        yield engine


def order(engine: Engine, side: Side, quantity: int, price: int, **fields: int) -> int:
    """Sends an order of ALPHA, LIMIT and GTC unless the fields say otherwise. Returns its id."""
    plain = {"kind": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "node": ALPHA}
    key = engine.status().command_sequence + 1
    named = {"client_key": key, "side": side, "quantity": quantity, "price": price}
    return int(engine.submit(CommandType.NEW_ORDER, **(named | plain | fields))["order"][0])


def test_an_order_is_seen_as_it_stands(engine: Engine) -> None:
    bid = order(engine, Side.BUY, 10, 990, flags=OrderFlag.POST_ONLY)
    assert engine.order(bid) == OrderView(
        id=bid,
        price=990,
        quantity=10,
        leaves=10,
        shown=10,
        trigger=0,
        expiry_ns=0,
        instrument=0,
        node=ALPHA,
        side=Side.BUY,
        kind=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        flags=OrderFlag.POST_ONLY,
        resting=True,
        held=False,
    )


def test_what_has_traded_is_no_longer_left(engine: Engine) -> None:
    bid = order(engine, Side.BUY, 10, 990)
    order(engine, Side.SELL, 4, 990)
    view = engine.order(bid)
    assert view is not None
    assert (view.quantity, view.leaves, view.shown) == (10, 6, 6)


def test_an_iceberg_shows_a_part_and_ends_in_its_time(engine: Engine) -> None:
    engine.submit(CommandType.ORDER_TERMS, target=9_000, price=3)
    view = engine.order(order(engine, Side.SELL, 10, 1_010, time_in_force=TimeInForce.GTD))
    assert view is not None
    assert (view.leaves, view.shown, view.expiry_ns) == (10, 3, 9_000)


def test_a_stop_waits_outside_the_book(engine: Engine) -> None:
    view = engine.order(order(engine, Side.BUY, 1, 0, kind=OrderType.STOP, target=1_020))
    assert view is not None
    assert (view.kind, view.trigger, view.resting, view.shown) == (OrderType.STOP, 1_020, False, 0)
    assert engine.queue(0, Side.BUY, 9) == []
    assert engine.instrument(0).waiting == 1


def test_the_second_order_of_an_oto_is_held(engine: Engine) -> None:
    common = {"kind": OrderType.LIMIT, "quantity": 1, "node": ALPHA, "contingency": Contingency.OTO}
    engine.submit(CommandType.NEW_ORDER, client_key=1, side=Side.BUY, price=990, more=1, **common)
    parent, held = engine.submit(CommandType.NEW_ORDER, client_key=2, side=Side.SELL, price=1_010, **common)[
        "order"
    ][:2].tolist()
    views = engine.order(parent), engine.order(held)
    assert [(view.held, view.resting) for view in views if view] == [(False, True), (True, False)]


@pytest.mark.parametrize("order_id", [0, 1, 99, 2**64 - 1])
def test_no_live_order_is_none(engine: Engine, order_id: int) -> None:
    assert engine.order(order_id) is None


def test_an_order_that_has_traded_is_gone(engine: Engine) -> None:
    bid = order(engine, Side.BUY, 1, 990)
    order(engine, Side.SELL, 1, 990)
    assert engine.order(bid) is None


def test_a_queue_is_in_the_order_of_trading(engine: Engine) -> None:
    low, first, second = (order(engine, Side.BUY, 1, price) for price in (980, 990, 990))
    assert [view.id for view in engine.queue(0, Side.BUY, 9)] == [first, second, low]
    assert [view.id for view in engine.queue(0, Side.BUY, 2)] == [first, second]
    assert engine.queue(0, Side.BUY, 0) == engine.queue(0, Side.SELL, 9) == engine.queue(1, Side.BUY, 9) == []


def test_depth_adds_up_each_price(engine: Engine) -> None:
    for price, quantity in ((980, 7), (990, 1), (990, 2)):
        order(engine, Side.BUY, quantity, price)
    assert engine.depth(0, Side.BUY, 2**32 - 1) == [Level(990, 3, 2), Level(980, 7, 1)]
    assert engine.depth(0, Side.BUY, 1) == [(990, 3, 2)]
    assert engine.depth(0, Side.BUY, 0) == engine.depth(0, Side.SELL, 5) == []
    assert engine.depth(9, Side.BUY, 5) == engine.depth(NONE, Side.BUY, 5) == engine.depth(0, 0, 5) == []


def test_an_instrument_says_its_prices_bands_and_phase(engine: Engine) -> None:
    engine.submit(CommandType.SET_BANDS, price=500, quantity=100)
    engine.submit(CommandType.SET_PHASE, kind=Phase.OPENING_AUCTION)
    order(engine, Side.BUY, 5, 1_001)
    order(engine, Side.SELL, 3, 1_001)
    assert engine.instrument(0) == InstrumentView(
        reference_price=1_000,
        static_price=1_000,
        unit_value=1_000_000,
        static_bps=500,
        dynamic_bps=100,
        auction_price=1_001,
        auction_quantity=3,
        auction_imbalance=2,
        waiting=0,
        phase=Phase.OPENING_AUCTION,
    )


@pytest.mark.parametrize("instrument", [1, 2, NONE])
def test_an_unknown_instrument_fails(engine: Engine, instrument: int) -> None:
    with pytest.raises(LookupError, match=f"no instrument {instrument}"):
        engine.instrument(instrument)


def test_usage_says_limit_and_used(engine: Engine) -> None:
    engine.submit(CommandType.SET_LIMIT, node=ALPHA, kind=LimitType.POSITION, quantity=50)
    order(engine, Side.BUY, 10, 990)
    assert engine.usage(ALPHA, 0, LimitType.POSITION) == Usage(limit=50, used=10)
    assert engine.usage(ALPHA, 0, LimitType.ORDER_QUANTITY).limit is None


@pytest.mark.parametrize("place", [(9, 0, 5), (0, 9, 5), (0, 0, 0), (0, 0, 7), (0, 0, 4), (0, NONE, 5)])
def test_usage_of_nothing_fails(engine: Engine, place: tuple[int, int, int]) -> None:
    with pytest.raises(LookupError, match="no limit of type"):
        engine.usage(*place)


def test_exposure_says_position_and_open_lots(engine: Engine) -> None:
    order(engine, Side.BUY, 10, 990)
    order(engine, Side.SELL, 4, 990, node=FIRM)
    order(engine, Side.SELL, 5, 1_010)
    assert engine.exposure(ALPHA, 0) == Exposure(position=4, open_buy=6, open_sell=5)
    assert engine.exposure(7, 0) == engine.exposure(0, 7) == (0, 0, 0)


def test_status_counts_what_is_in_use(engine: Engine) -> None:
    order(engine, Side.BUY, 10, 990)
    order(engine, Side.BUY, 1, 0, kind=OrderType.STOP, target=1_020, time_ns=77)
    status = engine.status()
    assert status == EngineStatus(
        command_sequence=5,
        event_sequence=status.event_sequence,
        orders=2,
        instruments=1,
        nodes=2,
        positions=2,
        pages=1,
        extras=1,
        time_ns=77,
    )


QUERIES: dict[str, Callable[[Engine, int], object]] = {
    "order_id": lambda engine, value: engine.order(value),
    "instrument of queue": lambda engine, value: engine.queue(value, 1, 1),
    "side of queue": lambda engine, value: engine.queue(0, value, 1),
    "number of queue": lambda engine, value: engine.queue(0, 1, value),
    "instrument of depth": lambda engine, value: engine.depth(value, 1, 1),
    "side of depth": lambda engine, value: engine.depth(0, value, 1),
    "number of depth": lambda engine, value: engine.depth(0, 1, value),
    "instrument": lambda engine, value: engine.instrument(value),
    "node of usage": lambda engine, value: engine.usage(value, 0, 5),
    "instrument of usage": lambda engine, value: engine.usage(0, value, 5),
    "limit_type": lambda engine, value: engine.usage(0, 0, value),
    "node of exposure": lambda engine, value: engine.exposure(value, 0),
    "instrument of exposure": lambda engine, value: engine.exposure(0, value),
}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("value", [-1, 2**64, 10**30])
def test_a_number_out_of_range_is_refused_by_name(engine: Engine, name: str, value: int) -> None:
    with pytest.raises(ValueError, match=rf"{name.split()[0]}.* must be in 0\.\.\d+, not {value}"):
        QUERIES[name](engine, value)


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("value", ["0", None, 1.0])
def test_what_is_no_number_is_refused_by_name(engine: Engine, name: str, value: int) -> None:
    with pytest.raises(TypeError, match=rf"{name.split()[0]}.* must be an int"):
        QUERIES[name](engine, value)
