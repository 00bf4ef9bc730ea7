"""Orders that wait for a price: stops, orders if touched, trailing stops."""

from tests.native.reference_book import Books
from tests.native.reference_lists import Lists, Turn
from tests.native.reference_orders import BASIS_POINTS, TOUCHED, TRAILING, Order
from tests.native.reference_risk import Gate
from tickmesh.native.engine import NUMBER_MAX, OrderType, Phase, Side


def clamp(price: int) -> int:
    return max(1, min(price, NUMBER_MAX))


def is_up(order: Order) -> bool:
    """Does it wait for a price at or above its trigger?"""
    return (order.side == Side.BUY) != (order.kind in TOUCHED)


def is_met(order: Order, price: int) -> bool:
    return price >= order.stop if is_up(order) else price <= order.stop


def trailed(order: Order, price: int) -> int:
    """Where a trailing stop would stand if it started at this price."""
    distance = order.trigger
    if order.flags & BASIS_POINTS:
        distance = max(1, price * order.trigger // 10_000)
    return clamp(price + order.sign() * distance)


def limit_after_trigger(order: Order) -> int:
    """The price of the LIMIT order that a triggered order becomes; 0 for MARKET."""
    if order.kind in (OrderType.STOP_LIMIT, OrderType.LIMIT_IF_TOUCHED):
        return order.price
    if order.kind == OrderType.TRAILING_STOP_LIMIT:
        return clamp(order.stop + order.sign() * order.price)
    return 0


class Triggers:
    """Looks for orders to trigger whenever there is a new last price."""

    def __init__(self, books: Books, gate: Gate, lists: Lists) -> None:
        self.books = books
        self.gate = gate
        self.lists = lists

    def arm(self, order: Order) -> None:
        """Starts an order's waiting for its price, which may have come already."""
        last = self.gate.listings[order.instrument].reference_price
        order.stop = trailed(order, last) if order.kind in TRAILING else order.trigger
        self.wait(order)

    def wait(self, order: Order) -> None:
        order.armed = True
        self.books.wait(order)
        listing = self.gate.listings[order.instrument]
        if listing.phase == Phase.CONTINUOUS and is_met(order, listing.reference_price):
            self.pull(order)

    def pull(self, order: Order) -> None:
        order.armed = False
        self.lists.queue.append((order, Turn.TRIGGERED))

    def look(self, instrument: int, price: int) -> None:
        """Moves the trailing stops after a price, then finds all whose trigger it meets."""
        armed = [order for order in self.books.waiting[instrument].values() if order.armed]
        for order in armed:
            if order.kind in TRAILING:
                nearer = min if order.side == Side.BUY else max
                order.stop = nearer(order.stop, trailed(order, price))
        met = [order for order in armed if is_met(order, price)]
        up = [order for order in met if is_up(order)]
        down = [order for order in met if not is_up(order)]
        for order in sorted(up, key=lambda order: (order.stop, order.age)):
            self.pull(order)
        for order in sorted(down, key=lambda order: (-order.stop, order.age)):
            self.pull(order)
