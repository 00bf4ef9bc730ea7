"""How each type of asset behaves in the market in a box. These numbers are the market that we declare."""

from dataclasses import dataclass
from decimal import Decimal

from .instruments import AssetType


@dataclass(frozen=True, slots=True)
class Profile:
    """The character of one asset type. A market step is half a second."""

    volatility_bps: float  # standard deviation of the fair value's change a market step
    factor_share: float  # correlation with the factor that moves all instruments, -1 to 1
    spread_bps: Decimal  # between best bid and best ask
    level_gap_bps: Decimal  # between two levels of the book
    quote_notional: Decimal  # value of the order nearest to the fair value; forex: base currency
    take_notional: Decimal  # mean value of an aggressive order; forex: base currency
    arrivals_per_minute: Decimal  # aggressive orders an instrument


def _profile(
    volatility_bps: float, share: float, spread: str, gap: str, quote: int, take: int, arrivals: int
) -> Profile:
    return Profile(
        volatility_bps, share, Decimal(spread), Decimal(gap), Decimal(quote), Decimal(take), Decimal(arrivals)
    )


PROFILES: dict[AssetType, Profile] = {
    AssetType.STOCK: _profile(0.8, 0.6, "1.5", "1", 20_000, 9_000, 40),
    AssetType.BOND: _profile(0.12, -0.3, "1", "1", 100_000, 40_000, 12),
    AssetType.ETF: _profile(0.5, 0.8, "0.6", "0.5", 40_000, 18_000, 40),
    AssetType.REIT: _profile(0.7, 0.5, "2", "1.2", 10_000, 4_000, 20),
    AssetType.MUTUAL_FUND: _profile(0.15, 0.7, "1", "1", 10_000, 4_000, 6),
    AssetType.CRYPTO: _profile(1.4, 0.4, "1.5", "1.4", 15_000, 7_000, 60),
    AssetType.FOREX: _profile(0.25, -0.2, "0.4", "0.3", 300_000, 120_000, 50),
    AssetType.COMMODITY: _profile(0.7, 0.2, "1.5", "1", 25_000, 10_000, 25),
}
