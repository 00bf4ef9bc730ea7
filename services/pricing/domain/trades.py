"""A trade as the venue reported it."""

from dataclasses import dataclass

from ...values import Symbol
from .listings import Listing


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade. `trade_id` is the same in the execution reports of both sides."""

    listing: Listing
    trade_id: str
    price_ticks: int
    quantity_lots: int
    buyer_came: bool
    time_ns: int

    @property
    def symbol(self) -> Symbol:
        """Returns the instrument's symbol."""
        return self.listing.symbol
