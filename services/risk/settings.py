"""What an operator of the risk service may change."""

from dataclasses import dataclass

from ..runtime.errors import TickmeshError
from ..runtime.settings import SettingsError
from .domain.limits import LimitKey, bound_of, key_of_id

_DEMO = (
    "portfolio:demo::ORDER_NOTIONAL=1000000"
    " portfolio:demo::GROSS_EXPOSURE=10000000"
    " portfolio:demo::ORDER_RATE=1000"
)


@dataclass(frozen=True, slots=True)
class RiskSettings:
    """Read from TICKMESH_ variables, once, at start."""

    risk_collar_bps: int = 1_000  # price collar of the firm for each newly listed instrument; 0: none
    # limit_id=value, separated by spaces; each is set unless it was ever set or removed.
    risk_default_limits: str = _DEMO
    risk_conversion_bps: int = 25  # how far a currency moves before the engine is told
    risk_stream_kept: int = 10_000  # events a stream can resume over
    risk_call_timeout_s: float = 5.0  # for calls to the orders service
    risk_ready_wait_s: float = 5.0  # how long a start waits for the orders service to take what is stored

    def default_limits(self) -> dict[LimitKey, str]:
        """Returns the limits of a first start. Fails with SettingsError for a malformed one."""
        return dict(_default_limit(entry) for entry in self.risk_default_limits.split())


def _default_limit(entry: str) -> tuple[LimitKey, str]:
    limit_id, _, value = entry.partition("=")
    try:
        key = key_of_id(limit_id)
        key.check()
        bound_of(key.limit_type, value)
    except TickmeshError as error:
        raise SettingsError(f"TICKMESH_RISK_DEFAULT_LIMITS: {entry!r}: {error.message}") from error
    return key, value
