"""How orders trade: one order against the book, best price first, then oldest first."""

from collections.abc import Iterator

from tests.native.reference_book import Books, shown_of
from tests.native.reference_lists import Lists
from tests.native.reference_orders import SLIDE, STOPS, Order
from tests.native.reference_reports import Reports
from tests.native.reference_risk import Gate, Listing
from tests.native.reference_triggers import Triggers
from tickmesh.native.engine import (
    NUMBER_MAX,
    Contingency,
    EventFlag,
    EventType,
    Phase,
    Reason,
    SelfTrade,
    Side,
    TimeInForce,
)

BY_GROUP = int(SelfTrade.BY_GROUP)
MODE = 7  # the bits of a self-trade field that say what happens


def band(price: int, basis_points: int) -> tuple[int, int]:
    """The edges of a band, rounded towards its middle."""
    low = -(-price * (10_000 - basis_points) // 10_000)
    return low, price * (10_000 + basis_points) // 10_000


def narrowed(listing: Listing, side: int, limit: int | None) -> int | None:
    """The limit of a run, after both bands."""
    middles = ((listing.static_price, listing.static_bps), (listing.reference_price, listing.dynamic_bps))
    edges = [band(price, bps) for price, bps in middles if bps]
    if side == Side.BUY:
        limits = [high for _, high in edges]
        return min([limit, *limits] if limit is not None else limits, default=None)
    limits = [low for low, _ in edges]
    return max([limit, *limits] if limit is not None else limits, default=None)


def reaches(order: Order, price: int, limit: int | None) -> bool:
    """May an order with this limit trade at the price?"""
    return limit is None or order.sign() * price <= order.sign() * limit


def would_trade(order: Order, books: Books) -> bool:
    """Does its price cross the best one of the other side?"""
    best = books.best(order.instrument, 3 - order.side)
    return best is not None and order.sign() * order.price >= order.sign() * best


def slide(order: Order, books: Books) -> None:
    """Moves a sliding order that would trade to one tick from the best opposite price, if there is one."""
    if order.flags & SLIDE and would_trade(order, books):
        price = (books.best(order.instrument, 3 - order.side) or 0) - order.sign()
        if 1 <= price <= NUMBER_MAX:
            order.price = price


class Matching:
    """Lets orders into the book."""

    def __init__(self, books: Books, gate: Gate, reports: Reports, lists: Lists, triggers: Triggers) -> None:
        self.books = books
        self.gate = gate
        self.reports = reports
        self.lists = lists
        self.triggers = triggers

    def listing(self, order: Order) -> Listing:
        return self.gate.listings[order.instrument]

    # Entering

    def enter(self, order: Order) -> None:
        """Sends an accepted order to its place, by phase and type."""
        phase = self.listing(order).phase
        if order.kind in STOPS:
            self.triggers.arm(order)
        elif order.time_in_force == TimeInForce.AT_THE_CLOSE and phase != Phase.CLOSING_AUCTION:
            self.books.wait(order)
        elif order.is_follower():
            self.books.wait(order)
            self.books.changed.setdefault(order.instrument)
        elif phase == Phase.CONTINUOUS:
            self.enter_market(order)
        elif order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
            self.lists.end(order, Reason.PHASE)
        else:
            self.rest(order)

    def enter_market(self, order: Order) -> None:
        """Lets an order trade; a post-only one of a list was not looked at when it was accepted."""
        price = order.price
        slide(order, self.books)
        if order.is_post_only() and would_trade(order, self.books):
            self.lists.end(order, Reason.POST_ONLY_WOULD_TRADE)
            return
        if order.price != price:
            self.reports.order(EventType.ORDER_REPRICED, order, leaves=order.leaves)
        self.trade(order)

    def rest(self, order: Order) -> None:
        if order.price and not self.books.has_page(order, order.price):
            self.lists.end(order, Reason.CAPACITY)
            return
        self.books.put(order)
        self.reports.added(order)

    def trade(self, order: Order) -> None:
        """Trades as far as the price allows; then what is left rests or ends."""
        self.books.stop_waiting(order)
        own = self.own_limit(order)
        limit = narrowed(self.listing(order), order.side, own)
        self.run(order, limit)
        if not self.books.is_live(order):
            return
        best = self.books.best(order.instrument, 3 - order.side)
        is_volatile = best is not None and reaches(order, best, own) and not reaches(order, best, limit)
        if is_volatile:
            self.interrupt(order)
        if order.may_rest():
            self.rest(order)
        else:
            interrupted = self.listing(order).phase != Phase.CONTINUOUS
            self.lists.end(order, Reason.VOLATILITY if interrupted else Reason.NO_LIQUIDITY)

    def own_limit(self, order: Order) -> int | None:
        """The order's price, or the collar of a MARKET order."""
        if order.is_priced():
            return order.price
        return self.gate.collar(order.node, order.instrument, order.side)

    def narrowed_limit(self, order: Order) -> int | None:
        return narrowed(self.listing(order), order.side, self.own_limit(order))

    def interrupt(self, order: Order) -> None:
        self.change_phase(order.instrument, Phase.REOPENING_AUCTION, Reason.VOLATILITY)

    def change_phase(self, instrument: int, phase: int, reason: int = Reason.NONE) -> None:
        listing = self.gate.listings[instrument]
        phases = {"quantity": phase, "leaves": listing.phase}
        self.reports.emit(EventType.PHASE_CHANGED, instrument=instrument, reason=reason, **phases)
        listing.phase = phase
        self.books.changed.setdefault(instrument)

    # Before a trade

    def belong_together(self, order: Order, other: Order) -> bool:
        """Would a trade of these two be one with oneself?"""
        if order.self_trade == SelfTrade.ALLOW:
            return False
        if order.node == other.node:
            return True
        group = self.gate.nodes[order.node].group
        by_group = order.self_trade & BY_GROUP and group
        return bool(by_group) and group == self.gate.nodes[other.node].group

    def opposite_levels(self, order: Order, limit: int | None) -> Iterator[list[Order]]:
        """The levels that an order would meet, best first."""
        for price in self.books.prices(order.instrument, 3 - order.side):
            if not reaches(order, price, limit):
                return
            yield self.books.queues[order.instrument, 3 - order.side][price]

    def can_fill(self, order: Order, lots: int) -> bool:
        """Would an order surely get so many lots now?"""
        if order.is_reduce_only() and lots > self.reducible(order):
            return False
        return self.fillable(order) >= lots

    def fillable(self, order: Order) -> int:
        """The lots that surely stand ready for an order: those of orders that nothing else can end before."""
        limit = self.narrowed_limit(order)
        lots = 0
        for queue in self.opposite_levels(order, limit):
            for at, other in enumerate(queue):
                if self.stops_counting(order, other):
                    return lots + sum(each.shown for each in queue[:at] if self.counts(order, each))
            lots += sum(other.leaves for other in queue if self.counts(order, other))
        return lots

    def stops_counting(self, order: Order, other: Order) -> bool:
        goes_on = order.self_trade & MODE == SelfTrade.CANCEL_OLDEST
        return not goes_on and self.belong_together(order, other)

    def counts(self, order: Order, other: Order) -> bool:
        is_unsure = other.is_reduce_only() or other.contingency != Contingency.NONE
        return not is_unsure and not self.belong_together(order, other)

    # A run

    def run(self, order: Order, limit: int | None) -> None:
        """Trades until nothing is left of the order, or nothing to trade with."""
        prices = []
        while self.books.is_live(order) and (level := next(self.opposite_levels(order, limit), None)):
            resting = level[0]
            if self.belong_together(order, resting):
                self.prevent(order, resting)
            elif not self.end_first_that_may_not(resting, order):
                prices.append(resting.price)
                self.execute(order, resting)
        for price in prices[:1] + prices[-1:]:
            self.triggers.look(order.instrument, price)

    def prevent(self, order: Order, resting: Order) -> None:
        """Keeps an order from trading with its own account or group."""
        mode = order.self_trade & MODE
        if mode == SelfTrade.DECREMENT:
            lots = min(order.leaves, resting.leaves)
            self.decrement(resting, lots, EventFlag.KEPT_PRIORITY)
            self.decrement(order, lots, EventFlag.NONE)
            return
        if mode in (SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_BOTH):
            self.lists.end(resting, Reason.SELF_TRADE)
        if mode in (SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH):
            self.lists.end(order, Reason.SELF_TRADE)

    def decrement(self, order: Order, lots: int, flags: int) -> None:
        order.quantity -= lots
        order.leaves -= lots
        if order.leaves == 0:
            self.lists.end_with(order, lots, Reason.SELF_TRADE)
            return
        figures = {"quantity": order.quantity, "leaves": order.leaves, "flags": flags}
        self.reports.order(EventType.ORDER_REPLACED, order, reason=Reason.SELF_TRADE, **figures)
        self.lists.release_lots(order, lots)
        self.cut_shown(order)

    def cut_shown(self, order: Order) -> None:
        """Shows no more than is left, after an order has lost lots."""
        if order.resting:
            self.reshow(order, min(order.shown, order.leaves))

    def reshow(self, order: Order, shown: int) -> None:
        """The book has changed, even where it shows the same."""
        self.books.changed.setdefault(order.instrument)
        if order.shown != shown:
            order.shown = shown
            self.reports.book(order)

    # Reduce-only orders

    def reducible(self, order: Order) -> int:
        """The lots that a reduce-only order may trade."""
        return self.gate.reducible(order.node, order.instrument, order.side)

    def end_first_that_may_not(self, *orders: Order) -> bool:
        """Ends the first of two orders that may trade nothing; says whether there was one."""
        for order in orders:
            if order.is_reduce_only() and self.reducible(order) == 0:
                self.lists.end(order, Reason.REDUCE_ONLY)
                return True
        return False

    def cut_short(self, lots: int, *orders: Order) -> tuple[int, list[Order]]:
        """The lots that two orders may trade of those that they have, and whose position decided that."""
        allowed = [(self.reducible(order), order) for order in orders if order.is_reduce_only()]
        fewest = min([lots, *(most for most, _ in allowed)])
        return fewest, [order for most, order in allowed if most == fewest < lots]

    def end_cut_short(self, orders: list[Order]) -> None:
        for order in orders:
            if self.books.is_live(order):
                self.lists.end(order, Reason.REDUCE_ONLY)

    # A trade

    def execute(self, order: Order, resting: Order) -> None:
        lots, cut = self.cut_short(min(order.leaves, resting.shown), resting, order)
        self.listing(order).reference_price = resting.price
        for each, flags in ((resting, EventFlag.MAKER), (order, EventFlag.NONE)):
            self.fill(each, lots, resting.price, flags)
        self.charge(resting, lots, resting.price, EventFlag.MAKER)
        self.charge(order, lots, resting.price, EventFlag.NONE)
        self.show(resting, resting.shown - lots)
        if order.leaves == 0:
            self.books.forget(order)
        self.lists.after_trade(resting)
        self.lists.after_trade(order)
        self.end_cut_short(cut)

    def fill(self, order: Order, lots: int, price: int, flags: int) -> None:
        order.leaves -= lots
        order.traded += lots
        self.gate.change(order.node, order.instrument, order.side, -lots, lots)
        figures = {"price": price, "quantity": lots, "leaves": order.leaves, "flags": flags}
        self.reports.order(EventType.TRADE, order, **figures)

    def charge(self, order: Order, lots: int, price: int, flags: int) -> None:
        fees = self.gate.fees(order.node, order.instrument)
        if fees is None:
            return
        rate = fees[0] if flags == EventFlag.MAKER else fees[1]
        fee = self.gate.fee(order.instrument, lots, price, rate)
        self.reports.order(EventType.FEE, order, price=rate, quantity=fee, flags=flags)

    def show(self, resting: Order, shown: int) -> None:
        """After a trade: an order with nothing left goes, an iceberg with nothing shown queues again."""
        if resting.leaves == 0:
            self.lists.leave(resting)
        elif shown == 0:
            self.books.take(resting)
            self.reports.removed(resting)
            self.books.put(resting)
            self.reports.added(resting)
        else:
            resting.shown = shown
            self.reports.book(resting)

    def show_again(self, order: Order) -> None:
        """After a trade in an auction: an order shows what it can at its old place."""
        if order.leaves == 0:
            self.lists.leave(order)
        else:
            self.reshow(order, shown_of(order))
