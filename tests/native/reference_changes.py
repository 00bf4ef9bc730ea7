"""Cancels and replaces, of one order and of many."""

from dataclasses import replace as copy_with

from tests.native.commands import Command
from tests.native.reference_forms import is_number, trigger_fits
from tests.native.reference_intents import CLOSED, check_band, intent_of
from tests.native.reference_match import Matching, slide, would_trade
from tests.native.reference_orders import OF_AUCTIONS, STOPS, TRAILING, WITHOUT_PRICE, Order
from tests.native.reference_risk import Refused, require
from tickmesh.native.engine import (
    NONE,
    EventFlag,
    EventType,
    OrderFlag,
    OrderType,
    Phase,
    Reason,
    TimeInForce,
)

ENDS_WITH_THE_DAY = OF_AUCTIONS | {TimeInForce.DAY}


class Changes:
    """Takes CANCEL_ORDER and REPLACE_ORDER, and carries out the mass commands."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching
        self.triggers = matching.triggers
        self.books = matching.books
        self.gate = matching.gate
        self.reports = matching.reports
        self.lists = matching.lists

    def refuse(self, command: Command, refused: Refused) -> None:
        target = self.books.orders.get(command.target)
        node, price, leaves, quantity = command.node, command.price, 0, command.quantity
        if refused.figures is not None:
            node, price, leaves, quantity = refused.figures
        self.reports.emit(
            EventType.CANCEL_REJECTED,
            order=command.target,
            price=price,
            quantity=quantity,
            leaves=leaves,
            instrument=target.instrument if target else NONE,
            node=node,
            side=target.side if target else 0,
            reason=refused.reason,
        )

    def owned(self, command: Command) -> Order:
        require(command.target in self.books.orders, Reason.UNKNOWN_ORDER)
        order = self.books.orders[command.target]
        require(command.node in self.gate.path(order.node), Reason.NOT_OWNER)
        return order

    def cancel(self, command: Command) -> None:
        self.lists.end(self.owned(command), Reason.REQUESTED)

    # Replace

    def replace(self, command: Command) -> None:
        order = self.owned(command)
        self.check_fields(order, command)
        quantity = command.quantity or order.quantity
        leaves = quantity - order.traded
        require(leaves > 0, Reason.QUANTITY_BELOW_FILLED)
        price = command.price or order.wanted_price()
        trigger = command.client_key or order.trigger
        same = (price, trigger) == (order.wanted_price(), order.trigger)
        if same and quantity <= order.quantity:
            self.shrink(order, quantity, leaves)
            return
        wanted = copy_with(order, trigger=trigger, quantity=quantity, leaves=leaves)
        if order.is_peg():
            wanted.limit = price
        else:
            wanted.price = price
        self.check_move(order, wanted)
        stays, was_resting = is_changed_in_place(order), order.resting
        self.move(order, wanted, price, stays)
        order.age = order.age if stays else self.reports.command
        if was_resting and order.time_in_force == TimeInForce.AT_THE_CLOSE and not stays:
            self.matching.rest(order)
        elif not stays:
            self.enter_again(order, starts_anew=command.client_key != 0)

    def check_fields(self, order: Order, command: Command) -> None:
        price, trigger = command.price, command.client_key
        require(price == 0 or order.kind not in WITHOUT_PRICE, Reason.INVALID_COMMAND)
        require(trigger == 0 or order.kind in STOPS, Reason.INVALID_COMMAND)
        require(price == 0 or is_number(price), Reason.INVALID_PRICE)
        fits = trigger == 0 or trigger_fits(order.kind, order.flags, trigger)
        require(fits, Reason.INVALID_PRICE)
        require(command.quantity == 0 or is_number(command.quantity), Reason.INVALID_QUANTITY)

    def replaced(self, order: Order, price: int, flags: int = EventFlag.NONE) -> None:
        figures = {"price": price, "quantity": order.quantity, "leaves": order.leaves}
        self.reports.order(EventType.ORDER_REPLACED, order, flags=flags, **figures)

    def shrink(self, order: Order, quantity: int, leaves: int) -> None:
        """Takes lots away from where the order stands."""
        lost = order.leaves - leaves
        order.quantity, order.leaves = quantity, leaves
        self.replaced(order, order.wanted_price(), EventFlag.KEPT_PRIORITY)
        if lost:
            self.lists.release_lots(order, lost)
            self.matching.cut_shown(order)
        if order.is_follower():
            self.books.changed.setdefault(order.instrument)

    def check_move(self, order: Order, wanted: Order) -> None:
        """All checks of a change that is more than shrinking."""
        listing = self.gate.listings[order.instrument]
        require(listing.phase not in CLOSED, Reason.PHASE)
        is_continuous = listing.phase == Phase.CONTINUOUS and order.reserved
        if is_continuous:
            slide(wanted, self.books)
        check_band(wanted, listing)
        intent = intent_of(wanted, listing, released=order.leaves if order.reserved else 0)
        if order.reserved:
            self.gate.check(intent)
        else:
            self.gate.check_size(intent)
            self.gate.charge_rate(intent)
        if order.is_post_only() and is_continuous:
            require(not would_trade(wanted, self.books), Reason.POST_ONLY_WOULD_TRADE)
        if wanted.display:
            require(self.books.has_slices(wanted), Reason.CAPACITY)
        if order.resting and order.kind != OrderType.MARKET and not order.is_peg():
            require(self.books.has_page(wanted, wanted.price, order), Reason.CAPACITY)

    def move(self, order: Order, wanted: Order, price: int, stays: bool) -> None:
        """Gives an order its new figures; in place, or after it has been taken out."""
        old_price, was_resting = order.price, order.resting
        if not stays:
            self.take_out(order)
        if order.reserved:
            opened = wanted.leaves - order.leaves
            self.gate.change(order.node, order.instrument, order.side, opened, 0)
        order.price, order.trigger, order.limit = wanted.price, wanted.trigger, wanted.limit
        order.quantity, order.leaves = wanted.quantity, wanted.leaves
        self.replaced(order, order.wanted_price())
        if order.is_post_only() and order.price != price:
            self.reports.order(EventType.ORDER_REPRICED, order, leaves=order.leaves)
        if stays and was_resting:
            order.shown = order.leaves
            self.reports.book(order)
        elif was_resting:
            self.reports.removed(order, old_price)

    def take_out(self, order: Order) -> None:
        if order.resting:
            self.books.take(order)
        else:
            self.books.stop_waiting(order)

    def enter_again(self, order: Order, starts_anew: bool) -> None:
        """Sends a changed order to its place as of now."""
        if order.kind in TRAILING and not starts_anew:
            self.triggers.wait(order)
            return
        if order.is_peg():
            order.price = 0
        self.matching.enter(order)

    # Many at once

    def mass_cancel(self, command: Command, reason: int) -> None:
        orders = self.everything(command.instrument, command.side)
        mine = [order for order in orders if command.node in self.gate.path(order.node)]
        if reason == Reason.DISCONNECTED:
            mine = [order for order in mine if order.flags & OrderFlag.CANCEL_ON_DISCONNECT]
        self.end_all(command, command.node, mine, reason, EventType.ORDER_CANCELED)

    def end_of_day(self, command: Command) -> None:
        orders = self.everything(command.instrument, 0)
        of_day = [order for order in orders if order.time_in_force in ENDS_WITH_THE_DAY]
        self.end_all(command, NONE, of_day, Reason.NONE, EventType.ORDER_EXPIRED)

    def everything(self, instrument: int, side: int) -> list[Order]:
        instruments = range(len(self.gate.listings)) if instrument == NONE else [instrument]
        return [order for each in instruments for order in self.books.everything(each, side)]

    def end_all(
        self, command: Command, node: int, orders: list[Order], reason: int, event_type: EventType
    ) -> None:
        count = 0
        for order in orders:
            if self.books.is_live(order):
                self.lists.end(order, reason, event_type)
                count += 1
        self.reports.tell()
        what = {"instrument": command.instrument, "node": node, "side": command.side}
        self.reports.emit(EventType.MASS_CANCELED, quantity=count, **what)


def is_changed_in_place(order: Order) -> bool:
    """Held orders, those that wait for the close, and queued MARKET orders."""
    if order.resting:
        return order.kind == OrderType.MARKET
    return not order.reserved or order.time_in_force == TimeInForce.AT_THE_CLOSE
