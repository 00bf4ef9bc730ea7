"""No last execution any more: several shards of orders number theirs apart, and the token tells all."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drops the column."""
    op.drop_column("progress", "last_execution_id")


def downgrade() -> None:
    """Adds the column; the token alone keeps a refusal from being told twice."""
    op.add_column(
        "progress", sa.Column("last_execution_id", sa.BigInteger, nullable=False, server_default="0")
    )
