"""An instrument, and the text that a search looks at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ...values import Symbol
from .details import AssetType, Detail

SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,23}")
ONE = Decimal(1)
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Instrument:
    """Something that can be traded. Empty text and None say that a thing is not known."""

    symbol: Symbol
    name: str
    asset_type: AssetType
    currency: str
    price_increment: Decimal
    quantity_increment: Decimal
    calendar: str
    reference_price: Decimal
    detail: Detail | None
    mic: str = ""
    isin: str = ""
    figi: str = ""
    cusip: str = ""
    sedol: str = ""
    cfi: str = ""
    minimum_notional: Decimal = NOTHING
    multiplier: Decimal = ONE
    reference_time_ns: int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    create_time_ns: int = 0
    update_time_ns: int = 0
    shard: int = 0


def is_symbol(text: str) -> bool:
    """Returns whether text could be a symbol at all."""
    return SYMBOL.fullmatch(text) is not None


def searchable(text: str) -> str:
    """Returns text as it is searched: without regard to case."""
    return text.casefold()


def search_text(instrument: Instrument) -> str:
    """Returns all that a search looks at, a line each: symbol, name, identifiers, attributes."""
    codes = (instrument.isin, instrument.figi, instrument.cusip, instrument.sedol)
    attributes = [part for pair in sorted(instrument.attributes.items()) for part in pair]
    return searchable("\n".join([instrument.symbol, instrument.name, *codes, *attributes]))
