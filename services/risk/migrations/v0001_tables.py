"""The first tables: limits, trading states, events, what to take back, how far rejected orders are told."""

import uuid

import sqlalchemy as sa
from alembic import op

from tickmesh.services.runtime import requests

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables, and the row that says that nothing is told yet."""
    _limits()
    op.create_table(
        "trading_states",
        sa.Column("place", sa.Text, primary_key=True),
        *_text("state", "comment", "updated_by"),
        *_counts("update_time_ns", "canceled_count"),
    )
    op.create_table(
        "events",
        sa.Column("event_id", sa.BigInteger, primary_key=True, autoincrement=False),
        *_text("kind", "severity", "place", "check", "limit", "used", "headroom", "asked"),
        *_text("order_id", "portfolio_id", "message"),
        *_counts("time_ns"),
    )
    op.create_index("events_portfolio", "events", ["portfolio_id", "event_id"])
    op.create_table(
        "undo",
        sa.Column("undo_id", sa.Text, primary_key=True),
        sa.Column("controls", sa.LargeBinary, nullable=False),
    )
    _progress()
    requests.create_table(op)


def _limits() -> None:
    op.create_table(
        "limits",
        sa.Column("limit_id", sa.Text, primary_key=True),
        *_text("value", "updated_by"),
        *_counts("version", "update_time_ns"),
    )
    op.create_table(
        "limit_changes",
        sa.Column("limit_id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        *_text("value", "updated_by"),
        *_counts("update_time_ns"),
    )


def _progress() -> None:
    progress = op.create_table(
        "progress",
        sa.Column("stream", sa.Text, primary_key=True),
        *_text("resume_token", "epoch"),
        *_counts("last_execution_id"),
    )
    first = {
        "stream": "executions",
        "resume_token": "",
        "epoch": uuid.uuid4().hex[:12],
        "last_execution_id": 0,
    }
    op.bulk_insert(progress, [first])


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def downgrade() -> None:
    """Drops the tables."""
    for name in ("requests", "progress", "undo", "events", "trading_states", "limit_changes", "limits"):
        op.drop_table(name)
