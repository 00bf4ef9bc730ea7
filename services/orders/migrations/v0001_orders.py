"""Orders, executions, and how far both are projected."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATE = ("quantity", "price", "leaves", "cumulative")


def _state_columns() -> list[sa.Column]:  # type: ignore[type-arg]
    numbers = [sa.Column(name, sa.BigInteger, nullable=False) for name in STATE]
    status = sa.Column("status", sa.SmallInteger, nullable=False)
    words = [sa.Column("value", sa.Text, nullable=False), sa.Column("reason", sa.Text, nullable=False)]
    return [*numbers, status, *words, sa.Column("risk", sa.Text)]


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "orders",
        sa.Column("order_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("client_order_id", sa.Text, nullable=False),
        sa.Column("portfolio_id", sa.Text, nullable=False),
        sa.Column("strategy_id", sa.Text, nullable=False),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("side", sa.SmallInteger, nullable=False),
        sa.Column("order_type", sa.SmallInteger, nullable=False),
        sa.Column("time_in_force", sa.SmallInteger, nullable=False),
        sa.Column("post_only", sa.Boolean, nullable=False),
        sa.Column("submit_time_ns", sa.BigInteger, nullable=False),
        sa.Column("update_time_ns", sa.BigInteger, nullable=False),
        *_state_columns(),
    )
    op.create_index("orders_by_portfolio", "orders", ["portfolio_id", "order_id"])
    op.create_index("orders_by_client_id", "orders", ["client_order_id"])
    op.create_table(
        "executions",
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("command", sa.BigInteger, nullable=False),
        sa.Column("order_id", sa.BigInteger, nullable=False),
        sa.Column("exec_type", sa.SmallInteger, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("last_lots", sa.BigInteger, nullable=False),
        sa.Column("last_ticks", sa.BigInteger, nullable=False),
        sa.Column("liquidity", sa.SmallInteger, nullable=False),
        sa.Column("trade", sa.BigInteger, nullable=False),
        *_state_columns(),
    )
    op.create_index("executions_by_order", "executions", ["order_id", "sequence"])
    progress = op.create_table(
        "progress",
        sa.Column("shard", sa.Integer, primary_key=True),
        sa.Column("journal_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(progress, [{"shard": 0, "journal_id": "", "sequence": 0}])


def downgrade() -> None:
    """Drops the tables."""
    for name in ("progress", "executions", "orders"):
        op.drop_table(name)
