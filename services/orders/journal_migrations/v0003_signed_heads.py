"""Signed heads: how far the journal goes, said by its owner."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "signed_heads",
        sa.Column("shard", sa.Integer, primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("journal_id", sa.Text, nullable=False),
        sa.Column("row_hash", sa.LargeBinary, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("signed_heads")
