"""The first tables: portfolios, positions, how far executions are counted, first answers."""

import sqlalchemy as sa
from alembic import op

from tickmesh.services.runtime import requests

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables, and the row that says that nothing is counted yet."""
    op.create_table(
        "portfolios",
        sa.Column("portfolio_id", sa.Text, primary_key=True),
        sa.Column("desk_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("base_currency", sa.Text, nullable=False),
        sa.Column("create_time_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "positions",
        sa.Column("portfolio_id", sa.Text, primary_key=True),
        sa.Column("symbol", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("quantity", "cost", "realized", "volume")),
        *(_count(name) for name in ("trade_count", "last_execution_id", "update_time_ns")),
    )
    progress = op.create_table(
        "progress",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("resume_token", sa.Text, nullable=False),
        _count("last_execution_id"),
    )
    op.bulk_insert(progress, [{"stream": "executions", "resume_token": "", "last_execution_id": 0}])
    requests.create_table(op)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def downgrade() -> None:
    """Drops the tables."""
    for name in ("requests", "progress", "positions", "portfolios"):
        op.drop_table(name)
