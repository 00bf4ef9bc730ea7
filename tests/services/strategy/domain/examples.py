"""Instruments and orders that the tests of the strategies share."""

from decimal import Decimal

from tickmesh.services.strategy.domain.actions import LiveOrder, Side
from tickmesh.services.strategy.domain.instruments import AssetType, Instrument
from tickmesh.services.values import Increment, Symbol

_MARKETS = {
    AssetType.STOCK: ("AAPL", "0.01", "1", 18_934, "1"),
    AssetType.BOND: ("UST-10Y", "0.015625", "100", 6_350, "0.01"),
    AssetType.ETF: ("SPY", "0.01", "1", 55_012, "1"),
    AssetType.REIT: ("PLD", "0.01", "1", 11_250, "1"),
    AssetType.MUTUAL_FUND: ("VFIAX", "0.01", "0.001", 50_811, "1"),
    AssetType.CRYPTO: ("BTC-USD", "0.01", "0.00001", 6_412_350, "1"),
    AssetType.FOREX: ("EURUSD", "0.00001", "1000", 108_455, "1"),
    AssetType.COMMODITY: ("XAU", "0.10", "1", 24_010, "1"),
}


def an_instrument(asset_type: AssetType = AssetType.STOCK, minimum_notional: str = "0") -> Instrument:
    symbol, tick, lot, reference_ticks, multiplier = _MARKETS[asset_type]
    return Instrument(
        Symbol(symbol),
        asset_type,
        Increment(Decimal(tick)),
        Increment(Decimal(lot)),
        reference_ticks,
        Decimal(multiplier),
        Decimal(minimum_notional),
    )


def an_order(number: int, side: Side, price_ticks: int, lots: int = 100, filled_lots: int = 0) -> LiveOrder:
    return LiveOrder(f"c-{number}", str(number), Symbol("AAPL"), side, price_ticks, lots, filled_lots)
