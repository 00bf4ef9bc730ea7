"""Commands that set the stage: what each refuses, in which order, and what it leaves behind."""

from dataclasses import replace

import pytest

from tests.native.auction_hall import ALPHA, BETA, CONFIG, FIRM, Hall, of_type, types
from tests.native.commands import Event
from tickmesh.native.engine import (
    DEPTH_MAX,
    NONE,
    NUMBER_MAX,
    CommandType,
    EventType,
    LimitType,
    Phase,
    Reason,
    SelfTrade,
    Side,
    TradingState,
)

UNKNOWN = 99


@pytest.fixture
def hall() -> Hall:
    return Hall()


def answer(hall: Hall, command_type: CommandType, **fields: int) -> Reason:
    """Runs a control and returns the reason of its one event."""
    (event,) = hall.run(command_type, **fields)
    expected = EventType.CONTROL_REJECTED if event.reason else EventType.CONTROL_APPLIED
    assert event.type == expected
    assert (event.instrument, event.node) == (fields.get("instrument", 0), fields.get("node", 0))
    return Reason(event.reason)


@pytest.mark.parametrize(
    ("command_type", "fields", "reason"),
    [
        (CommandType.LIST_INSTRUMENT, {"instrument": 2, "price": 1, "quantity": 1}, Reason.ALREADY_EXISTS),
        (CommandType.LIST_INSTRUMENT, {"instrument": 0, "price": 1, "quantity": 1}, Reason.ALREADY_EXISTS),
        (CommandType.LIST_INSTRUMENT, {"instrument": 1, "price": 0, "quantity": 0}, Reason.INVALID_PRICE),
        (CommandType.LIST_INSTRUMENT, {"instrument": 1, "price": NUMBER_MAX + 1}, Reason.INVALID_PRICE),
        (CommandType.LIST_INSTRUMENT, {"instrument": 1, "price": 1, "quantity": 0}, Reason.INVALID_QUANTITY),
        (CommandType.SET_UNIT_VALUE, {"instrument": 1, "quantity": 0}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_UNIT_VALUE, {"instrument": NONE, "quantity": 1}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_UNIT_VALUE, {"quantity": NUMBER_MAX + 1}, Reason.INVALID_QUANTITY),
        (CommandType.ADD_NODE, {"node": 3, "target": UNKNOWN}, Reason.ALREADY_EXISTS),
        (CommandType.ADD_NODE, {"node": 4, "target": 4}, Reason.UNKNOWN_NODE),
        (CommandType.ADD_NODE, {"node": 4, "target": NONE}, Reason.UNKNOWN_NODE),
        (CommandType.ADD_NODE, {"node": 4, "target": 1 << 32}, Reason.UNKNOWN_NODE),
        (CommandType.SET_LIMIT, {"kind": 0, "instrument": UNKNOWN}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": 7}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": LimitType.ORDER_RATE}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": LimitType.GROSS_EXPOSURE}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": LimitType.POSITION, "instrument": NONE}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": LimitType.POSITION, "instrument": 1}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_LIMIT, {"kind": LimitType.POSITION, "node": UNKNOWN}, Reason.UNKNOWN_NODE),
        (CommandType.SET_TRADING_STATE, {"kind": 3, "instrument": UNKNOWN}, Reason.INVALID_COMMAND),
        (CommandType.SET_TRADING_STATE, {"instrument": UNKNOWN, "node": UNKNOWN}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_TRADING_STATE, {"node": UNKNOWN}, Reason.UNKNOWN_NODE),
        (CommandType.ORDER_TERMS, {"client_key": 1}, Reason.INVALID_COMMAND),
        (CommandType.ORDER_TERMS, {"instrument": 1}, Reason.INVALID_COMMAND),
        (CommandType.ORDER_TERMS, {"node": 1}, Reason.INVALID_COMMAND),
        (CommandType.ORDER_TERMS, {"side": 1}, Reason.INVALID_COMMAND),
        (CommandType.ORDER_TERMS, {"kind": 1}, Reason.INVALID_COMMAND),
        (CommandType.ORDER_TERMS, {"time_in_force": 1}, Reason.INVALID_COMMAND),
        (CommandType.ORDER_TERMS, {"flags": 1}, Reason.INVALID_COMMAND),
        (CommandType.SET_BANDS, {"instrument": 1, "price": -1}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_BANDS, {"price": -1, "quantity": -1}, Reason.INVALID_PRICE),
        (CommandType.SET_BANDS, {"price": 10_000}, Reason.INVALID_PRICE),
        (CommandType.SET_BANDS, {"price": 9_999, "quantity": 10_000}, Reason.INVALID_QUANTITY),
        (CommandType.SET_GROUP, {"node": UNKNOWN, "quantity": -1}, Reason.UNKNOWN_NODE),
        (CommandType.SET_GROUP, {"quantity": -1}, Reason.INVALID_QUANTITY),
        (CommandType.SET_GROUP, {"quantity": 1 << 32}, Reason.INVALID_QUANTITY),
        (CommandType.SET_FEES, {"kind": 2, "instrument": UNKNOWN}, Reason.INVALID_COMMAND),
        (CommandType.SET_FEES, {"instrument": UNKNOWN, "node": UNKNOWN}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_FEES, {"node": UNKNOWN, "price": 1_000_001}, Reason.UNKNOWN_NODE),
        (CommandType.SET_FEES, {"price": 1_000_001, "quantity": 1_000_001}, Reason.INVALID_PRICE),
        (CommandType.SET_FEES, {"quantity": -1_000_001}, Reason.INVALID_QUANTITY),
        (CommandType.SET_REFERENCE_PRICE, {"instrument": 1, "price": 1}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_REFERENCE_PRICE, {"price": 0}, Reason.INVALID_PRICE),
    ],
)
def test_a_control_that_makes_no_sense_is_refused_and_changes_nothing(
    hall: Hall, command_type: CommandType, fields: dict[str, int], reason: Reason
) -> None:
    before = hall.engine.status(), hall.engine.instrument(0)
    assert answer(hall, command_type, **fields) == reason
    after = hall.engine.status(), hall.engine.instrument(0)
    assert after[0].nodes == before[0].nodes and after[0].positions == before[0].positions
    assert after[1] == before[1]


@pytest.mark.parametrize(
    ("command_type", "fields"),
    [
        (CommandType.SET_LIMIT, {"kind": LimitType.POSITION, "quantity": -1}),
        (CommandType.SET_TRADING_STATE, {"kind": TradingState.ACTIVE}),
        (CommandType.SET_FEES, {"kind": 1, "price": NUMBER_MAX, "quantity": NUMBER_MAX}),
    ],
)
def test_what_does_not_stand_can_be_removed(
    hall: Hall, command_type: CommandType, fields: dict[str, int]
) -> None:
    assert answer(hall, command_type, node=ALPHA, **fields) == Reason.NONE
    assert hall.engine.status().positions == 0


@pytest.mark.parametrize(
    ("command_type", "sets", "removes"),
    [
        (CommandType.SET_LIMIT, {"kind": LimitType.ORDER_QUANTITY, "quantity": 0}, {"quantity": -5}),
        (CommandType.SET_LIMIT, {"kind": LimitType.ORDER_NOTIONAL, "quantity": 9}, {"quantity": -1}),
        (CommandType.SET_LIMIT, {"kind": LimitType.PRICE_COLLAR, "quantity": 9}, {"quantity": -1}),
        (CommandType.SET_LIMIT, {"kind": LimitType.POSITION, "quantity": 9}, {"quantity": -1}),
        (CommandType.SET_TRADING_STATE, {"kind": TradingState.REDUCING}, {"kind": TradingState.ACTIVE}),
        (CommandType.SET_FEES, {"kind": 0, "price": 1, "quantity": 2}, {"kind": 1}),
    ],
)
def test_what_stands_on_a_pair_keeps_it_and_its_ancestors(
    hall: Hall, command_type: CommandType, sets: dict[str, int], removes: dict[str, int]
) -> None:
    clean = hall.engine.status().positions
    for _ in range(2):  # setting it again takes nothing more
        assert answer(hall, command_type, node=ALPHA, **sets) == Reason.NONE
        assert hall.engine.status().positions == clean + 2
    assert answer(hall, command_type, node=ALPHA, **(sets | removes)) == Reason.NONE
    assert hall.engine.status().positions == clean


def test_a_pair_stays_while_anything_stands_on_it(hall: Hall) -> None:
    limit: dict[str, int] = {"node": ALPHA, "kind": LimitType.POSITION}
    hall.run(CommandType.SET_LIMIT, quantity=5, **limit)
    hall.run(CommandType.SET_FEES, node=ALPHA, price=1)
    hall.run(CommandType.SET_LIMIT, quantity=-1, **limit)
    assert hall.engine.status().positions == 2
    assert hall.engine.usage(ALPHA, 0, LimitType.POSITION).limit is None


@pytest.mark.parametrize(
    "command_type", [CommandType.SET_LIMIT, CommandType.SET_TRADING_STATE, CommandType.SET_FEES]
)
def test_a_pair_for_which_there_is_no_room_is_refused(command_type: CommandType) -> None:
    hall = Hall(replace(CONFIG, positions=1))
    kind = 0 if command_type == CommandType.SET_FEES else LimitType.ORDER_QUANTITY
    place: dict[str, int] = {"kind": kind, "quantity": 1}
    assert answer(hall, command_type, node=ALPHA, **place) == Reason.CAPACITY
    assert answer(hall, command_type, node=FIRM, **place) == Reason.NONE


@pytest.mark.parametrize(
    ("kind", "node", "instrument"),
    [
        (LimitType.ORDER_QUANTITY, ALPHA, 0),
        (LimitType.ORDER_NOTIONAL, ALPHA, 0),
        (LimitType.ORDER_NOTIONAL, FIRM, NONE),
        (LimitType.PRICE_COLLAR, ALPHA, 0),
        (LimitType.POSITION, FIRM, 0),
        (LimitType.GROSS_EXPOSURE, FIRM, NONE),
        (LimitType.ORDER_RATE, FIRM, NONE),
    ],
)
def test_a_limit_is_found_where_it_was_set_until_it_is_removed(
    hall: Hall, kind: LimitType, node: int, instrument: int
) -> None:
    place: dict[str, int] = {"kind": kind, "node": node, "instrument": instrument}
    assert answer(hall, CommandType.SET_LIMIT, quantity=7, **place) == Reason.NONE
    assert hall.engine.usage(node, instrument, kind).limit == 7
    assert answer(hall, CommandType.SET_LIMIT, quantity=-7, **place) == Reason.NONE
    assert hall.engine.usage(node, instrument, kind).limit is None


def test_a_rate_that_comes_back_starts_with_all_its_tokens(hall: Hall) -> None:
    rate: dict[str, int] = {"node": ALPHA, "instrument": NONE, "kind": LimitType.ORDER_RATE}
    hall.run(CommandType.SET_LIMIT, quantity=3, **rate)
    hall.buy(1, 90)
    hall.run(CommandType.SET_LIMIT, quantity=2, **rate)
    assert hall.engine.usage(ALPHA, NONE, LimitType.ORDER_RATE) == (2, 1)
    hall.run(CommandType.SET_LIMIT, quantity=-1, **rate)
    hall.run(CommandType.SET_LIMIT, quantity=2, **rate)
    assert hall.engine.usage(ALPHA, NONE, LimitType.ORDER_RATE) == (2, 0)


def test_nodes_hang_at_most_as_deep_as_every_check_may_walk() -> None:
    hall = Hall(replace(CONFIG, nodes=40))
    answers = [answer(hall, CommandType.ADD_NODE, node=4 + i, target=3 + i) for i in range(DEPTH_MAX - 2)]
    assert set(answers) == {Reason.NONE}
    deepest = 3 + len(answers)
    assert answer(hall, CommandType.ADD_NODE, node=deepest + 1, target=deepest) == Reason.CAPACITY


def test_full_tables_refuse_the_next_instrument_and_node(hall: Hall) -> None:
    for instrument in range(1, CONFIG.instruments):
        hall.list_instrument(instrument)
    for node in range(4, CONFIG.nodes):
        assert answer(hall, CommandType.ADD_NODE, node=node, target=FIRM) == Reason.NONE
    assert answer(hall, CommandType.LIST_INSTRUMENT, instrument=CONFIG.instruments) == Reason.CAPACITY
    assert answer(hall, CommandType.ADD_NODE, node=CONFIG.nodes, target=UNKNOWN) == Reason.CAPACITY


def refusal(hall: Hall, price: int) -> Reason:
    fields: dict[str, int] = {"client_key": next(hall.keys), "node": ALPHA, "side": Side.BUY, "kind": 2}
    events: list[Event] = hall.run(CommandType.NEW_ORDER, price=price, quantity=1, time_in_force=1, **fields)
    return Reason(events[0].reason)


def test_the_static_band_follows_its_width_and_the_price_that_is_set(hall: Hall) -> None:
    hall.run(CommandType.SET_BANDS, price=1_000, quantity=0)
    assert [refusal(hall, price) for price in (89, 90, 110, 111)] == [
        Reason.PRICE_BAND,
        Reason.NONE,
        Reason.NONE,
        Reason.PRICE_BAND,
    ]
    hall.run(CommandType.SET_REFERENCE_PRICE, price=200)
    assert [refusal(hall, price) for price in (179, 180, 220, 221)] == [
        Reason.PRICE_BAND,
        Reason.NONE,
        Reason.NONE,
        Reason.PRICE_BAND,
    ]
    hall.run(CommandType.SET_BANDS)
    assert refusal(hall, NUMBER_MAX) == Reason.NONE


def test_the_state_of_a_node_holds_for_all_its_instruments_until_it_changes(hall: Hall) -> None:
    place: dict[str, int] = {"node": FIRM, "instrument": NONE}
    assert answer(hall, CommandType.SET_TRADING_STATE, kind=TradingState.HALTED, **place) == Reason.NONE
    assert refusal(hall, 100) == Reason.TRADING_HALTED
    assert answer(hall, CommandType.SET_TRADING_STATE, kind=TradingState.ACTIVE, **place) == Reason.NONE
    assert refusal(hall, 100) == Reason.NONE


def test_orders_of_one_group_do_not_trade_with_each_other(hall: Hall) -> None:
    for node in (ALPHA, BETA):
        assert answer(hall, CommandType.SET_GROUP, node=node, quantity=2**32 - 1) == Reason.NONE
    hall.phase(Phase.CONTINUOUS)
    hall.sell(1, 100, node=BETA)
    hall.buy(1, 100, self_trade=SelfTrade.CANCEL_NEWEST | SelfTrade.BY_GROUP)
    assert hall.engine.exposure(ALPHA, 0) == (0, 0, 0)
    assert answer(hall, CommandType.SET_GROUP, node=BETA, quantity=0) == Reason.NONE
    hall.buy(1, 100, self_trade=SelfTrade.CANCEL_NEWEST | SelfTrade.BY_GROUP)
    assert hall.engine.exposure(ALPHA, 0) == (1, 0, 0)


def test_a_new_unit_value_counts_for_the_next_trade(hall: Hall) -> None:
    hall.run(CommandType.SET_FEES, node=FIRM, instrument=NONE, price=1_000_000, quantity=1_000_000)
    hall.run(CommandType.SET_UNIT_VALUE, quantity=1_000)
    hall.phase(Phase.CONTINUOUS)
    hall.sell(1, 100)
    hall.buy(2, 100)
    assert hall.engine.instrument(0).unit_value == 1_000
    assert hall.engine.exposure(ALPHA, 0).open_buy == 1
    hall.sell(1, 100)
    assert hall.engine.exposure(ALPHA, 0) == (0, 0, 0)


def test_fees_are_told_until_the_last_place_with_fees_has_none(hall: Hall) -> None:
    hall.phase(Phase.CONTINUOUS)
    for node in (FIRM, ALPHA):
        hall.run(CommandType.SET_FEES, node=node, instrument=NONE, quantity=5)
        hall.run(CommandType.SET_FEES, node=node, instrument=0, quantity=6)
    fees = []
    for node in (ALPHA, FIRM):
        for instrument in (0, NONE):
            hall.sell(1, 100)
            buy: dict[str, int] = {"client_key": next(hall.keys), "node": ALPHA, "side": Side.BUY, "kind": 2}
            events = hall.run(CommandType.NEW_ORDER, price=100, quantity=1, **buy)
            assert types(events)[-2:] == ["FEE", "FEE"]
            fees.append(of_type(events, EventType.FEE)[1].price)
            hall.run(CommandType.SET_FEES, node=node, instrument=instrument, kind=1)
    assert fees == [6, 5, 6, 5]
    hall.sell(1, 100)
    events = hall.run(CommandType.NEW_ORDER, price=100, quantity=1, **(buy | {"client_key": next(hall.keys)}))
    assert of_type(events, EventType.FEE) == []
