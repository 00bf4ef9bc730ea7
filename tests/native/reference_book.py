"""Where live orders are: in a queue of their book, or waiting outside it."""

from tests.native.reference_orders import Order
from tickmesh.native.engine import EngineConfig, Side

PAGE = 64


class Books:
    """All live orders, and the queues of those that rest. Price 0 is the queue of MARKET orders."""

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self.orders: dict[int, Order] = {}
        self.queues: dict[tuple[int, int], dict[int, list[Order]]] = {}  # (instrument, side): price: queue
        self.waiting: list[dict[int, Order]] = []  # by instrument, in the order in which they came to wait
        self.followers: list[dict[int, Order]] = []  # by instrument: pegged and all-or-none orders
        self.changed: dict[int, None] = {}  # instruments that have to settle
        self.extras = 0
        self.expiring: dict[int, Order] = {}

    def list_instrument(self, instrument: int) -> None:
        self.waiting.append({})
        self.followers.append({})
        for side in Side:
            self.queues[instrument, int(side)] = {}

    # Coming and going

    def add(self, order: Order) -> None:
        """Makes an order a live one."""
        self.orders[order.id] = order
        self.extras += order.is_extra
        if order.expiry_ns:
            self.expiring[order.id] = order
        if order.is_follower():
            self.followers[order.instrument][order.id] = order

    def forget(self, order: Order) -> None:
        """An order is no longer live."""
        del self.orders[order.id]
        self.extras -= order.is_extra
        self.expiring.pop(order.id, None)
        if self.followers[order.instrument].pop(order.id, None) is not None:
            self.changed.setdefault(order.instrument)
        self.waiting[order.instrument].pop(order.id, None)

    def is_live(self, order: Order) -> bool:
        return order.id in self.orders

    def wait(self, order: Order) -> None:
        """Lets an order wait outside the book, as the last one to come."""
        self.stop_waiting(order)
        self.waiting[order.instrument][order.id] = order

    def stop_waiting(self, order: Order) -> None:
        self.waiting[order.instrument].pop(order.id, None)

    def put(self, order: Order) -> None:
        """Puts an order at the end of its queue, an iceberg with its next slice."""
        self.stop_waiting(order)
        order.resting = True
        order.shown = shown_of(order)
        queues = self.queues[order.instrument, order.side]
        queues.setdefault(order.price, []).append(order)

    def take(self, order: Order) -> None:
        """Takes an order out of its queue."""
        order.resting = False
        order.shown = 0
        queues = self.queues[order.instrument, order.side]
        queues[order.price].remove(order)
        if not queues[order.price]:
            del queues[order.price]

    # What rests

    def prices(self, instrument: int, side: int) -> list[int]:
        """The prices of a side's levels, best first."""
        prices = [price for price in self.queues[instrument, side] if price]
        return sorted(prices, reverse=side == Side.BUY)

    def best(self, instrument: int, side: int) -> int | None:
        prices = [price for price in self.queues[instrument, side] if price]
        if not prices:
            return None
        return max(prices) if side == Side.BUY else min(prices)

    def best_without_pegs(self, instrument: int, side: int) -> int | None:
        """The best price at which an order that is not pegged rests."""
        for price in self.prices(instrument, side):
            if not all(order.is_peg() for order in self.queues[instrument, side][price]):
                return price
        return None

    def levels(self, instrument: int, side: int) -> list[list[Order]]:
        return [self.queues[instrument, side][price] for price in self.prices(instrument, side)]

    def in_turn(self, instrument: int, side: int) -> list[Order]:
        """The resting orders of a side as they would trade: MARKET orders, then best price, oldest first."""
        market = self.queues[instrument, side].get(0, [])
        return [*market, *(order for queue in self.levels(instrument, side) for order in queue)]

    def everything(self, instrument: int, side: int) -> list[Order]:
        """All orders of an instrument, of one side or of both (0): the book, then those that wait."""
        sides = [each for each in (1, 2) if side in (0, each)]
        resting = [order for each in sides for order in self.in_turn(instrument, each)]
        return resting + [order for order in self.waiting[instrument].values() if order.side in sides]

    def depth(self, instrument: int, side: int) -> list[tuple[int, int, int]]:
        """Price, lots shown and orders of each level."""
        return [self.level(instrument, side, price) for price in self.prices(instrument, side)]

    def level(self, instrument: int, side: int, price: int) -> tuple[int, int, int]:
        queue = self.queues[instrument, side].get(price, [])
        return price, sum(order.shown for order in queue), len(queue)

    # Capacities

    def has_place(self, more: int = 0) -> bool:
        return len(self.orders) + more < self.config.orders

    def has_extra(self, more: int = 0) -> bool:
        return self.extras + more < self.config.extras

    def pages(self, leaving: Order | None = None) -> set[tuple[int, int, int]]:
        """The pages in use, but for an order that is about to leave."""
        return {
            (instrument, side, price // PAGE)
            for (instrument, side), queues in self.queues.items()
            for price, queue in queues.items()
            if price and queue != [leaving]
        }

    def has_page(self, order: Order, price: int, leaving: Order | None = None) -> bool:
        page = (order.instrument, order.side, price // PAGE)
        return len(self.pages(leaving) | {page}) <= self.config.pages

    def has_slices(self, order: Order) -> bool:
        """Do all icebergs together, this one included, stay below their limit?"""
        icebergs = [other for other in self.orders.values() if other.display and other.id != order.id]
        return sum(iceberg.slices() for iceberg in icebergs) + order.slices() <= self.config.orders


def shown_of(order: Order) -> int:
    return min(order.display or order.leaves, order.leaves)
