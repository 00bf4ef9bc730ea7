"""The tables of the pricing service, as its migrations leave them."""

import sqlalchemy as sa

metadata = sa.MetaData()

trades = sa.Table(
    "trades",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("symbol", sa.Text, nullable=False),
    sa.Column("trade_id", sa.Text, nullable=False),
    sa.Column("price_ticks", sa.BigInteger, nullable=False),
    sa.Column("quantity_lots", sa.BigInteger, nullable=False),
    sa.Column("buyer_came", sa.Boolean, nullable=False),
    sa.Column("time_ns", sa.BigInteger, nullable=False),
)

bars = sa.Table(
    "bars",
    metadata,
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
)

progress = sa.Table(
    "progress",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("batch", sa.BigInteger, nullable=False),
    sa.Column("token", sa.Text, nullable=False),
)
