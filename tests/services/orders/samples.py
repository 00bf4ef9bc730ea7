"""Listings, orders and books for tests of the domain."""

from decimal import Decimal
from typing import Any

from tickmesh.services.orders.domain.listings import Listing
from tickmesh.services.values import Increment


def a_listing(
    index: int = 0,
    symbol: str = "AAPL",
    *,
    price_increment: str = "0.01",
    quantity_increment: str = "1",
    multiplier: str = "1",
    minimum_notional: str = "0",
    **more: Any,
) -> Listing:
    """Returns an instrument."""
    return Listing(
        index=index,
        symbol=symbol,
        currency="USD",
        price_increment=Increment(Decimal(price_increment)),
        quantity_increment=Increment(Decimal(quantity_increment)),
        multiplier=Decimal(multiplier),
        minimum_notional=Decimal(minimum_notional),
        **({"reference_ticks": 18_920} | more),
    )
