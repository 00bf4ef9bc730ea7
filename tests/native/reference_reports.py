"""How the slow, obvious engine says what happened: events of orders at once, of books when they are owed."""

from tests.native.commands import Event
from tests.native.reference_book import Books
from tests.native.reference_orders import Order
from tickmesh.native.engine import NONE, EventFlag, EventType, Feed, Reason

BUY, SELL = 1, 2
TOP, LEVELS, ORDERS = int(Feed.TOP), int(Feed.LEVELS), int(Feed.ORDERS)
NOTHING = (0, 0, 0)


class Reports:
    """The events of the commands that run."""

    def __init__(self, books: Books, feeds: int) -> None:
        self.books = books
        self.feeds = int(feeds)
        self.command = 0
        self.sequence = 0
        self.events: list[Event] = []
        self.instrument: int | None = None  # whose book changed last
        self.touched: dict[int, int] = {}  # side: price of the level that changed last
        self.told: dict[tuple[int, int], tuple[int, int, int]] = {}  # (instrument, side): best level

    def emit(
        self,
        event_type: int,
        *,
        order: int = 0,
        price: int = 0,
        quantity: int = 0,
        leaves: int = 0,
        instrument: int = NONE,
        node: int = NONE,
        side: int = 0,
        reason: int = 0,
        flags: int = 0,
    ) -> None:
        self.sequence += 1
        place = (instrument, node, int(event_type), side, int(reason), int(flags))
        self.events.append(Event(self.sequence, self.command, order, price, quantity, leaves, *place))

    def order(
        self,
        event_type: EventType,
        order: Order,
        quantity: int = 0,
        leaves: int = 0,
        price: int | None = None,
        reason: int = Reason.NONE,
        flags: int = 0,
    ) -> None:
        self.emit(
            event_type,
            order=order.id,
            price=order.price if price is None else price,
            quantity=quantity,
            leaves=leaves,
            instrument=order.instrument,
            node=order.node,
            side=order.side,
            reason=reason,
            flags=flags,
        )

    # Books

    def book(self, order: Order, flags: int = 0, price: int | None = None, shown: int | None = None) -> None:
        """Says that an order came, went or shows other lots; the level it is at has changed."""
        at = order.price if price is None else price
        self.touch(order.instrument, order.side, at)
        if self.feeds & ORDERS:
            what = {"order": order.id, "price": at, "instrument": order.instrument, "side": order.side}
            lots = order.shown if shown is None else shown
            self.emit(EventType.BOOK_ORDER, **what, quantity=lots, flags=flags)

    def added(self, order: Order) -> None:
        self.book(order, EventFlag.ADDED)

    def removed(self, order: Order, price: int | None = None) -> None:
        self.book(order, EventFlag.REMOVED, price, 0)

    def touch(self, instrument: int, side: int, price: int) -> None:
        self.books.changed.setdefault(instrument)
        if instrument != self.instrument:
            self.tell()
            self.instrument = instrument
        if self.touched.get(side, price) != price:
            self.tell_level(side)
        self.touched[side] = price

    def tell(self) -> None:
        """Says what is still owed of the book that changed last."""
        if self.instrument is None:
            return
        for side in (BUY, SELL):
            self.tell_level(side)
        if self.feeds & TOP:
            for side in (BUY, SELL):
                self.tell_top(self.instrument, side)
        self.instrument = None

    def tell_level(self, side: int) -> None:
        price = self.touched.pop(side, None)
        if price is None or self.instrument is None or not self.feeds & LEVELS:
            return
        _, lots, orders = self.books.level(self.instrument, side, price)
        figures = {"price": price, "quantity": lots, "leaves": orders}
        self.emit(EventType.BOOK_LEVEL, instrument=self.instrument, side=side, **figures)

    def tell_top(self, instrument: int, side: int) -> None:
        best = self.books.best(instrument, side)
        top = NOTHING if best is None else self.books.level(instrument, side, best)
        if top == self.told.get((instrument, side), NOTHING):
            return
        self.told[instrument, side] = top
        figures = dict(zip(("price", "quantity", "leaves"), top, strict=True))
        self.emit(EventType.BOOK_TOP, instrument=instrument, side=side, **figures)
