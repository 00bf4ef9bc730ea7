"""Phases, and the auctions that cross when they end."""

from collections.abc import Iterable
from typing import NamedTuple

from tests.native.reference_match import Matching
from tests.native.reference_orders import OF_AUCTIONS, Order
from tickmesh.native.engine import (
    NUMBER_MAX,
    EventFlag,
    EventType,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)

AUCTIONS = frozenset({Phase.OPENING_AUCTION, Phase.REOPENING_AUCTION, Phase.CLOSING_AUCTION})
CALLS = AUCTIONS | {Phase.PRE_OPEN}


class Cross(NamedTuple):
    """What an auction gives: zeros when nothing crosses."""

    price: int = 0
    volume: int = 0
    imbalance: int = 0


def lots(orders: Iterable[Order]) -> int:
    return sum(order.leaves for order in orders)


def demand(buys: list[Order], price: int) -> int:
    return lots(order for order in buys if order.price == 0 or order.price >= price)


def supply(sells: list[Order], price: int) -> int:
    return lots(order for order in sells if order.price == 0 or order.price <= price)


def candidates(buys: list[Order], sells: list[Order], reference: int) -> list[int]:
    """Of each run of prices at which demand and supply stay the same, the one nearest to the reference."""
    starts = {1} | {order.price + 1 for order in buys} | {order.price for order in sells}
    edges = sorted(start for start in starts if 1 <= start <= NUMBER_MAX)
    ends = [edge - 1 for edge in edges[1:]] + [NUMBER_MAX]
    return [max(low, min(reference, high)) for low, high in zip(edges, ends, strict=True)]


def cross(buys: list[Order], sells: list[Order], reference: int) -> Cross:
    """The price of most volume, then least imbalance, then nearest to the reference, then lowest."""
    found = []
    for price in candidates(buys, sells, reference):
        bought, sold = demand(buys, price), supply(sells, price)
        rank = (-min(bought, sold), abs(bought - sold), abs(price - reference), price)
        found.append((rank, Cross(price, min(bought, sold), bought - sold)))
    best = min(found)[1]
    return best if best.volume else Cross()


class Auctions:
    """Changes phases and crosses books."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.books = matching.books
        self.gate = matching.gate
        self.reports = matching.reports
        self.lists = matching.lists

    def set_phase(self, instrument: int, phase: int) -> None:
        old = self.gate.listings[instrument].phase
        if phase == old:
            return
        self.matching.change_phase(instrument, phase)
        if phase == Phase.CONTINUOUS or (phase == Phase.CLOSED and old in AUCTIONS):
            self.uncross(instrument, is_announced=old in AUCTIONS)
        if phase == Phase.CLOSING_AUCTION:
            self.admit_closing_orders(instrument)
        if phase == Phase.CONTINUOUS:
            last = self.gate.listings[instrument].reference_price
            self.matching.triggers.look(instrument, last)

    def admit_closing_orders(self, instrument: int) -> None:
        for order in list(self.books.waiting[instrument].values()):
            if order.time_in_force == TimeInForce.AT_THE_CLOSE:
                self.matching.enter(order)

    def cross(self, instrument: int) -> Cross:
        """What an auction would give now."""
        buys, sells = (self.books.in_turn(instrument, int(side)) for side in Side)
        return cross(buys, sells, self.gate.listings[instrument].reference_price)

    def announce(self, instrument: int, found: Cross, flags: int = EventFlag.NONE) -> None:
        figures = {"price": found.price, "quantity": found.volume, "leaves": found.imbalance}
        self.reports.emit(EventType.AUCTION, instrument=instrument, flags=flags, **figures)

    def uncross(self, instrument: int, is_announced: bool) -> None:
        """Crosses what can cross, again while orders that ended had been counted; then ends the rests."""
        found = self.cross(instrument)
        if is_announced and not found.volume:
            self.announce(instrument, found)
        while found.volume:
            listing = self.gate.listings[instrument]
            listing.reference_price = listing.static_price = found.price
            self.announce(instrument, found)
            self.trade(instrument, found)
            found = self.cross(instrument)
        self.end_rests(instrument)

    def trade(self, instrument: int, found: Cross) -> None:
        traded = 0
        while traded < found.volume:
            buy = self.first(instrument, Side.BUY, found.price)
            sell = self.first(instrument, Side.SELL, found.price)
            if buy is None or sell is None:
                return
            if not self.matching.end_first_that_may_not(buy, sell):
                traded += self.meet(buy, sell, found.price)

    def first(self, instrument: int, side: int, price: int) -> Order | None:
        """The order of a side whose turn it is at the one price."""
        orders = self.books.in_turn(instrument, side)
        if not orders:
            return None
        order = orders[0]
        is_in = order.price == 0 or order.sign() * order.price >= order.sign() * price
        return order if is_in else None

    def meet(self, buy: Order, sell: Order, price: int) -> int:
        """Lets a buy and a sell trade; returns how many lots."""
        lots_now, cut = self.matching.cut_short(min(buy.leaves, sell.leaves), buy, sell)
        for order in (buy, sell):
            self.matching.fill(order, lots_now, price, EventFlag.AUCTION)
        for order in (buy, sell):
            self.matching.charge(order, lots_now, price, EventFlag.AUCTION)
        for order in (buy, sell):
            self.matching.show_again(order)
        for order in (buy, sell):
            self.lists.after_trade(order)
        self.matching.end_cut_short(cut)
        return lots_now

    def end_rests(self, instrument: int) -> None:
        """Ends, in book order, what was in the book for the auction only."""
        for order in self.books.everything(instrument, 0):
            if not self.books.is_live(order) or not order.resting:
                continue
            if order.time_in_force in OF_AUCTIONS:
                self.lists.end(order, Reason.NONE, EventType.ORDER_EXPIRED)
            elif order.kind == OrderType.MARKET:
                self.lists.end(order, Reason.NO_LIQUIDITY)
