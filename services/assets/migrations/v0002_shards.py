"""Which shard of orders trades each instrument; those that are listed are traded by the first."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the column."""
    op.add_column("instruments", sa.Column("shard", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    """Drops the column."""
    op.drop_column("instruments", "shard")
