"""What only one type of instrument has: eight small records, and their plain form for JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_type_hints

from ...values import decimal_text
from .faults import Fault, InvalidInstrument


class AssetType(StrEnum):
    """The eight kinds of asset, by their names in the contract."""

    STOCK = "STOCK"
    BOND = "BOND"
    ETF = "ETF"
    REIT = "REIT"
    MUTUAL_FUND = "MUTUAL_FUND"
    CRYPTO = "CRYPTO"
    FOREX = "FOREX"
    COMMODITY = "COMMODITY"


class DayCount(StrEnum):
    """How interest accrues, by the names in the contract."""

    ACT_ACT_ICMA = "ACT_ACT_ICMA"
    ACT_ACT_ISDA = "ACT_ACT_ISDA"
    ACT_360 = "ACT_360"
    ACT_365F = "ACT_365F"
    THIRTY_360 = "THIRTY_360"
    THIRTY_E_360 = "THIRTY_E_360"


@dataclass(frozen=True, slots=True)
class Stock:
    """A share of a company."""

    sector: str = ""
    industry: str = ""
    country: str = ""
    shares_outstanding: str = ""


@dataclass(frozen=True, slots=True)
class Bond:
    """A debt security, quoted clean, in percent of face value."""

    issuer: str
    coupon_rate: Decimal
    coupon_frequency: int
    day_count: DayCount
    issue_date: date
    maturity_date: date
    face_value: Decimal


@dataclass(frozen=True, slots=True)
class Etf:
    """An exchange-traded fund."""

    benchmark_index: str
    expense_ratio: Decimal
    creation_unit_size: int
    issuer: str


@dataclass(frozen=True, slots=True)
class Reit:
    """A real estate investment trust."""

    property_type: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class MutualFund:
    """An open-ended fund."""

    expense_ratio: Decimal
    cutoff_time: str
    fund_family: str


@dataclass(frozen=True, slots=True)
class Crypto:
    """A digital asset against a currency."""

    base_asset: str
    dti: str = ""


@dataclass(frozen=True, slots=True)
class Forex:
    """A currency pair."""

    base_currency: str
    quote_currency: str


@dataclass(frozen=True, slots=True)
class Commodity:
    """A physical good."""

    unit: str
    grade: str = ""


Detail = Stock | Bond | Etf | Reit | MutualFund | Crypto | Forex | Commodity

KINDS: dict[AssetType, type[Detail]] = {
    AssetType.STOCK: Stock,
    AssetType.BOND: Bond,
    AssetType.ETF: Etf,
    AssetType.REIT: Reit,
    AssetType.MUTUAL_FUND: MutualFund,
    AssetType.CRYPTO: Crypto,
    AssetType.FOREX: Forex,
    AssetType.COMMODITY: Commodity,
}


def field_of(asset_type: AssetType) -> str:
    """Returns the field of the contract that holds the detail of a type: the type's name in lower case."""
    return asset_type.value.lower()


def type_of(detail: Detail) -> AssetType:
    """Returns the type that a detail belongs to."""
    return next(asset_type for asset_type, kind in KINDS.items() if type(detail) is kind)


def to_plain(detail: Detail) -> dict[str, Any]:
    """Returns a detail as JSON has it: decimals and dates as text."""
    return {item.name: _plain(getattr(detail, item.name)) for item in fields(detail)}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


def from_plain(asset_type: AssetType, plain: Mapping[str, Any]) -> Detail:
    """Returns a detail of plain values. Fails with InvalidInstrument naming each field that says nothing."""
    kind = KINDS[asset_type]
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for item in fields(kind):
        try:
            values[item.name] = _parsed(hints[item.name], plain[item.name])
        except (ValueError, ArithmeticError) as error:
            faults.append(Fault(f"{field_of(asset_type)}.{item.name}", "MALFORMED_FIELD", str(error)))
    if faults:
        raise InvalidInstrument(faults)
    return kind(**values)


def _parsed(kind: type, value: Any) -> object:
    if kind is date:
        return date.fromisoformat(value)
    return kind(value)
