"""What an operator of the portfolio service may change."""

from dataclasses import dataclass

from ..runtime.settings import SettingsError


@dataclass(frozen=True, slots=True)
class PortfolioSettings:
    """Read from TICKMESH_ variables, once, at start."""

    portfolio_defaults: str = (
        "demo:demo market-makers:market takers:market"  # portfolio:desk, made at first start
    )
    portfolio_pace_ms: int = 100  # how often a stream of positions tells news
    portfolio_stream_kept: int = 8_192  # changes a stream can resume over
    portfolio_call_timeout_s: float = 5.0  # for calls to the orders service
    portfolio_ready_wait_s: float = 5.0  # how long a start waits for the orders service to know the accounts

    def default_portfolios(self) -> list[tuple[str, str]]:
        """Returns the portfolios of a first start, each with its desk. Fails with SettingsError."""
        pairs = [entry.split(":") for entry in self.portfolio_defaults.split()]
        for pair in pairs:
            if len(pair) != 2 or not all(pair):
                raise SettingsError(f"TICKMESH_PORTFOLIO_DEFAULTS: {':'.join(pair)!r} is not portfolio:desk")
        return [(portfolio, desk) for portfolio, desk in pairs]
