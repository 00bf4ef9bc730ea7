"""The strategies of the market in a box: a maker and a taker for each type of asset."""

from dataclasses import dataclass
from enum import Enum

from . import market_maker, taker
from .instruments import AssetType
from .parameters import Parameter
from .profiles import PROFILES


class Kind(Enum):
    """The kinds of program."""

    MARKET_MAKER = "market_maker"
    TAKER = "taker"


@dataclass(frozen=True, slots=True)
class Program:
    """A strategy as it is declared, before anybody has started it."""

    strategy_id: str
    kind: Kind
    portfolio_id: str
    asset_type: AssetType
    parameters: tuple[Parameter, ...]


def programs() -> tuple[Program, ...]:
    """Returns all strategies, sorted by id."""
    makers = (_maker(asset_type) for asset_type in AssetType)
    takers = (_taker(asset_type) for asset_type in AssetType)
    return tuple(sorted([*makers, *takers], key=lambda program: program.strategy_id))


def _maker(asset_type: AssetType) -> Program:
    steered_by = market_maker.parameters(PROFILES[asset_type])
    name = f"market-maker-{asset_type.value}"
    return Program(name, Kind.MARKET_MAKER, "market-makers", asset_type, steered_by)


def _taker(asset_type: AssetType) -> Program:
    steered_by = taker.parameters(PROFILES[asset_type])
    return Program(f"taker-{asset_type.value}", Kind.TAKER, "takers", asset_type, steered_by)
