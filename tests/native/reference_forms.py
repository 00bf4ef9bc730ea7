"""What a NEW_ORDER may say: the checks that need nothing but the command and its terms."""

from typing import NamedTuple

from tests.native.commands import Command, signed
from tests.native.reference_orders import (
    ALL_OR_NONE,
    BASIS_POINTS,
    IMMEDIATE,
    OF_AUCTIONS,
    PEGS,
    POST_ONLY,
    STANDING,
    STOPS,
    TRAILING,
    WITH_LIMIT,
    Order,
)
from tests.native.reference_risk import require
from tickmesh.native.engine import (
    LEGS_MAX,
    NUMBER_MAX,
    Contingency,
    OrderFlag,
    OrderType,
    Reason,
    Side,
    TimeInForce,
)

SIDES = frozenset(Side)
TYPES = frozenset(OrderType)
TIMES = frozenset(TimeInForce)
FLAGS = sum(OrderFlag)
SELF_TRADES = frozenset({0, 1, 2, 3, 4, 9, 10, 11, 12})
CONTINGENCIES = frozenset(Contingency)
FOLLOWING_MIN = {Contingency.OCO: 1, Contingency.OTO: 1, Contingency.BRACKET: 2}
SIMPLE = frozenset({OrderType.MARKET, OrderType.LIMIT})
CONDITIONAL = frozenset(range(1, 9))
BASIS_POINTS_MAX = 9_999


class Terms(NamedTuple):
    """What an ORDER_TERMS says of the order after it."""

    expiry_ns: int = 0
    display: int = 0
    minimum: int = 0


class Leg(NamedTuple):
    """A NEW_ORDER of a list that is not whole yet."""

    command: Command
    terms: Terms


def is_number(value: int) -> bool:
    return 1 <= value <= NUMBER_MAX


def is_held_leg(command: Command, is_first: bool) -> bool:
    return command.contingency in (Contingency.OTO, Contingency.BRACKET) and not is_first


def check_form(command: Command, terms: Terms, is_first: bool) -> None:
    """Step a: what can never be right, whatever the market does."""
    known = command.side in SIDES and command.kind in TYPES and command.time_in_force in TIMES
    require(known and command.client_key != 0 and command.flags <= FLAGS, Reason.INVALID_COMMAND)
    require(command.self_trade in SELF_TRADES, Reason.INVALID_COMMAND)
    require(command.contingency in CONTINGENCIES, Reason.INVALID_COMMAND)
    makes_sense = (
        times_fit(command, terms)
        and flags_fit(command, terms)
        and terms_fit(command, terms)
        and lists_fit(command, terms, is_first)
    )
    require(makes_sense, Reason.INVALID_COMMAND)


def times_fit(command: Command, terms: Terms) -> bool:
    time_in_force = command.time_in_force
    if (time_in_force == TimeInForce.GTD) != (terms.expiry_ns != 0):
        return False
    if time_in_force in IMMEDIATE:
        return command.kind in CONDITIONAL
    return time_in_force not in OF_AUCTIONS or command.kind in SIMPLE


def is_standing_limit(command: Command) -> bool:
    return command.kind == OrderType.LIMIT and command.time_in_force in STANDING


def flags_fit(command: Command, terms: Terms) -> bool:
    post_only = command.flags & POST_ONLY
    if post_only and not (is_standing_limit(command) and terms.minimum == 0 and post_only != POST_ONLY):
        return False
    if command.flags & ALL_OR_NONE:
        is_plain = not post_only and terms.display == 0 and terms.minimum == 0
        if not (is_standing_limit(command) and is_plain):
            return False
    return not command.flags & BASIS_POINTS or command.kind in TRAILING


def terms_fit(command: Command, terms: Terms) -> bool:
    if terms.display and not is_standing_limit(command):
        return False
    if terms.minimum == 0:
        return True
    may_wait_or_go = command.time_in_force in STANDING or command.time_in_force == TimeInForce.IOC
    return command.kind in SIMPLE and may_wait_or_go


def lists_fit(command: Command, terms: Terms, is_first: bool) -> bool:
    if command.contingency == Contingency.NONE:
        return command.more == 0
    if is_first and not FOLLOWING_MIN[Contingency(command.contingency)] <= command.more < LEGS_MAX:
        return False
    if command.kind not in CONDITIONAL or command.time_in_force not in STANDING:
        return False
    if command.flags & ALL_OR_NONE or terms.display or terms.minimum:
        return False
    is_never_market = command.contingency == Contingency.OCO or (
        command.contingency == Contingency.BRACKET and not is_first
    )
    return not (is_never_market and command.kind == OrderType.MARKET)


def check_relation(command: Command, legs: list[Leg]) -> None:
    """Also step a: does an order go with those of its list that came before it?"""
    if not legs:
        return
    first = legs[0].command
    same = (command.instrument, command.node) == (first.instrument, first.node)
    require(same, Reason.INVALID_COMMAND)
    if command.contingency == Contingency.OCO:
        require(command.side == first.side, Reason.INVALID_COMMAND)
    if command.contingency == Contingency.BRACKET and len(legs) > 1:
        require(command.side == legs[1].command.side, Reason.INVALID_COMMAND)


def check_price(command: Command) -> None:
    """Step d: price, then trigger."""
    kind = command.kind
    if kind in WITH_LIMIT and kind != OrderType.MARKET_TO_LIMIT:
        require(is_number(command.price), Reason.INVALID_PRICE)
    elif kind == OrderType.TRAILING_STOP_LIMIT or kind in PEGS:
        require(0 <= command.price <= NUMBER_MAX, Reason.INVALID_PRICE)
    else:
        require(command.price == 0, Reason.INVALID_PRICE)
    trigger = signed(command.target)
    if kind in PEGS:
        require(-NUMBER_MAX <= trigger <= NUMBER_MAX, Reason.INVALID_PRICE)
    elif kind in STOPS:
        require(trigger_fits(kind, command.flags, trigger), Reason.INVALID_PRICE)
    else:
        require(trigger == 0, Reason.INVALID_PRICE)


def trigger_fits(kind: int, flags: int, trigger: int) -> bool:
    if kind in TRAILING and flags & BASIS_POINTS:
        return 1 <= trigger <= BASIS_POINTS_MAX
    return is_number(trigger)


def check_quantity(command: Command, terms: Terms) -> None:
    """Step e."""
    require(is_number(command.quantity), Reason.INVALID_QUANTITY)
    for lots in (terms.display, terms.minimum):
        require(0 <= lots <= command.quantity, Reason.INVALID_QUANTITY)


def order_of(command: Command, terms: Terms, is_first: bool) -> Order:
    """The order that a command asks for."""
    is_peg = command.kind in PEGS
    return Order(
        id=command.sequence,
        instrument=command.instrument,
        node=command.node,
        side=command.side,
        kind=command.kind,
        price=0 if is_peg else command.price,
        trigger=signed(command.target),
        quantity=command.quantity,
        leaves=command.quantity,
        time_in_force=command.time_in_force,
        flags=command.flags,
        self_trade=command.self_trade,
        contingency=command.contingency,
        display=terms.display,
        minimum=terms.minimum,
        expiry_ns=terms.expiry_ns,
        age=command.sequence,
        limit=command.price if is_peg else 0,
        held=is_held_leg(command, is_first),
    )
