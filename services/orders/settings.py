"""What an operator may change about the orders service."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OrdersSettings:
    """Read from TICKMESH_ORDERS_... variables."""

    orders_shard: int = 0
    orders_capacity: int = 1_000_000  # live orders at once
    orders_instruments: int = 4_096
    orders_nodes: int = 16_384  # desks, portfolios and strategies
    orders_positions: int = 262_144  # pairs of one of these and an instrument that it trades or has limits on
    orders_client_ids: int = 4_194_304  # how many of the newest client order ids are remembered
    orders_row_commands_max: int = 2_048  # commands in one journal row
    orders_waiting_max: int = 200_000  # commands that may wait for their answer before new ones are refused
    orders_waits_max_s: float = 1.0  # when commands wait for longer, new ones are refused
    orders_projector: str = "process"  # that writes the tables; or "thread", inside this process
    orders_tables_wait_s: float = (
        10.0  # for how long a query waits until the tables have what was acknowledged
    )
    orders_executions_kept: int = 200_000  # reports in memory for streams; older ones come from the table
    orders_book_updates_kept: int = 100_000
    orders_pages: int = 131_072  # runs of 64 neighbouring prices of one side of a book in which orders rest
    orders_extras: int = 262_144  # live orders that are more than plain ones: stops, icebergs and the like
    orders_executions_days: int = 0  # PostgreSQL: days of executions that stay attached; 0 keeps all
    orders_days_ahead: int = 3  # PostgreSQL: days whose partitions of executions are made ahead of time
    orders_snapshot_commands: int = 500_000  # a snapshot of the engine after so many commands; 0 is none
    orders_head_interval_s: float = 1.0  # the journal's end is signed no more often than this
    orders_heads_file: Path = Path()  # where signed heads are appended as well; empty: nowhere
    orders_silence_s: float = 1.5  # whoever owns the shard and does not beat for so long has lost it
