"""Compares what two engines say about themselves when they are asked."""

from typing import Any

from tests.native.reference_engine import ReferenceEngine
from tests.native.reference_orders import Order
from tickmesh.native.engine import NONE, Engine, LimitType, Side

INT64_MAX = 2**63 - 1
MANY = 10_000


class Difference(Exception):
    """Says where two engines differ."""


def require_same(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise Difference(f"{what}\nengine:    {found}\nreference: {wanted}")


def compare_state(engine: Engine, reference: ReferenceEngine) -> None:
    """Fails with Difference unless both say the same of everything."""
    compare_status(engine, reference)
    for instrument in range(len(reference.gate.listings)):
        compare_instrument(engine, reference, instrument)
        for side in Side:
            compare_side(engine, reference, instrument, side)
    for order in reference.books.orders.values():
        compare_order(engine, order)
    compare_gate(engine, reference)


def compare_status(engine: Engine, reference: ReferenceEngine) -> None:
    status = engine.status()
    wanted = (
        reference.sequence,
        reference.reports.sequence,
        len(reference.books.orders),
        len(reference.gate.listings),
        len(reference.gate.nodes),
        len(reference.gate.existing()),
        len(reference.books.pages()),
        reference.books.extras,
        reference.gate.now_ns,
    )
    require_same("status", tuple(status), wanted)


def compare_instrument(engine: Engine, reference: ReferenceEngine, instrument: int) -> None:
    listing = reference.gate.listings[instrument]
    found = engine.instrument(instrument)
    cross = reference.auctions.cross(instrument)
    wanted = (
        listing.reference_price,
        listing.static_price,
        listing.unit_value,
        listing.static_bps,
        listing.dynamic_bps,
        *cross,
        len(reference.books.waiting[instrument]),
        listing.phase,
    )
    require_same(f"instrument {instrument}", tuple(found), wanted)


def compare_side(engine: Engine, reference: ReferenceEngine, instrument: int, side: int) -> None:
    place = f"of instrument {instrument}, side {side}"
    levels = [tuple(level) for level in engine.depth(instrument, side, MANY)]
    require_same(f"depth {place}", levels, reference.books.depth(instrument, side))
    queue = [order.id for order in engine.queue(instrument, side, MANY)]
    require_same(f"queue {place}", queue, [order.id for order in reference.books.in_turn(instrument, side)])


def compare_order(engine: Engine, order: Order) -> None:
    view = engine.order(order.id)
    if view is None:
        raise Difference(f"the engine does not know order {order.id}: {order}")
    wanted = (
        order.id,
        order.price,
        order.quantity,
        order.leaves,
        order.shown,
        trigger_of(order),
        order.expiry_ns,
        order.instrument,
        order.node,
        order.side,
        order.kind,
        order.time_in_force,
        order.flags,
        order.resting,
        order.held,
    )
    require_same(f"order {order.id}", tuple(view), wanted)


def trigger_of(order: Order) -> int:
    """What a lookup calls the trigger: a distance until a trailing stop starts."""
    return order.stop if order.armed else order.trigger


def compare_gate(engine: Engine, reference: ReferenceEngine) -> None:
    gate = reference.gate
    for (node, instrument), pair in gate.pairs.items():
        place = f"of node {node} in instrument {instrument}"
        held = (pair.position, pair.open[1], pair.open[2])
        require_same(f"exposure {place}", tuple(engine.exposure(node, instrument)), held)
        usage = engine.usage(node, instrument, LimitType.POSITION)
        require_same(f"position {place}", tuple(usage), (pair.limits.get(LimitType.POSITION), pair.worst()))
    for index, entry in enumerate(gate.nodes):
        exposure = engine.usage(index, NONE, LimitType.GROSS_EXPOSURE)
        limits = entry.limits
        wanted = (limits.get(LimitType.GROSS_EXPOSURE), min(entry.exposure, INT64_MAX))
        require_same(f"gross exposure of node {index}", tuple(exposure), wanted)
        rate = limits.get(LimitType.ORDER_RATE)
        used = 0 if rate is None else gate.rate_used(index)
        found = tuple(engine.usage(index, NONE, LimitType.ORDER_RATE))
        require_same(f"rate of node {index}", found, (rate, used))
