"""New orders, alone and in lists: checked, accepted, sent to their place."""

from tests.native.commands import Command
from tests.native.reference_auction import CALLS
from tests.native.reference_forms import (
    Leg,
    Terms,
    check_form,
    check_price,
    check_quantity,
    check_relation,
    order_of,
)
from tests.native.reference_intents import (
    CLOSED,
    check_band,
    intent_of,
    reserve,
)
from tests.native.reference_lists import Turn
from tests.native.reference_match import Matching, slide, would_trade
from tests.native.reference_orders import IMMEDIATE, Order, OrderList
from tests.native.reference_risk import Refused, require
from tickmesh.native.engine import (
    FOLLOWERS_MAX,
    CommandType,
    Contingency,
    EventType,
    OrderType,
    Phase,
    Reason,
    TimeInForce,
)


class Entry:
    """Takes NEW_ORDER commands."""

    def __init__(self, matching: Matching, client_keys: int) -> None:
        self.matching = matching
        self.books = matching.books
        self.gate = matching.gate
        self.reports = matching.reports
        self.lists = matching.lists
        self.keys_max = client_keys
        self.keys: dict[int, int] = {}  # client key: order id, oldest first
        self.terms = Terms()
        self.legs: list[Leg] = []  # of a list that is not whole yet

    # What waits for the next command

    def prepare(self, command: Command) -> None:
        """Gives up the list and the terms that the command does not go on with."""
        if command.type != CommandType.ORDER_TERMS and not self.continues(command):
            self.break_list()
        if command.type != CommandType.NEW_ORDER:
            self.terms = Terms()

    def continues(self, command: Command) -> bool:
        if command.type != CommandType.NEW_ORDER or not self.legs:
            return False
        last = self.legs[-1].command
        return (command.contingency, command.more) == (last.contingency, last.more - 1)

    def break_list(self) -> None:
        legs, self.legs = self.legs, []
        for leg in legs:
            self.refuse(leg.command, Refused(Reason.LIST_INCOMPLETE))

    def refuse(self, command: Command, refused: Refused) -> None:
        node, price, leaves, quantity = command.node, command.price, 0, command.quantity
        if refused.reason == Reason.DUPLICATE_CLIENT_ORDER:
            leaves = self.keys[command.client_key]
        if refused.figures is not None:
            node, price, leaves, quantity = refused.figures
        self.reports.emit(
            EventType.ORDER_REJECTED,
            order=command.sequence,
            price=price,
            quantity=quantity,
            leaves=leaves,
            instrument=command.instrument,
            node=node,
            side=command.side,
            reason=refused.reason,
        )

    # One order

    def new_order(self, command: Command) -> None:
        terms, self.terms = self.terms, Terms()
        try:
            check_form(command, terms, is_first=not self.legs)
            check_relation(command, self.legs)
        except Refused as refused:
            self.break_list()
            self.refuse(command, refused)
            return
        if command.contingency == Contingency.NONE:
            self.new_single(command, terms)
            return
        self.legs.append(Leg(command, terms))
        if command.more == 0:
            self.new_list()

    def new_single(self, command: Command, terms: Terms) -> None:
        order = order_of(command, terms, is_first=True)
        try:
            self.check(order, command, terms)
        except Refused as refused:
            self.refuse(command, refused)
            return
        reserve(order, self.gate)
        self.accept(order, command)
        if order.kind == OrderType.MARKET_TO_LIMIT and order.price == 0:
            self.lists.end(order, Reason.NO_LIQUIDITY)
        else:
            self.matching.enter(order)

    def accept(self, order: Order, command: Command) -> None:
        self.books.add(order)
        is_taken = order.kind == OrderType.MARKET_TO_LIMIT
        sent = order.price if is_taken else command.price
        figures = {"quantity": order.quantity, "leaves": order.leaves}
        self.reports.order(EventType.ORDER_ACCEPTED, order, price=sent, **figures)
        if order.is_post_only() and order.price != sent:
            self.reports.order(EventType.ORDER_REPRICED, order, leaves=order.leaves)

    # Its checks

    def check(self, order: Order, command: Command, terms: Terms, before: int = 0) -> None:
        """Steps b to k; `before` orders of the same list have passed already."""
        require(order.instrument < len(self.gate.listings), Reason.UNKNOWN_INSTRUMENT)
        require(order.node < len(self.gate.nodes), Reason.UNKNOWN_NODE)
        self.check_key(command)
        check_price(command)
        check_quantity(command, terms)
        if order.expiry_ns:
            require(order.expiry_ns > self.gate.now_ns, Reason.INVALID_EXPIRY)
        listing = self.gate.listings[order.instrument]
        self.check_phase(order, listing.phase)
        self.take_price(order, listing.phase)
        check_band(order, listing)
        self.check_gate(order)
        if listing.phase == Phase.CONTINUOUS and not order.held:
            self.check_book(order)
        self.check_capacity(order, listing.phase, before)

    def check_key(self, command: Command) -> None:
        require(command.client_key not in self.keys, Reason.DUPLICATE_CLIENT_ORDER)
        self.keys[command.client_key] = command.sequence
        if len(self.keys) > self.keys_max:
            del self.keys[next(iter(self.keys))]

    def check_phase(self, order: Order, phase: int) -> None:
        require(phase not in CLOSED, Reason.PHASE)
        if phase in CALLS:
            is_for_now = order.time_in_force in IMMEDIATE or order.minimum > 0
            require(not is_for_now and order.kind != OrderType.MARKET_TO_LIMIT, Reason.PHASE)
        if order.time_in_force == TimeInForce.AT_THE_OPENING:
            require(phase in (Phase.PRE_OPEN, Phase.OPENING_AUCTION), Reason.PHASE)
        if order.time_in_force == TimeInForce.GOOD_FOR_AUCTION:
            require(phase in CALLS, Reason.PHASE)

    def take_price(self, order: Order, phase: int) -> None:
        """Gives a price to MARKET_TO_LIMIT orders, and another one to those that slide."""
        if order.kind == OrderType.MARKET_TO_LIMIT:
            order.price = self.books.best(order.instrument, 3 - order.side) or 0
        if phase == Phase.CONTINUOUS and not order.held:
            slide(order, self.books)

    def check_gate(self, order: Order) -> None:
        intent = intent_of(order, self.gate.listings[order.instrument])
        if order.held:
            self.gate.check_size(intent)
            self.gate.charge_rate(intent)
        else:
            self.gate.check(intent)

    def check_book(self, order: Order) -> None:
        if order.is_post_only():
            require(not would_trade(order, self.books), Reason.POST_ONLY_WOULD_TRADE)
        if order.time_in_force == TimeInForce.FOK and order.kind in (OrderType.MARKET, OrderType.LIMIT):
            require(self.matching.can_fill(order, order.quantity), Reason.FOK_NOT_FILLABLE)
        if order.minimum:
            require(self.matching.can_fill(order, order.minimum), Reason.MINIMUM_QUANTITY)

    def check_capacity(self, order: Order, phase: int, before: int) -> None:
        if not order.held:
            require(self.gate.fits(order.node, order.instrument), Reason.CAPACITY)
        if may_stay(order, phase):
            require(self.books.has_place(before), Reason.CAPACITY)
            order.is_extra = order.needs_extra()
        if order.is_extra:
            require(self.books.has_extra(before), Reason.CAPACITY)
        if order.display:
            require(self.books.has_slices(order), Reason.CAPACITY)
        if asks_for_page(order, phase):
            require(self.books.has_page(order, order.price), Reason.CAPACITY)
        if order.is_follower():
            require(len(self.books.followers[order.instrument]) < FOLLOWERS_MAX, Reason.CAPACITY)

    # Lists

    def new_list(self) -> None:
        """A list is whole: all of it is accepted, or none."""
        legs, self.legs = self.legs, []
        orders: list[Order] = []
        for index, leg in enumerate(legs):
            order = order_of(leg.command, leg.terms, is_first=index == 0)
            try:
                self.check(order, leg.command, leg.terms, before=index)
            except Refused as refused:
                self.refuse_list(legs, index, orders, refused)
                return
            if not order.held:
                reserve(order, self.gate)
            orders.append(order)
        self.accept_list(legs, orders)

    def refuse_list(self, legs: list[Leg], index: int, orders: list[Order], refused: Refused) -> None:
        for order in reversed(orders):
            self.lists.release_lots(order, order.leaves)
        for position, leg in enumerate(legs):
            own = refused if position == index else Refused(Reason.LIST_REJECTED)
            self.refuse(leg.command, own)

    def accept_list(self, legs: list[Leg], orders: list[Order]) -> None:
        found = OrderList(orders[0].contingency, list(orders))
        found.is_oco = found.contingency == Contingency.OCO
        found.parent = None if found.is_oco else orders[0]
        for leg, order in zip(legs, orders, strict=True):
            order.orders = found
            self.accept(order, leg.command)
            self.books.wait(order)
            if not order.held:
                self.lists.queue.append((order, Turn.ENTERS))


def may_stay(order: Order, phase: int) -> bool:
    """May it be live when its command is over?"""
    if order.contingency or phase != Phase.CONTINUOUS:
        return True
    if order.kind == OrderType.MARKET:
        return order.time_in_force == TimeInForce.AT_THE_CLOSE
    return order.kind != OrderType.LIMIT or order.time_in_force not in IMMEDIATE


def asks_for_page(order: Order, phase: int) -> bool:
    """Could it rest in the book now?"""
    if not order.is_priced() or order.is_follower() or order.contingency or not may_stay(order, phase):
        return False
    return order.time_in_force != TimeInForce.AT_THE_CLOSE or phase == Phase.CLOSING_AUCTION
