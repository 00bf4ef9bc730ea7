"""Every event that the engine can give finds its place in the venue, or passes by."""

from dataclasses import replace
from typing import Any

import numpy as np

from tests.services.orders.script import CONFIG, Script, a_venue, living
from tests.services.orders.slow_books import SlowBooks
from tickmesh.native.engine import (
    EVENT_DTYPE,
    NONE,
    CommandType,
    Engine,
    Feed,
    OrderType,
    Phase,
    Side,
    TimeInForce,
)
from tickmesh.services.orders.domain.books import BookChange, changes, tape
from tickmesh.services.orders.domain.orders import ExecType, Liquidity, Report
from tickmesh.services.orders.domain.venue import Outcome, Venue

EVERYTHING = Feed.TOP | Feed.LEVELS | Feed.ORDERS


class Ran:
    """What became of a script: reports and changes of books as they are told, and the engine's own book."""

    def __init__(self, script: Script, feeds: Feed = Feed.LEVELS) -> None:
        self.venue = a_venue()
        with Engine(replace(CONFIG, feeds=feeds)) as engine:
            self.outcome: Outcome = script.run_row(self.venue, engine, 0)
            assert self.venue.orders.order_count() == engine.status().orders
            self.depth = tuple([tuple(level) for level in engine.depth(0, side, 99)] for side in Side)
        self.books = SlowBooks()
        self.books.apply(self.changes())

    def reports(self) -> list[Report]:
        return [self.venue.report(record) for record in self.outcome.reports]

    def changes(self) -> list[BookChange]:
        rows = tape(self.outcome.events, self.outcome.commands)
        return changes(rows, self.venue.listings.by_index, merged=False)


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
    ran = Ran(an_auction())
    trades = [report for report in ran.reports() if report.exec_type is ExecType.TRADE]
    assert [report.liquidity for report in trades] == [Liquidity.NONE] * 4
    assert [report.ticket.side for report in trades] == [Side.BUY, Side.SELL] * 2
    assert [report.trade for report in trades[::2]] == [report.trade for report in trades[1::2]]
    assert len({report.trade for report in trades}) == 2
    public = [trade for change in ran.changes() for trade in change.trades]
    assert [trade.trade_id for trade in public] == [report.trade for report in trades[::2]]
    assert [(trade.lots, trade.aggressor_side) for trade in public] == [(1, 0), (3, 0)]
    assert ran.books.depth(0) == ran.depth


def test_market_orders_that_wait_for_an_auction_stand_in_no_level() -> None:
    script = an_auction()
    for _ in range(2):  # the auction does not happen
        script.notes.pop()
        del script.payload[-64:]
    ran = Ran(script)
    assert ran.books.depth(0) == ([(18_925, 5, 1)], [(18_915, 3, 1)])
    assert len(living(ran.venue)) == 3


def test_an_order_that_is_triggered_has_its_new_price() -> None:
    script = Script()
    script.order(Side.SELL, 5, 18_930)
    told = {"node": 2, "side": Side.BUY, "sort": OrderType.STOP_LIMIT, "time_in_force": TimeInForce.GTC}
    stop = script.add(CommandType.NEW_ORDER, key=7, price=18_928, target=18_930, quantity=4, **told, note="s")
    script.order(Side.BUY, 1, 18_930)
    ran = Ran(script)
    assert ran.books.depth(0) == ran.depth
    assert living(ran.venue)[stop].state.price == 18_928
    assert {report.exec_type for report in ran.reports() if report.ticket.order_id == stop} == {ExecType.NEW}


def test_feeds_that_nobody_reads_change_nothing() -> None:
    told, more = Ran(an_auction()), Ran(an_auction(), EVERYTHING)
    assert len(more.outcome.events) > len(told.outcome.events)
    assert told.books.known() == more.books.known()
    assert living(told.venue) == living(more.venue)
    assert [_what_happened(report) for report in told.reports()] == [
        _what_happened(report) for report in more.reports()
    ]


def _what_happened(report: Report) -> Any:
    """Returns a report without the numbers of events, which every feed shifts."""
    return report.exec_type, report.ticket, report.state, report.last_lots, report.last_ticks


def test_an_event_of_an_unknown_kind_passes_by() -> None:
    script, venue = Script(), a_venue()
    with Engine(CONFIG) as engine:
        script.run_row(venue, engine, 0)
    start = len(script.notes)
    script.add(CommandType.CANCEL_ORDER, target=1, node=2)
    event = np.zeros(1, EVENT_DTYPE)
    event["command"], event["type"] = start + 1, 200
    outcome = venue.apply(bytes(script.payload[start * 64 :]), script.notes_of(start), event)
    assert (len(outcome.reports), venue.last_command) == (0, start + 1)
    assert len(tape(outcome.events, outcome.commands)) == 0
    _assert_nothing(venue, outcome)


def _assert_nothing(venue: Venue, outcome: Outcome) -> None:
    answer = venue.answer(outcome, outcome.first)
    assert (answer.report, answer.reason, answer.first_order_id, answer.canceled) == (None, "", 0, 0)
