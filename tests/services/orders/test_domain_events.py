"""Every event that the engine can give finds its place in the venue, or passes by."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.services.orders.script import CONFIG, Script
from tickmesh.native.engine import (
    EVENT_DTYPE,
    NONE,
    CommandType,
    Engine,
    EventType,
    Feed,
    OrderType,
    Phase,
    Side,
    TimeInForce,
)
from tickmesh.services.orders.domain import venue as rooms
from tickmesh.services.orders.domain.orders import ExecType, Liquidity
from tickmesh.services.orders.domain.venue import Outcome, Venue

EVERYTHING = replace(CONFIG, feeds=Feed.TOP | Feed.LEVELS | Feed.ORDERS)


def run(script: Script, feeds: Feed = Feed.LEVELS) -> tuple[Venue, Outcome, Any]:
    """Runs a script. Returns venue, outcome, and the levels of the engine a side."""
    with Engine(replace(CONFIG, feeds=feeds)) as engine:
        venue = Venue()
        outcome = script.run_row(venue, engine, 0)
        levels = [{level[0]: tuple(level) for level in engine.depth(0, side, 99)} for side in Side]
        assert len(venue.live) == engine.status().orders
        return venue, outcome, levels


def an_auction() -> Script:
    script = Script()
    script.add(CommandType.SET_FEES, node=0, instrument=NONE, price=-100, quantity=250)
    script.add(CommandType.SET_PHASE, instrument=0, sort=Phase.OPENING_AUCTION)
    script.order(Side.BUY, 5, 18_925)
    script.order(Side.SELL, 3, 18_915)
    script.add(
        CommandType.NEW_ORDER, key=9, quantity=1, node=2, side=Side.SELL, sort=OrderType.MARKET,
        time_in_force=TimeInForce.DAY, note="m",
    )  # fmt: skip
    script.add(CommandType.INDICATE, instrument=0)
    script.add(CommandType.SET_PHASE, instrument=0, sort=Phase.CONTINUOUS)
    return script


def test_both_sides_of_an_auction_trade_have_one_trade_and_nobody_was_the_aggressor() -> None:
    venue, outcome, levels = run(an_auction())
    trades = [report for report in outcome.reports if report.exec_type is ExecType.TRADE]
    assert [report.liquidity for report in trades] == [Liquidity.NONE] * 4
    assert [report.ticket.side for report in trades] == [Side.BUY, Side.SELL] * 2
    assert [report.trade for report in trades[::2]] == [report.trade for report in trades[1::2]]
    assert len({report.trade for report in trades}) == 2
    public = [trade for change in outcome.changes for trade in change.trades]
    assert [trade.trade_id for trade in public] == [report.trade for report in trades[::2]]
    assert [(trade.lots, trade.aggressor_side) for trade in public] == [(1, 0), (3, 0)]
    assert [venue.books[0].bids, venue.books[0].asks] == levels


def test_market_orders_that_wait_for_an_auction_stand_in_no_level() -> None:
    script = an_auction()
    for _ in range(2):  # the auction does not happen
        script.notes.pop()
        del script.payload[-64:]
    venue, _, _ = run(script)
    assert venue.books[0].asks == {18_915: (18_915, 3, 1)}
    assert len(venue.live) == 3


def test_an_order_that_is_triggered_has_its_new_price() -> None:
    script = Script()
    script.order(Side.SELL, 5, 18_930)
    told = {"node": 2, "side": Side.BUY, "sort": OrderType.STOP_LIMIT, "time_in_force": TimeInForce.GTC}
    stop = script.add(CommandType.NEW_ORDER, key=7, price=18_928, target=18_930, quantity=4, **told, note="s")
    script.order(Side.BUY, 1, 18_930)
    venue, outcome, levels = run(script)
    assert [venue.books[0].bids, venue.books[0].asks] == levels
    assert venue.live[stop].state.price == 18_928
    assert {report.exec_type for report in outcome.reports if report.ticket.order_id == stop} == {
        ExecType.NEW
    }


def test_feeds_that_nobody_reads_change_nothing() -> None:
    told, more = run(an_auction()), run(an_auction(), EVERYTHING.feeds)
    assert told[0].books == more[0].books
    assert told[0].live == more[0].live


def test_an_event_of_an_unknown_kind_passes_by() -> None:
    script, venue = Script(), Venue()
    with Engine(CONFIG) as engine:
        script.run_row(venue, engine, 0)
    start = len(script.notes)
    script.order(Side.BUY, 5, 18_900)
    event = np.zeros(1, EVENT_DTYPE)
    event["command"], event["type"] = start + 1, 200
    outcome = venue.apply(bytes(script.payload[start * 64 :]), script.notes[start:], event)
    assert (outcome.reports, outcome.changes, venue.last_command) == ([], [], start + 1)


@pytest.mark.parametrize("kind", EventType)
def test_every_kind_of_event_was_thought_of(kind: EventType) -> None:
    assert kind in rooms._HANDLERS
