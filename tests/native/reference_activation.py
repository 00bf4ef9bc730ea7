"""What a command sets off: triggered and released orders, then pegged and all-or-none ones."""

from collections.abc import Callable

from tests.native.reference_intents import check_band, intent_of, reserve
from tests.native.reference_lists import Turn
from tests.native.reference_match import Matching
from tests.native.reference_orders import Order
from tests.native.reference_risk import Refused, require
from tests.native.reference_triggers import clamp, limit_after_trigger
from tickmesh.native.engine import (
    ROUNDS_MAX,
    EventType,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)


class Consequences:
    """Runs the activation queue, and settles books."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.books = matching.books
        self.gate = matching.gate
        self.reports = matching.reports
        self.lists = matching.lists
        self.turns = {
            Turn.TRIGGERED: self.trigger,
            Turn.RELEASED: self.release,
            Turn.ENTERS: self.matching.enter,
        }

    def run(self) -> None:
        """Everything that follows from the command that has just run."""
        self.empty_queue()
        changed = sorted(self.books.changed)
        for instrument in changed:
            self.settle(instrument)
        self.books.changed.clear()

    # The activation queue

    def empty_queue(self) -> None:
        while self.lists.queue:
            order, turn = self.lists.queue.pop(0)
            if self.books.is_live(order):
                self.turns[turn](order)

    def trigger(self, order: Order) -> None:
        price = limit_after_trigger(order)
        order.kind = OrderType.LIMIT if price else OrderType.MARKET
        order.price, order.stop, order.trigger = price, 0, 0
        self.reports.order(EventType.ORDER_TRIGGERED, order, leaves=order.leaves)
        self.lists.after_trigger(order)
        self.enter_if(order, self.check_triggered)

    def check_triggered(self, order: Order) -> None:
        listing = self.gate.listings[order.instrument]
        intent = intent_of(order, listing, released=order.leaves)
        self.gate.check_state(intent)
        self.gate.check_collar(intent)
        check_band(order, listing)
        is_fok = order.time_in_force == TimeInForce.FOK and listing.phase == Phase.CONTINUOUS
        if is_fok:
            require(self.matching.can_fill(order, order.leaves), Reason.FOK_NOT_FILLABLE)

    def release(self, order: Order) -> None:
        self.reports.order(EventType.ORDER_TRIGGERED, order, leaves=order.leaves, reason=Reason.CONTINGENCY)
        self.enter_if(order, self.check_released)

    def check_released(self, order: Order) -> None:
        intent = intent_of(order, self.gate.listings[order.instrument])
        self.gate.check_size(intent)
        self.gate.check_position(intent)
        self.gate.check_exposure(intent)
        require(self.gate.fits(order.node, order.instrument), Reason.CAPACITY)
        reserve(order, self.gate)

    def enter_if(self, order: Order, check: Callable[[Order], None]) -> None:
        try:
            check(order)
        except Refused as refused:
            self.lists.end(order, refused.reason)
        else:
            self.matching.enter(order)

    # Settling

    def settle(self, instrument: int) -> None:
        """Lets pegged orders follow and all-or-none orders try, until nothing moves any more."""
        for _ in range(ROUNDS_MAX):
            moved = self.reprice(instrument)
            filled = self.retry(instrument)
            if not moved and not filled:
                return

    def is_continuous(self, instrument: int) -> bool:
        return self.gate.listings[instrument].phase == Phase.CONTINUOUS

    def oldest_first(self, instrument: int, is_peg: bool) -> list[Order]:
        orders = self.books.followers[instrument].values()
        return sorted((order for order in orders if order.is_peg() == is_peg), key=lambda order: order.age)

    def reprice(self, instrument: int) -> bool:
        moved = False
        for order in self.oldest_first(instrument, is_peg=True):
            if self.is_continuous(instrument) and self.books.is_live(order):
                moved |= self.follow(order)
        return moved

    def follow(self, order: Order) -> bool:
        """Moves a pegged order to where it wants to be; says whether it moved."""
        price = self.pegged_price(order)
        if price == order.price:
            return False
        figures = {"price": price, "leaves": order.leaves}
        self.reports.order(EventType.ORDER_REPRICED, order, **figures)
        if order.resting:
            self.books.take(order)
            self.reports.removed(order)
        order.price = price
        if price:
            self.matching.trade(order)
        else:
            self.books.wait(order)
        self.empty_queue()
        return True

    def pegged_price(self, order: Order) -> int:
        """The price that a pegged order wants, or 0 while it has none."""
        base = self.base_price(order)
        if base is None:
            return 0
        price = base + order.trigger
        if order.limit:
            price = min(price, order.limit) if order.side == Side.BUY else max(price, order.limit)
        return clamp(price)

    def base_price(self, order: Order) -> int | None:
        own, other = (
            self.books.best_without_pegs(order.instrument, side) for side in (order.side, 3 - order.side)
        )
        if order.kind == OrderType.PEG_PRIMARY:
            return own
        if order.kind == OrderType.PEG_MARKET:
            return other
        if own is None or other is None:
            return None
        return (own + other + (order.side == Side.SELL)) // 2

    def retry(self, instrument: int) -> bool:
        filled = False
        for order in self.oldest_first(instrument, is_peg=False):
            may_try = self.is_continuous(instrument) and self.books.is_live(order)
            if may_try and self.matching.can_fill(order, order.leaves):
                self.fill(order)
                filled = True
        return filled

    def fill(self, order: Order) -> None:
        self.matching.trade(order)
        assert not self.books.is_live(order), "an all-or-none order that trades is filled"
        self.empty_queue()
