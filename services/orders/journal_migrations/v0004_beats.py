"""A beat of the owner and the name of its process, by which others see whether it lives."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; nobody owns a shard at that moment."""
    op.add_column("owners", sa.Column("beat", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("owners", sa.Column("process", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Drops the columns."""
    op.drop_column("owners", "process")
    op.drop_column("owners", "beat")
