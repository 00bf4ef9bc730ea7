"""Rule by rule of docs/native-rules.md, on both engines: lists of orders; invariants in random flow."""

import pytest

from tests.native.differential import CONFIGS
from tests.native.flow import Flow
from tests.native.reference_engine import ReferenceEngine
from tests.native.reference_stage import BETA, BUY, SELL, Stage
from tickmesh.native.engine import (
    CommandType,
    Contingency,
    EventFlag,
    EventType,
    OrderType,
    Phase,
    Side,
)

OCO, OTO, BRACKET = Contingency.OCO, Contingency.OTO, Contingency.BRACKET


@pytest.fixture
def stage() -> Stage:
    return Stage()


def limit(price: int) -> dict[str, int]:
    return {"price": price}


def stop(trigger: int) -> dict[str, int]:
    return {"kind": int(OrderType.STOP), "trigger": trigger}


def test_of_an_oco_the_one_that_trades_goes_on_alone(stage: Stage) -> None:
    lines = stage.list_of(OCO, (SELL, 5, limit(103)), (SELL, 5, stop(97)))
    assert lines == ["accepted 10 5@103 left 5", "accepted 11 5@0 left 5"]
    assert stage.buy(2, 103, node=BETA)[1:] == [
        "trade 10 2@103 left 3",
        "trade 12 2@103",
        "canceled 11 5@0 CONTINGENCY",
    ]
    assert stage.cancel(10) == ["canceled 10 3@103 REQUESTED"]


def test_of_an_oco_the_one_that_triggers_ends_the_other(stage: Stage) -> None:
    stage.list_of(OCO, (SELL, 5, limit(103)), (SELL, 5, stop(97)))
    stage.buy(1, 97, node=BETA)
    assert stage.sell(1, 97, node=BETA)[-3:] == [
        "triggered 11 0@0 left 5",
        "canceled 10 5@103 CONTINGENCY",
        "canceled 11 5@0 NO_LIQUIDITY",
    ]


def test_of_an_oco_the_one_that_is_cancelled_ends_the_other(stage: Stage) -> None:
    stage.list_of(OCO, (SELL, 5, limit(103)), (SELL, 5, stop(97)))
    assert stage.cancel(11) == ["canceled 11 5@0 REQUESTED", "canceled 10 5@103 CONTINGENCY"]


def test_a_parent_that_fills_releases_what_it_held(stage: Stage) -> None:
    stage.list_of(OTO, (BUY, 5, limit(100)), (SELL, 5, limit(103)), (SELL, 5, stop(97)))
    stage.sell(3, 100, node=BETA)
    assert stage.sell(2, 100, node=BETA)[1:] == [
        "trade 10 2@100",
        "trade 14 2@100",
        "triggered 11 0@103 left 5 CONTINGENCY",
        "triggered 12 0@0 left 5 CONTINGENCY",
    ]
    assert stage.cancel(11) == ["canceled 11 5@103 REQUESTED"]


def test_a_parent_that_ends_after_a_part_releases_as_much_as_it_traded(stage: Stage) -> None:
    stage.list_of(OTO, (BUY, 5, limit(100)), (SELL, 5, limit(103)), (SELL, 2, limit(104)))
    stage.sell(3, 100, node=BETA)
    assert stage.cancel(10) == [
        "canceled 10 2@100 REQUESTED",
        "triggered 11 0@103 left 3 CONTINGENCY",
        "triggered 12 0@104 left 2 CONTINGENCY",
    ]


def test_a_parent_that_ends_untraded_takes_the_others_along(stage: Stage) -> None:
    stage.list_of(OTO, (BUY, 5, limit(99)), (SELL, 5, limit(103)))
    assert stage.cancel(10) == ["canceled 10 5@99 REQUESTED", "canceled 11 5@103 CONTINGENCY"]


def test_the_exits_of_a_bracket_are_an_oco_once_they_are_released(stage: Stage) -> None:
    stage.list_of(BRACKET, (BUY, 5, limit(100)), (SELL, 5, limit(103)), (SELL, 5, stop(97)))
    stage.sell(5, 100, node=BETA)
    assert stage.buy(5, 103, node=BETA)[-1] == "canceled 12 5@0 CONTINGENCY"


def test_a_held_order_that_is_cancelled_leaves_the_others(stage: Stage) -> None:
    stage.list_of(BRACKET, (BUY, 5, limit(100)), (SELL, 5, limit(103)), (SELL, 5, stop(97)))
    assert stage.cancel(11) == ["canceled 11 5@103 REQUESTED"]
    assert "triggered 12 0@0 left 5 CONTINGENCY" in stage.sell(5, 100, node=BETA)


def test_all_of_a_list_is_accepted_or_none(stage: Stage) -> None:
    lines = stage.list_of(OCO, (SELL, 5, limit(103)), (SELL, 0, limit(104)), (SELL, 5, limit(105)))
    assert lines == [
        "rejected 10 5@103 LIST_REJECTED",
        "rejected 11 0@104 INVALID_QUANTITY",
        "rejected 12 5@105 LIST_REJECTED",
    ]
    assert stage.reference.gate.pair(1, 0).open == {BUY: 0, SELL: 0}


@pytest.mark.parametrize("command_type", [CommandType.ADVANCE_TIME, CommandType.CANCEL_ORDER])
def test_a_list_that_breaks_off_is_rejected(stage: Stage, command_type: CommandType) -> None:
    stage.order(SELL, 5, 103, contingency=int(OCO), more=1)
    assert stage.run(command_type)[0] == "rejected 10 5@103 LIST_INCOMPLETE"


def test_a_list_order_that_cannot_be_right_does_not_wait(stage: Stage) -> None:
    stage.order(SELL, 5, 103, contingency=int(OCO), more=1)
    lines = stage.order(BUY, 5, 97, contingency=int(OCO), more=0)
    assert lines == ["rejected 10 5@103 LIST_INCOMPLETE", "rejected 11 5@97 INVALID_COMMAND"]


def test_a_released_post_only_order_does_not_trade(stage: Stage) -> None:
    exits = ((SELL, 5, limit(98) | {"flags": 1}), (SELL, 5, limit(98) | {"flags": 2}))
    stage.buy(1, 98, node=BETA)
    stage.list_of(OTO, (BUY, 5, limit(100)), *exits)
    assert stage.sell(5, 100, node=BETA)[3:] == [
        "triggered 12 0@98 left 5 CONTINGENCY",
        "canceled 12 5@98 POST_ONLY_WOULD_TRADE",
        "triggered 13 0@98 left 5 CONTINGENCY",
        "repriced 13 0@99 left 5",
    ]


# Invariants in random flow


def check_invariants(engine: ReferenceEngine) -> None:
    for instrument, listing in enumerate(engine.gate.listings):
        bid, ask = (engine.books.best(instrument, int(side)) for side in Side)
        is_crossed = bid is not None and ask is not None and bid >= ask
        assert listing.phase != Phase.CONTINUOUS or not is_crossed
        assert engine.gate.pair(0, instrument).position == 0
        check_lots(engine, instrument)
    books, config = engine.books, engine.config
    assert len(books.orders) <= config.orders
    assert books.extras <= config.extras
    assert len(books.pages()) <= config.pages
    assert len(engine.gate.existing()) <= config.positions


def check_lots(engine: ReferenceEngine, instrument: int) -> None:
    resting: set[int] = set()
    for side in Side:
        for order in engine.books.in_turn(instrument, int(side)):
            assert 0 < order.shown <= order.leaves == order.quantity - order.traded
            resting.add(order.id)
    orders = [order for order in engine.books.orders.values() if order.instrument == instrument]
    assert all((order.id in resting) != (order.id in engine.books.waiting[instrument]) for order in orders)
    for side in Side:
        lots = sum(order.leaves for order in orders if order.reserved and order.side == side)
        assert engine.gate.pair(0, instrument).open[side] == lots


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_random_flow_breaks_no_invariant(name: str) -> None:
    engine, flow = ReferenceEngine(CONFIGS[name]), Flow(5)
    engine.process(flow.stage())
    bought, sold = 0, 0
    for _ in range(400):
        trades = [event for event in engine.process(flow.commands(10)) if event.type == EventType.TRADE]
        bought += sum(event.quantity for event in trades if event.side == Side.BUY)
        sold += sum(event.quantity for event in trades if event.side == Side.SELL)
        makers = [event for event in trades if event.flags == EventFlag.MAKER]
        assert len(makers) * 2 == len([event for event in trades if event.flags != EventFlag.AUCTION])
        check_invariants(engine)
        flow.aim_at(list(engine.books.orders)[-16:])
    assert bought == sold > 0
