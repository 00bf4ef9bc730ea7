"""The book of instruments, its place in the stream, and first answers by request_id."""

import uuid

import sqlalchemy as sa
from alembic import op

from tickmesh.services.runtime.requests import create_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Sorted by code point everywhere, whatever the database's own language.
SYMBOL = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TEXT = ("name", "asset_type", "currency", "mic", "figi", "cusip", "sedol", "cfi", "price_increment")
MORE_TEXT = ("quantity_increment", "minimum_notional", "multiplier", "calendar", "reference_price")
JSON_TEXT = ("detail", "attributes", "search_text")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "instruments",
        sa.Column("symbol", SYMBOL, primary_key=True),
        sa.Column("isin", sa.Text, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in (*TEXT, *MORE_TEXT, *JSON_TEXT)),
        sa.Column("reference_time_ns", sa.BigInteger),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("create_time_ns", sa.BigInteger, nullable=False),
        sa.Column("update_time_ns", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False, unique=True),
    )
    op.create_index("instruments_by_type", "instruments", ["asset_type", "symbol"])
    stream = op.create_table(
        "stream",
        sa.Column("epoch", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(stream, [{"epoch": uuid.uuid4().hex[:12], "position": 0}])
    create_table(op)


def downgrade() -> None:
    """Drops the tables."""
    for name in ("requests", "stream", "instruments"):
        op.drop_table(name)
