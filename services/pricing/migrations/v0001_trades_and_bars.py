"""Trades, bars, and how far the venue has been followed."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "trades",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("symbol", sa.Text, nullable=False),
        sa.Column("trade_id", sa.Text, nullable=False),
        sa.Column("price_ticks", sa.BigInteger, nullable=False),
        sa.Column("quantity_lots", sa.BigInteger, nullable=False),
        sa.Column("buyer_came", sa.Boolean, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
    )
    op.create_index("trades_newest", "trades", ["symbol", sa.text("time_ns DESC"), sa.text("id DESC")])
    op.create_table(
        "bars",
        sa.Column("symbol", sa.Text, primary_key=True),
        sa.Column("interval", sa.SmallInteger, primary_key=True),
        sa.Column("start_ns", sa.BigInteger, primary_key=True),
        sa.Column("open_ticks", sa.BigInteger, nullable=False),
        sa.Column("high_ticks", sa.BigInteger, nullable=False),
        sa.Column("low_ticks", sa.BigInteger, nullable=False),
        sa.Column("close_ticks", sa.BigInteger, nullable=False),
        sa.Column("volume_lots", sa.BigInteger, nullable=False),
        sa.Column("trade_count", sa.BigInteger, nullable=False),
        sa.Column("first_time_ns", sa.BigInteger, nullable=False),
        sa.Column("last_time_ns", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "progress",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("batch", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("progress")
    op.drop_table("bars")
    op.drop_table("trades")
