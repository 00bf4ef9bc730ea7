"""No last execution of all positions any more: several shards of orders number theirs apart."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drops the column."""
    op.drop_column("progress", "last_execution_id")


def downgrade() -> None:
    """Adds the column, with the last execution of all positions."""
    op.add_column(
        "progress", sa.Column("last_execution_id", sa.BigInteger, nullable=False, server_default="0")
    )
    newest = "(SELECT coalesce(max(last_execution_id), 0) FROM positions)"
    op.execute(f"UPDATE progress SET last_execution_id = {newest}")  # noqa: S608  our own names
