"""The engine of engine.h once more: slow, obvious, in dictionaries and lists.

It exists to disagree: it shares no code and no data structure with the C engine, and the two must give the
same events for the same commands.
"""

from tests.native.commands import Command, Event
from tests.native.reference_reports import Order, Reports
from tests.native.reference_risk import Gate, Intent, Listing, Node, Refused
from tickmesh.native.engine import (
    DEPTH_MAX,
    NONE,
    NUMBER_MAX,
    CommandType,
    EngineConfig,
    EventFlag,
    EventType,
    LimitType,
    OrderType,
    Reason,
    Side,
    TimeInForce,
    TradingState,
)

RESTING = (TimeInForce.DAY, TimeInForce.GTC)
NEEDS_INSTRUMENT = (LimitType.ORDER_QUANTITY, LimitType.PRICE_COLLAR, LimitType.POSITION)
NODE_ONLY = (LimitType.ORDER_RATE, LimitType.GROSS_EXPOSURE)


def is_number(value: int) -> bool:
    return 1 <= value <= NUMBER_MAX


def require(condition: bool, reason: Reason) -> None:
    if not condition:
        raise Refused(reason)


class ReferenceEngine(Reports):
    """Takes commands one by one."""

    def __init__(self, config: EngineConfig) -> None:
        super().__init__()
        self.config = config
        self.gate = Gate(config.positions)
        self.sequence = 0

    def process(self, commands: list[Command]) -> list[Event]:
        self.events = []
        for command in commands:
            self.take(command)
        return self.events

    def take(self, command: Command) -> None:
        self.command = command
        self.touched = []
        if command.sequence <= self.sequence:
            self.refuse(command, Refused(Reason.INVALID_COMMAND), order=0)
            return
        self.sequence = command.sequence
        self.gate.now_ns = max(self.gate.now_ns, command.time_ns)
        try:
            self.run(command)
        except Refused as refused:
            self.refuse(command, refused)
        self.report_levels()

    def run(self, command: Command) -> None:
        handlers = {
            CommandType.LIST_INSTRUMENT: self.list_instrument,
            CommandType.SET_UNIT_VALUE: self.set_unit_value,
            CommandType.ADD_NODE: self.add_node,
            CommandType.SET_LIMIT: self.set_limit,
            CommandType.SET_TRADING_STATE: self.set_trading_state,
            CommandType.NEW_ORDER: self.new_order,
            CommandType.CANCEL_ORDER: self.cancel,
            CommandType.REPLACE_ORDER: self.replace,
            CommandType.MASS_CANCEL: self.mass_cancel,
            CommandType.END_OF_DAY: self.end_of_day,
        }
        require(command.type in handlers, Reason.INVALID_COMMAND)
        handlers[CommandType(command.type)](command)

    # The stage

    def list_instrument(self, command: Command) -> None:
        require(command.instrument == len(self.gate.listings), Reason.ALREADY_EXISTS)
        require(len(self.gate.listings) < self.config.instruments, Reason.CAPACITY)
        require(is_number(command.price), Reason.INVALID_PRICE)
        require(is_number(command.quantity), Reason.INVALID_QUANTITY)
        self.gate.listings.append(Listing(command.price, command.quantity))
        for side in Side:
            self.books[command.instrument, side] = {}
        self.applied(command)

    def applied(self, command: Command) -> None:
        self.emit(EventType.CONTROL_APPLIED, instrument=command.instrument, node=command.node)

    def set_unit_value(self, command: Command) -> None:
        self.require_listed(command.instrument)
        require(is_number(command.quantity), Reason.INVALID_QUANTITY)
        self.gate.listings[command.instrument].unit_value = command.quantity
        self.applied(command)

    def add_node(self, command: Command) -> None:
        nodes = self.gate.nodes
        require(command.node == len(nodes), Reason.ALREADY_EXISTS)
        require(len(nodes) < self.config.nodes, Reason.CAPACITY)
        if not nodes:
            require(command.target == NONE, Reason.UNKNOWN_NODE)
            nodes.append(Node(None))
        else:
            require(command.target < len(nodes), Reason.UNKNOWN_NODE)
            require(len(list(self.gate.path(command.target))) < DEPTH_MAX, Reason.CAPACITY)
            nodes.append(Node(command.target))
        self.applied(command)

    def require_listed(self, instrument: int) -> None:
        require(instrument < len(self.gate.listings), Reason.UNKNOWN_INSTRUMENT)

    def require_place(self, command: Command) -> None:
        if command.instrument != NONE:
            self.require_listed(command.instrument)
        require(command.node < len(self.gate.nodes), Reason.UNKNOWN_NODE)

    def set_limit(self, command: Command) -> None:
        require(command.kind in list(LimitType), Reason.INVALID_COMMAND)
        wrong = NEEDS_INSTRUMENT if command.instrument == NONE else NODE_ONLY
        require(command.kind not in wrong, Reason.INVALID_COMMAND)
        self.require_place(command)
        if command.kind == LimitType.ORDER_RATE and command.quantity >= 0:
            self.gate.set_rate(command.node, command.quantity)
        limits = self.gate.nodes[command.node].limits
        if command.instrument != NONE:
            self.require_pair(command, is_removal=command.quantity < 0)
            limits = self.gate.pair(command.node, command.instrument).limits
        limits.pop(command.kind, None)
        if command.quantity >= 0:
            limits[command.kind] = command.quantity
        self.applied(command)

    def require_pair(self, command: Command, is_removal: bool) -> None:
        if not is_removal:
            require(self.gate.fits(command.node, command.instrument), Reason.CAPACITY)

    def set_trading_state(self, command: Command) -> None:
        require(command.kind in list(TradingState), Reason.INVALID_COMMAND)
        self.require_place(command)
        if command.instrument == NONE:
            self.gate.nodes[command.node].state = command.kind
        else:
            self.require_pair(command, is_removal=command.kind == TradingState.ACTIVE)
            self.gate.pair(command.node, command.instrument).state = command.kind
        self.applied(command)

    # New orders

    def new_order(self, command: Command) -> None:
        self.admit(command)
        listing = self.gate.listings[command.instrument]
        price = command.price if command.kind == OrderType.LIMIT else listing.reference_price
        place = (command.node, command.instrument, command.side, command.kind)
        self.gate.check(Intent(*place, price, command.quantity, command.quantity))
        limit = command.price if command.kind == OrderType.LIMIT else self.gate.collar(*place[:3])
        self.check_book(command, limit)
        self.execute(command, limit)

    def admit(self, command: Command) -> None:
        rests = command.kind == OrderType.LIMIT and command.time_in_force in RESTING
        require(command.side in list(Side) and command.kind in list(OrderType), Reason.INVALID_COMMAND)
        require(command.time_in_force in list(TimeInForce), Reason.INVALID_COMMAND)
        require(command.client_key != 0 and command.flags in (0, 1), Reason.INVALID_COMMAND)
        require(command.flags == 0 or rests, Reason.INVALID_COMMAND)
        self.require_listed(command.instrument)
        require(command.node < len(self.gate.nodes), Reason.UNKNOWN_NODE)
        require(command.client_key not in self.client_keys, Reason.DUPLICATE_CLIENT_ORDER)
        self.client_keys[command.client_key] = command.sequence
        if len(self.client_keys) > self.config.client_keys:
            self.client_keys.pop(next(iter(self.client_keys)))
        is_market = command.kind == OrderType.MARKET
        require(command.price == 0 if is_market else is_number(command.price), Reason.INVALID_PRICE)
        require(is_number(command.quantity), Reason.INVALID_QUANTITY)

    def check_book(self, command: Command, limit: int | None) -> None:
        crossing = self.crossing(command.instrument, command.side, limit)
        require(not (command.flags and crossing), Reason.POST_ONLY_WOULD_TRADE)
        if command.time_in_force == TimeInForce.FOK:
            lots = sum(order.leaves for queue in crossing for order in queue)
            require(lots >= command.quantity, Reason.FOK_NOT_FILLABLE)
        require(self.gate.fits(command.node, command.instrument), Reason.CAPACITY)
        if command.kind == OrderType.LIMIT and command.time_in_force in RESTING:
            require(len(self.orders) < self.config.orders, Reason.CAPACITY)
            prices = {*self.books[command.instrument, command.side], command.price}
            require(len(prices) <= self.config.levels, Reason.CAPACITY)

    def crossing(self, instrument: int, side: int, limit: int | None) -> list[list[Order]]:
        """The queues that an order would trade with, best first; without a limit all of the other side."""
        book = self.books[instrument, 3 - side]
        sign = 1 if side == Side.BUY else -1
        prices = sorted(book, key=lambda price: sign * price)
        return [book[price] for price in prices if limit is None or sign * price <= sign * limit]

    def execute(self, command: Command, limit: int | None) -> None:
        order = Order(
            id=command.sequence,
            instrument=command.instrument,
            node=command.node,
            side=command.side,
            price=command.price,
            quantity=command.quantity,
            leaves=command.quantity,
            time_in_force=command.time_in_force,
            post_only=bool(command.flags),
        )
        self.gate.change(order.node, order.instrument, order.side, order.leaves, 0)
        self.emit_order(EventType.ORDER_ACCEPTED, order, quantity=order.quantity, leaves=order.leaves)
        self.match(order, limit)
        if order.leaves and command.kind == OrderType.LIMIT and command.time_in_force in RESTING:
            self.rest(order)
        elif order.leaves:
            self.emit_order(
                EventType.ORDER_CANCELED, order, quantity=order.leaves, reason=Reason.NO_LIQUIDITY
            )
            self.gate.change(order.node, order.instrument, order.side, -order.leaves, 0)

    def match(self, taker: Order, limit: int | None) -> None:
        while taker.leaves and (crossing := self.crossing(taker.instrument, taker.side, limit)):
            maker = crossing[0][0]
            lots = min(maker.leaves, taker.leaves)
            self.gate.listings[taker.instrument].reference_price = maker.price
            self.touch(maker)
            for order in (maker, taker):
                order.leaves -= lots
                self.gate.change(order.node, order.instrument, order.side, -lots, lots)
                self.emit_trade(order, maker, lots)
            if maker.leaves == 0:
                self.remove(maker)

    def emit_trade(self, order: Order, maker: Order, lots: int) -> None:
        flags = EventFlag.MAKER if order is maker else EventFlag.NONE
        figures = {"price": maker.price, "quantity": lots, "leaves": order.leaves, "flags": int(flags)}
        self.emit_order(EventType.TRADE, order, **figures)

    def rest(self, order: Order) -> None:
        self.orders[order.id] = order
        self.books[order.instrument, order.side].setdefault(order.price, []).append(order)
        self.touch(order)

    def remove(self, order: Order) -> None:
        """Takes an order out of its book."""
        book = self.books[order.instrument, order.side]
        book[order.price].remove(order)
        if not book[order.price]:
            del book[order.price]
        del self.orders[order.id]

    # Cancels and replaces

    def target_of(self, command: Command) -> Order:
        require(command.target in self.orders, Reason.UNKNOWN_ORDER)
        order = self.orders[command.target]
        require(command.node in self.gate.path(order.node), Reason.NOT_OWNER)
        return order

    def end(self, order: Order, event_type: EventType, reason: Reason) -> None:
        self.emit_order(event_type, order, quantity=order.leaves, reason=int(reason))
        self.touch(order)
        self.remove(order)
        self.gate.change(order.node, order.instrument, order.side, -order.leaves, 0)

    def cancel(self, command: Command) -> None:
        self.end(self.target_of(command), EventType.ORDER_CANCELED, Reason.REQUESTED)

    def replace(self, command: Command) -> None:
        order = self.target_of(command)
        require(command.price == 0 or is_number(command.price), Reason.INVALID_PRICE)
        require(command.quantity == 0 or is_number(command.quantity), Reason.INVALID_QUANTITY)
        price = command.price or order.price
        quantity = command.quantity or order.quantity
        leaves = quantity - (order.quantity - order.leaves)
        require(leaves > 0, Reason.QUANTITY_BELOW_FILLED)
        if price == order.price and quantity <= order.quantity:
            self.shrink(order, quantity, leaves)
        else:
            self.check_move(order, price, quantity, leaves)
            self.move(order, price, quantity, leaves)

    def shrink(self, order: Order, quantity: int, leaves: int) -> None:
        if leaves < order.leaves:
            self.touch(order)
            self.gate.change(order.node, order.instrument, order.side, leaves - order.leaves, 0)
        order.quantity, order.leaves = quantity, leaves
        kept = int(EventFlag.KEPT_PRIORITY)
        self.emit_order(EventType.ORDER_REPLACED, order, quantity=quantity, leaves=leaves, flags=kept)

    def check_move(self, order: Order, price: int, quantity: int, leaves: int) -> None:
        place = (order.node, order.instrument, order.side, OrderType.LIMIT)
        self.gate.check(Intent(*place, price, quantity, leaves, order.leaves))
        crossing = self.crossing(order.instrument, order.side, price)
        require(not (order.post_only and crossing), Reason.POST_ONLY_WOULD_TRADE)
        book = self.books[order.instrument, order.side]
        left_over = {level for level, queue in book.items() if queue != [order]}
        require(len(left_over | {price}) <= self.config.levels, Reason.CAPACITY)

    def move(self, order: Order, price: int, quantity: int, leaves: int) -> None:
        self.touch(order)
        self.remove(order)
        self.gate.change(order.node, order.instrument, order.side, leaves - order.leaves, 0)
        order.price, order.quantity, order.leaves = price, quantity, leaves
        self.emit_order(EventType.ORDER_REPLACED, order, quantity=quantity, leaves=leaves)
        self.match(order, price)
        if order.leaves:
            self.rest(order)

    # Many at once

    def mass_cancel(self, command: Command) -> None:
        require(command.side in (0, *Side), Reason.INVALID_COMMAND)
        self.require_place(command)
        orders = self.in_book_order(command.instrument, command.side)
        mine = [order for order in orders if command.node in self.gate.path(order.node)]
        for order in mine:
            self.end(order, EventType.ORDER_CANCELED, Reason.MASS_CANCEL)
        self.end_sweep(command, command.node, len(mine))

    def end_of_day(self, command: Command) -> None:
        require(command.side == 0, Reason.INVALID_COMMAND)
        if command.instrument != NONE:
            self.require_listed(command.instrument)
        orders = self.in_book_order(command.instrument, 0)
        of_day = [order for order in orders if order.time_in_force == TimeInForce.DAY]
        for order in of_day:
            self.end(order, EventType.ORDER_EXPIRED, Reason.NONE)
        self.end_sweep(command, NONE, len(of_day))

    def end_sweep(self, command: Command, node: int, count: int) -> None:
        self.report_levels()
        what = {"instrument": command.instrument, "node": node, "side": command.side}
        self.emit(EventType.MASS_CANCELED, quantity=count, **what)

    def in_book_order(self, instrument: int, side: int) -> list[Order]:
        found = []
        for (of_instrument, of_side), _ in sorted(self.books.items(), key=lambda item: item[0]):
            if instrument in (NONE, of_instrument) and side in (0, of_side):
                queues = self.crossing(of_instrument, 3 - of_side, None)
                found += [order for queue in queues for order in queue]
        return found

    # What can be asked

    def depth(self, instrument: int, side: int) -> list[tuple[int, int, int]]:
        queues = self.crossing(instrument, 3 - side, None)
        return [(queue[0].price, sum(order.leaves for order in queue), len(queue)) for queue in queues]
