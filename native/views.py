"""What the engine says about itself when it is asked, as plain values."""

from __future__ import annotations

from typing import Any, NamedTuple

from .vocabulary import OrderFlag, OrderType, Phase, Side, TimeInForce


class EngineStatus(NamedTuple):
    """Counters for status pages."""

    command_sequence: int
    """Sequence of the last command taken."""
    event_sequence: int
    """Sequence of the last event given."""
    orders: int
    """Live orders; this and what follows is how much of a capacity is in use."""
    instruments: int
    nodes: int
    positions: int
    pages: int
    extras: int
    time_ns: int
    """The engine's time: the highest of all commands so far."""


class Usage(NamedTuple):
    """How far a limit is used, in its own unit; a limit of None is no limit."""

    limit: int | None
    used: int


class Exposure(NamedTuple):
    """What a node holds and has open in an instrument, in lots."""

    position: int
    open_buy: int
    open_sell: int


class Level(NamedTuple):
    """One price level: ticks, lots shown, number of orders."""

    price: int
    quantity: int
    orders: int


class OrderView(NamedTuple):
    """One live order as it stands. Prices are ticks, quantities are lots."""

    id: int
    price: int
    """0 where it has none."""
    quantity: int
    """In total, what has traded counted."""
    leaves: int
    shown: int
    """What the book shows; 0 while the order waits outside."""
    trigger: int
    """The trigger price, 0 when it has none or has triggered; of a pegged order the offset."""
    expiry_ns: int
    """0 when it does not end by time."""
    instrument: int
    node: int
    side: Side
    kind: OrderType
    time_in_force: TimeInForce
    flags: OrderFlag
    resting: bool
    """In the book, not outside."""
    held: bool
    """Until its list releases it."""


class InstrumentView(NamedTuple):
    """One instrument as it stands. Prices are ticks, quantities are lots."""

    reference_price: int
    """The last trade's, or as set."""
    static_price: int
    """The last auction's, or as set: the middle of the static band."""
    unit_value: int
    """What a tick times a lot is worth, in nano-units of the base currency."""
    static_bps: int
    dynamic_bps: int
    auction_price: int
    """What an auction would give now; this and the next two are 0 when nothing crosses."""
    auction_quantity: int
    auction_imbalance: int
    waiting: int
    """Orders outside the book."""
    phase: Phase


def order_view(order: Any) -> OrderView:
    """Returns a `struct order_view` as values."""
    return OrderView(
        id=order.id,
        price=order.price,
        quantity=order.quantity,
        leaves=order.leaves,
        shown=order.shown,
        trigger=order.trigger,
        expiry_ns=order.expiry_ns,
        instrument=order.instrument,
        node=order.node,
        side=Side(order.side),
        kind=OrderType(order.kind),
        time_in_force=TimeInForce(order.time_in_force),
        flags=OrderFlag(order.flags),
        resting=bool(order.resting),
        held=bool(order.held),
    )


def instrument_view(instrument: Any) -> InstrumentView:
    """Returns a `struct instrument_view` as values."""
    return InstrumentView(
        reference_price=instrument.reference_price,
        static_price=instrument.static_price,
        unit_value=instrument.unit_value,
        static_bps=instrument.static_bps,
        dynamic_bps=instrument.dynamic_bps,
        auction_price=instrument.auction_price,
        auction_quantity=instrument.auction_quantity,
        auction_imbalance=instrument.auction_imbalance,
        waiting=instrument.waiting,
        phase=Phase(instrument.phase),
    )


def engine_status(status: Any) -> EngineStatus:
    """Returns a `struct engine_status` as values."""
    return EngineStatus._make(getattr(status, name) for name in EngineStatus._fields)
