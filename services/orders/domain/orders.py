"""An order, what happens to it, and the text of both. FIX order states and execution types."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import IntEnum
from typing import Any, NamedTuple

from tickmesh.native.engine import NONE, LimitType, OrderFlag, Reason
from tickmesh.native.venue import END_OF_DAY

from ...values import decimal_text
from .listings import Listing, Listings
from .tree import Node, Tree

AVERAGE_DIGITS = Decimal(1).scaleb(-12)
MICRO = 6
_POST_ONLY = int(OrderFlag.POST_ONLY)
_REASONS = {int(reason): reason.name for reason in Reason if reason} | {END_OF_DAY: "END_OF_DAY"}


class Status(IntEnum):
    """FIX OrdStatus (39); numbers as in the contract."""

    NEW = 1
    PARTIALLY_FILLED = 2
    FILLED = 3
    CANCELED = 4
    REJECTED = 5
    EXPIRED = 6

    @property
    def is_open(self) -> bool:
        """Says whether the order still rests."""
        return self <= Status.PARTIALLY_FILLED


class ExecType(IntEnum):
    """FIX ExecType (150); numbers as in the contract."""

    NEW = 1
    TRADE = 2
    CANCELED = 3
    REPLACED = 4
    REJECTED = 5
    EXPIRED = 6


class Liquidity(IntEnum):
    """FIX LastLiquidityInd (851)."""

    NONE = 0
    ADDED = 1
    REMOVED = 2


class Ticket(NamedTuple):
    """What never changes about an order."""

    order_id: int
    client_order_id: str
    node: Node
    listing: Listing
    side: int
    order_type: int
    time_in_force: int
    post_only: bool
    submit_time_ns: int


@dataclass(frozen=True, slots=True)
class RiskFigures:
    """The limit that refused an order, in the engine's units."""

    reason: Reason
    node: Node
    limit: int
    used: int
    asked: int

    def texts(self, listing: Listing) -> dict[str, str]:
        """Returns check, scope, limit, used, asked and headroom as decimal text."""
        headroom = max(0, self.limit - self.used)
        numbers = {"limit": self.limit, "used": self.used, "asked": self.asked, "headroom": headroom}
        texts = {name: _limit_text(self.reason, listing, number) for name, number in numbers.items()}
        return {"check": self.reason.name, "scope": self.node.name, **texts}


LIMIT_REASONS = {
    Reason.ORDER_QUANTITY_LIMIT: LimitType.ORDER_QUANTITY,
    Reason.ORDER_NOTIONAL_LIMIT: LimitType.ORDER_NOTIONAL,
    Reason.PRICE_COLLAR: LimitType.PRICE_COLLAR,
    Reason.ORDER_RATE_LIMIT: LimitType.ORDER_RATE,
    Reason.POSITION_LIMIT: LimitType.POSITION,
    Reason.GROSS_EXPOSURE_LIMIT: LimitType.GROSS_EXPOSURE,
}


def _limit_text(reason: Reason, listing: Listing, number: int) -> str:
    kind = LIMIT_REASONS[reason]
    if kind in (LimitType.ORDER_QUANTITY, LimitType.POSITION):
        return listing.quantity_increment.to_text(number)
    if kind in (LimitType.ORDER_NOTIONAL, LimitType.GROSS_EXPOSURE):
        return decimal_text(Decimal(number).scaleb(-MICRO))
    return str(number)


class State(NamedTuple):
    """An order as it is at one moment. Lots and ticks; `value` is the sum of ticks times lots traded."""

    quantity: int
    price: int
    leaves: int
    status: Status
    cumulative: int = 0
    value: int = 0
    reason: str = ""


@dataclass(slots=True)
class Report:
    """One thing that happened to one order, and the order as it was after it."""

    sequence: int
    command: int
    exec_type: ExecType
    ticket: Ticket
    state: State
    time_ns: int
    last_lots: int = 0
    last_ticks: int = 0
    liquidity: Liquidity = Liquidity.NONE
    trade: int = 0
    risk: dict[str, str] | None = None


def reason_text(reason: int) -> str:
    """Returns what a reason of the engine is called; nothing for none."""
    return _REASONS.get(reason, "")


def report_of(record: Any, tree: Tree, listings: Listings) -> Report:
    """Returns a row of REPORT_DTYPE as a report."""
    (sequence, command, order_id, time_ns, submit_time_ns, quantity, price, leaves, cumulative, value_low,
     value_high, last_lots, last_ticks, trade, limit, used, asked, _, instrument, node, limit_node, exec_type,
     status, liquidity, reason, side, kind, time_in_force, flags, _, _, text) = record.tolist()  # fmt: skip
    listing = listings.by_index[instrument]
    post_only = bool(flags & _POST_ONLY)
    ticket = Ticket(
        order_id, text.decode(), tree.by_index[node], listing, side, kind, time_in_force, post_only,
        submit_time_ns,
    )  # fmt: skip
    value = value_high << 64 | value_low
    risk = None
    if limit_node != NONE:
        figures = RiskFigures(Reason(reason), tree.by_index[limit_node], limit, used, asked)
        risk = figures.texts(listing)
    return Report(
        sequence=sequence,
        command=command,
        exec_type=ExecType(exec_type),
        ticket=ticket,
        state=State(quantity, price, leaves, Status(status), cumulative, value, reason_text(reason)),
        time_ns=time_ns,
        last_lots=last_lots,
        last_ticks=last_ticks,
        liquidity=Liquidity(liquidity),
        trade=trade,
        risk=risk,
    )


def average_price(listing: Listing, value: int, cumulative: int) -> str:
    """Returns the mean price of what traded, rounded half even to 12 digits; nothing before a trade."""
    if not cumulative:
        return ""
    with localcontext() as context:
        context.prec = 60
        mean = Decimal(value) * listing.price_increment.value / cumulative
        return decimal_text(mean.quantize(AVERAGE_DIGITS, rounding=ROUND_HALF_EVEN))
