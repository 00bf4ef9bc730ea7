"""Tables of the risk service."""

import sqlalchemy as sa

from ..runtime import requests

METADATA = sa.MetaData()
REQUESTS = requests.requests_table(METADATA)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


# The newest version of every limit that was ever set; an empty value says that it was removed.
LIMITS = sa.Table(
    "limits",
    METADATA,
    sa.Column("limit_id", sa.Text, primary_key=True),
    *_text("value", "updated_by"),
    _count("version"),
    _count("update_time_ns"),
)

# Every version of every limit, for ever.
LIMIT_CHANGES = sa.Table(
    "limit_changes",
    METADATA,
    sa.Column("limit_id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    *_text("value", "updated_by"),
    _count("update_time_ns"),
)

# The newest trading state of every scope that was ever set; `place` is the scope as text.
STATES = sa.Table(
    "trading_states",
    METADATA,
    sa.Column("place", sa.Text, primary_key=True),
    *_text("state", "comment", "updated_by"),
    _count("update_time_ns"),
    _count("canceled_count"),
)

# Every version of every trading state, for ever.
STATE_CHANGES = sa.Table(
    "trading_state_changes",
    METADATA,
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    *_text("state", "comment", "updated_by"),
    _count("update_time_ns"),
    _count("canceled_count"),
)

EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("event_id", sa.BigInteger, primary_key=True, autoincrement=False),
    *_text("kind", "severity", "place", "check", "limit", "used", "headroom", "asked"),
    *_text("order_id", "portfolio_id", "message"),
    _count("time_ns"),
    sa.Index("events_portfolio", "portfolio_id", "event_id"),
)

# Controls to send to the engine before anything else: they take back what was sent but never stored.
UNDO = sa.Table(
    "undo",
    METADATA,
    sa.Column("undo_id", sa.Text, primary_key=True),
    sa.Column("controls", sa.LargeBinary, nullable=False),
)

# How far rejected orders are told, and which history of events the resume tokens of our streams belong to.
PROGRESS = sa.Table(
    "progress",
    METADATA,
    sa.Column("stream", sa.Text, primary_key=True),
    *_text("resume_token", "epoch"),
)
