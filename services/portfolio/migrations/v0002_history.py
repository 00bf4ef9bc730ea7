"""What each position was after each trade, for which positions are counted again from the first."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the table, and forgets how far executions are counted: the orders service has them all."""
    op.create_table(
        "position_history",
        sa.Column("portfolio_id", sa.Text, primary_key=True),
        sa.Column("symbol", sa.Text, primary_key=True),
        sa.Column("update_time_ns", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("quantity", "cost", "realized", "volume")),
        *(sa.Column(n, sa.BigInteger, nullable=False) for n in ("trade_count", "last_execution_id")),
    )
    op.execute("DELETE FROM positions")
    op.execute("UPDATE progress SET resume_token = '', last_execution_id = 0 WHERE stream = 'executions'")


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("position_history")
