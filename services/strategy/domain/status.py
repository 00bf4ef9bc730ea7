"""What a strategy tells about itself."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from .catalog import Program


class State(Enum):
    """Whether a strategy runs."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    FAILING = "FAILING"


@dataclass(frozen=True, slots=True)
class Status:
    """A strategy at one moment."""

    program: Program
    symbols: tuple[str, ...]
    state: State
    message: str
    values: dict[str, Decimal]
    orders_sent: int
    orders_rejected: int
    trades: int
    last_step_ns: int  # 0: never
