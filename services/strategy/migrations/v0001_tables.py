"""Strategies as somebody set them, their inventories, and where they stand."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "strategies",
        sa.Column("strategy_id", sa.Text, primary_key=True),
        sa.Column("wanted", sa.Boolean),
        sa.Column("parameters", sa.Text, nullable=False),
    )
    op.create_table(
        "inventories",
        sa.Column("strategy_id", sa.Text, primary_key=True),
        sa.Column("symbol", sa.Text, primary_key=True),
        sa.Column("quantity", sa.Text, nullable=False),
    )
    op.create_table(
        "progress",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("position", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("progress", "inventories", "strategies"):
        op.drop_table(table)
