"""How far limits are used, as the engine counts."""

from collections.abc import Iterable
from decimal import Decimal

from tickmesh.native.engine import NONE, Engine, LimitType
from tickmesh.orders.v1 import orders_pb2 as pb

from ..values import decimal_text
from .domain.listings import Listing
from .domain.venue import Venue

MICRO = Decimal(1_000_000)
_QUANTITIES = (LimitType.ORDER_QUANTITY, LimitType.POSITION)
_VALUES = (LimitType.ORDER_NOTIONAL, LimitType.GROSS_EXPOSURE)


def usages(engine: Engine, venue: Venue, limits: Iterable[pb.EngineLimit]) -> list[pb.LimitUsage]:
    """Returns how far each limit is used. Call it between two rows. Fails with UnknownInstrument."""
    return [_usage(engine, venue, limit) for limit in limits]


def _usage(engine: Engine, venue: Venue, limit: pb.EngineLimit) -> pb.LimitUsage:
    scope, kind = limit.scope, LimitType(limit.limit_type)
    told = pb.EngineLimit(scope=scope, limit_type=limit.limit_type)
    listing = venue.listings.get(scope.symbol) if scope.symbol else None
    node = venue.tree.find(pb.RiskScope.Level.Name(scope.level).lower(), scope.id)
    if node is None or node.index >= venue.journaled.nodes:
        return pb.LimitUsage(limit=told, used="0")
    found = engine.usage(node.index, listing.index if listing else NONE, kind)
    if found.limit is not None:
        told.value = _text(kind, listing, found.limit)
    return pb.LimitUsage(limit=told, used=_text(kind, listing, found.used))


def _text(kind: LimitType, listing: Listing | None, units: int) -> str:
    if kind in _QUANTITIES and listing is not None:
        return listing.quantity_increment.to_text(units)
    return decimal_text(units / MICRO if kind in _VALUES else Decimal(units))
