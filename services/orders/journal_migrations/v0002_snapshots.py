"""Snapshots of the engine and the venue: a shortcut through the journal, never a part of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "snapshots",
        sa.Column("shard", sa.Integer, primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("report", sa.BigInteger, nullable=False),
        sa.Column("row_hash", sa.LargeBinary, nullable=False),
        sa.Column("state_hash", sa.Text, nullable=False),
        sa.Column("engine_size", sa.BigInteger, nullable=False),
        sa.Column("venue_size", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "snapshot_parts",
        sa.Column("shard", sa.Integer, primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drops the tables."""
    op.drop_table("snapshot_parts")
    op.drop_table("snapshots")
