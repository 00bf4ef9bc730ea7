"""What an order asks of the gate."""

from tests.native.reference_match import band
from tests.native.reference_orders import WITH_LIMIT, Order
from tests.native.reference_risk import Gate, Intent, Listing, require
from tickmesh.native.engine import OrderType, Phase, Reason

COLLARED = frozenset({OrderType.LIMIT, OrderType.MARKET_TO_LIMIT})
OF_TRIGGER = frozenset({OrderType.STOP, OrderType.MARKET_IF_TOUCHED})
CLOSED = frozenset({Phase.HALT, Phase.CLOSED})


def notional_price(order: Order, reference: int) -> int:
    """The price that values an order before it trades."""
    if order.kind in WITH_LIMIT and order.price:
        return order.price
    if order.kind in OF_TRIGGER:
        return order.trigger
    if order.is_peg() and order.limit:
        return order.limit
    return reference


def intent_of(order: Order, listing: Listing, released: int = 0) -> Intent:
    """Asks for an order as it is written, but for lots of it that count already."""
    is_collared = order.kind in COLLARED and order.price > 0
    return Intent(
        order.node,
        order.instrument,
        order.side,
        order.quantity,
        order.leaves,
        notional_price(order, listing.reference_price),
        order.price if is_collared else None,
        released,
        order.is_reduce_only(),
    )


def check_band(order: Order, listing: Listing) -> None:
    """Is a limit within the static band?"""
    if listing.static_bps and order.kind in WITH_LIMIT and order.price:
        low, high = band(listing.static_price, listing.static_bps)
        require(low <= order.price <= high, Reason.PRICE_BAND)


def reserve(order: Order, gate: Gate) -> None:
    gate.change(order.node, order.instrument, order.side, order.leaves, 0)
    order.reserved = True
