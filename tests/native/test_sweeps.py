"""Commands that end many orders, and time: which orders, in which order, and what is said."""

from dataclasses import replace

import pytest

from tests.native.auction_hall import ALPHA, BETA, CONFIG, FIRM, Hall, of_type, types
from tests.native.commands import Event
from tickmesh.native.engine import (
    NONE,
    CommandType,
    Contingency,
    EventType,
    Feed,
    OrderFlag,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)


@pytest.fixture
def hall() -> Hall:
    return Hall()


def ended(events: list[Event]) -> list[int]:
    return [e.order for e in of_type(events, EventType.ORDER_CANCELED, EventType.ORDER_EXPIRED)]


def mixed_book(hall: Hall) -> dict[str, int]:
    """Orders in every place that an order may be in, by name."""
    hall.list_instrument(1)
    hall.phase(Phase.PRE_OPEN, instrument=1)
    return {
        "elsewhere": hall.sell(1, 120, instrument=1),
        "stop": hall.buy(1, kind=OrderType.STOP, target=150),
        "low": hall.buy(1, 90),
        "ask": hall.sell(1, 105),
        "high": hall.buy(1, 95),
        "higher later": hall.buy(1, 95),
        "market": hall.buy(1),
        "sell stop": hall.sell(1, kind=OrderType.STOP, target=50),
    }


def test_a_mass_cancel_goes_through_the_book_and_then_to_those_outside(hall: Hall) -> None:
    orders = mixed_book(hall)
    events = hall.run(CommandType.MASS_CANCEL, node=FIRM, instrument=NONE)
    names = ["market", "high", "higher later", "low", "ask", "stop", "sell stop", "elsewhere"]
    assert ended(events) == [orders[name] for name in names]
    assert {e.reason for e in of_type(events, EventType.ORDER_CANCELED)} == {Reason.MASS_CANCEL}
    last = events[-1]
    assert (last.type, last.quantity, last.node) == (EventType.MASS_CANCELED, 8, FIRM)
    assert (last.instrument, last.side) == (NONE, 0)


def test_a_mass_cancel_of_one_side_and_instrument_leaves_the_rest(hall: Hall) -> None:
    orders = mixed_book(hall)
    events = hall.run(CommandType.MASS_CANCEL, node=FIRM, instrument=0, side=Side.SELL)
    assert ended(events) == [orders["ask"], orders["sell stop"]]
    assert hall.engine.status().orders == 6


def test_a_mass_cancel_reaches_the_subtree_of_its_node_only(hall: Hall) -> None:
    hall.buy(1, 90)
    theirs = hall.buy(1, 91, node=BETA)
    assert ended(hall.run(CommandType.MASS_CANCEL, node=BETA, instrument=0)) == [theirs]


def test_an_order_that_ends_through_its_list_is_not_counted(hall: Hall) -> None:
    first = hall.sell(1, 105, contingency=Contingency.OCO, more=1)
    second = hall.sell(1, 106, contingency=Contingency.OCO, more=0)
    events = hall.run(CommandType.MASS_CANCEL, node=ALPHA, instrument=0)
    assert [(e.order, e.reason) for e in of_type(events, EventType.ORDER_CANCELED)] == [
        (first, Reason.MASS_CANCEL),
        (second, Reason.CONTINGENCY),
    ]
    assert events[-1].quantity == 1


def test_held_orders_end_with_their_parent(hall: Hall) -> None:
    parent = hall.buy(1, 95, contingency=Contingency.OTO, more=1)
    held = hall.sell(1, 105, contingency=Contingency.OTO, more=0)
    events = hall.run(CommandType.MASS_CANCEL, node=ALPHA, instrument=0, side=Side.BUY)
    assert ended(events) == [parent, held]
    assert events[-1].quantity == 1
    assert hall.engine.status().orders == hall.engine.status().positions == 0


def test_a_disconnect_cancels_the_orders_that_asked_for_it(hall: Hall) -> None:
    hall.buy(1, 95)
    flagged = hall.buy(1, 94, flags=OrderFlag.CANCEL_ON_DISCONNECT)
    canceled, done = hall.run(CommandType.DISCONNECT, node=ALPHA, instrument=NONE)
    assert (canceled.order, canceled.reason) == (flagged, Reason.DISCONNECTED)
    assert (done.type, done.quantity) == (EventType.MASS_CANCELED, 1)


def test_the_end_of_the_day_expires_what_is_for_today(hall: Hall) -> None:
    times = (
        TimeInForce.GTC,
        TimeInForce.DAY,
        TimeInForce.AT_THE_OPENING,
        TimeInForce.GOOD_FOR_AUCTION,
        TimeInForce.AT_THE_CLOSE,
    )
    ids = [hall.buy(1, 95, time_in_force=time_in_force) for time_in_force in times]
    events = hall.run(CommandType.END_OF_DAY, instrument=0, node=77)
    assert types(events) == ["ORDER_EXPIRED"] * 4 + ["MASS_CANCELED"]
    assert ended(events) == ids[1:]
    assert (events[-1].quantity, events[-1].node, events[-1].instrument) == (4, NONE, 0)


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        (CommandType.MASS_CANCEL, {"side": 3, "instrument": 9}, Reason.INVALID_COMMAND),
        (CommandType.MASS_CANCEL, {"instrument": 9, "node": 9}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.MASS_CANCEL, {"node": 9}, Reason.UNKNOWN_NODE),
        (CommandType.DISCONNECT, {"side": 3}, Reason.INVALID_COMMAND),
        (CommandType.DISCONNECT, {"instrument": 9}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.DISCONNECT, {"node": NONE}, Reason.UNKNOWN_NODE),
        (CommandType.END_OF_DAY, {"side": 1}, Reason.INVALID_COMMAND),
        (CommandType.END_OF_DAY, {"instrument": 9}, Reason.UNKNOWN_INSTRUMENT),
    ],
)
def test_a_sweep_of_what_does_not_exist_is_refused(
    hall: Hall, kind: CommandType, fields: dict[str, int], reason: Reason
) -> None:
    (event,) = hall.run(kind, **fields)
    assert (event.type, event.reason) == (EventType.CONTROL_REJECTED, reason)


def test_book_changes_are_told_before_the_sweep_is_said_to_be_over() -> None:
    hall = Hall(replace(CONFIG, feeds=Feed.LEVELS))
    hall.buy(1, 95)
    hall.buy(1, 95)
    events = hall.run(CommandType.MASS_CANCEL, node=FIRM, instrument=0)
    assert types(events) == ["ORDER_CANCELED", "ORDER_CANCELED", "BOOK_LEVEL", "MASS_CANCELED"]


def good_till(hall: Hall, expiry_ns: int) -> int:
    hall.run(CommandType.ORDER_TERMS, target=expiry_ns)
    return hall.buy(1, 95, time_in_force=TimeInForce.GTD)


def test_orders_expire_when_their_time_has_come_the_earliest_first(hall: Hall) -> None:
    late, early, same, never = (good_till(hall, time) for time in (30, 10, 30, 1_000))
    assert types(hall.run(CommandType.ADVANCE_TIME, time_ns=9)) == ["CONTROL_APPLIED"]
    events = hall.run(CommandType.ADVANCE_TIME, time_ns=30)
    assert ended(events) == [early, late, same]
    assert {e.reason for e in of_type(events, EventType.ORDER_EXPIRED)} == {Reason.NONE}
    hall.run(CommandType.CANCEL_ORDER, target=never, node=ALPHA)
    assert types(hall.run(CommandType.ADVANCE_TIME, time_ns=2**63 - 1)) == ["CONTROL_APPLIED"]


def test_every_command_brings_time_and_what_it_ends(hall: Hall) -> None:
    order = good_till(hall, 5)
    events = hall.run(CommandType.CANCEL_ORDER, target=order, node=ALPHA, time_ns=5)
    assert types(events) == ["ORDER_EXPIRED", "CANCEL_REJECTED"]
