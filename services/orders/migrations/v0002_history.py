"""History: reports by portfolio, symbol, kind and time; in PostgreSQL in daily partitions.

SQLite gets both tables anew, with integer primary keys: those are the row's own number there, while
a BIGINT key is a second tree beside the table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OPEN, DONE = sa.text("status <= 2"), sa.text("status > 2")
# How many decimal digits the nanoseconds have that a finished order was open for: lists of what was open at
# a moment need to look back as far as 10 to that power, and no further.
SPAN = sa.text("length(CAST(update_time_ns - submit_time_ns AS TEXT))")
RESTED = sa.text("status > 2 AND update_time_ns > submit_time_ns")
ORDER_INDEXES = (
    "orders_by_symbol",
    "orders_by_both",
    "orders_done",
    "orders_open",
    "orders_open_by_portfolio",
    "orders_by_span",
)


def upgrade() -> None:
    """Makes the tables anew, with what they hold."""
    on_postgres = _on_postgres()
    if not on_postgres:
        _rebuild("orders", _order_columns(NUMBER), "*")
        _index_orders_as_before()
    _index_orders()
    _set_aside("executions")
    _make_executions(on_postgres)
    _fill_executions()
    _index_executions(on_postgres)
    op.create_table(
        "execution_days",
        sa.Column("name", sa.Text, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("from_ns", "to_ns", "attach_time_ns")),
        *(sa.Column(name, sa.BigInteger) for name in ("detach_time_ns", "last_sequence")),
    )


def _on_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _state_columns() -> list[sa.Column]:  # type: ignore[type-arg]
    numbers = [_big(name) for name in ("quantity", "price", "leaves", "cumulative")]
    words = [sa.Column("value", sa.Text, nullable=False), sa.Column("reason", sa.Text, nullable=False)]
    return [*numbers, _small("status"), *words, sa.Column("risk", sa.Text)]


def _big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _small(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger, nullable=False)


def _order_columns(key: "sa.types.TypeEngine[int]") -> list[sa.Column]:  # type: ignore[type-arg]
    texts = ("client_order_id", "portfolio_id", "strategy_id", "symbol")
    return [
        sa.Column("order_id", key, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        *map(_small, ("side", "order_type", "time_in_force")),
        sa.Column("post_only", sa.Boolean, nullable=False),
        *map(_big, ("submit_time_ns", "update_time_ns")),
        *_state_columns(),
    ]


def _execution_columns(key: "sa.types.TypeEngine[int]") -> list[sa.Column]:  # type: ignore[type-arg]
    return [
        sa.Column("sequence", key, nullable=False, autoincrement=False),
        *map(_big, ("command", "order_id")),
        _small("exec_type"),
        *map(_big, ("time_ns", "last_lots", "last_ticks")),
        _small("liquidity"),
        _big("trade"),
        *_state_columns(),
    ]


def _rebuild(name: str, columns: list[sa.Column], chosen: str) -> None:  # type: ignore[type-arg]
    _set_aside(name)
    op.create_table(name, *columns)
    op.execute(f"INSERT INTO {name} SELECT {chosen} FROM earlier_{name}")  # noqa: S608  our own names
    op.drop_table(f"earlier_{name}")


def _set_aside(name: str) -> None:
    """Renames a table, and frees the names of its indexes."""
    for index in sa.inspect(op.get_bind()).get_indexes(name):
        op.drop_index(str(index["name"]), name)
    if _on_postgres():
        op.drop_constraint(f"{name}_pkey", name)
    op.rename_table(name, f"earlier_{name}")


def _make_executions(on_postgres: bool) -> None:
    key = ("time_ns", "sequence") if on_postgres else ("sequence",)  # a partition's key holds what parts it
    places = [sa.Column(name, sa.Text, nullable=False) for name in ("portfolio_id", "symbol")]
    op.create_table(
        "executions",
        *_execution_columns(NUMBER),
        *places,
        sa.PrimaryKeyConstraint(*key),
        postgresql_partition_by="RANGE (time_ns)",
    )
    if on_postgres:
        op.execute("CREATE TABLE executions_other PARTITION OF executions DEFAULT")


def _fill_executions() -> None:
    op.execute(
        "INSERT INTO executions SELECT e.*, o.portfolio_id, o.symbol"
        " FROM earlier_executions e JOIN orders o ON o.order_id = e.order_id"
    )
    op.drop_table("earlier_executions")


def _index_orders_as_before() -> None:
    op.create_index("orders_by_portfolio", "orders", ["portfolio_id", "order_id"])
    op.create_index("orders_by_client_id", "orders", ["client_order_id"])


def _index_orders() -> None:
    op.create_index("orders_by_symbol", "orders", ["symbol", "order_id"])
    op.create_index("orders_by_both", "orders", ["portfolio_id", "symbol", "order_id"])
    _index_some("orders_done", ["status", "order_id"], DONE)
    _index_some("orders_open", ["order_id"], OPEN)
    _index_some("orders_open_by_portfolio", ["portfolio_id", "order_id"], OPEN)
    _index_some("orders_by_span", [SPAN, "submit_time_ns", "order_id"], RESTED)


def _index_some(name: str, columns: "list[str | sa.TextClause]", which: sa.TextClause) -> None:
    op.create_index(name, "orders", columns, sqlite_where=which, postgresql_where=which)


def _index_executions(on_postgres: bool) -> None:
    """Makes an index for each way to ask. The last columns let a narrower question skip rows unread."""
    op.create_index("executions_by_order", "executions", ["order_id", "sequence"])
    op.create_index("executions_by_kind", "executions", ["exec_type", "sequence"])
    by_portfolio = ["portfolio_id", "sequence", "exec_type", "symbol"]
    op.create_index("executions_by_portfolio", "executions", by_portfolio)
    op.create_index("executions_by_symbol", "executions", ["symbol", "sequence", "exec_type"])
    if on_postgres:
        op.create_index("executions_by_sequence", "executions", ["sequence"])
    else:
        op.create_index("executions_by_time", "executions", ["time_ns", "sequence"])


def downgrade() -> None:
    """Makes the tables as they were. Fails where partitions are detached: their rows would be missing."""
    bind = op.get_bind()
    detached = "SELECT count(*) FROM execution_days WHERE detach_time_ns IS NOT NULL"
    if bind.execute(sa.text(detached)).scalar():
        raise RuntimeError("attach the partitions in execution_days again before you go back")
    op.drop_table("execution_days")
    _set_aside("executions")
    op.create_table("executions", *_execution_columns(sa.BigInteger()), sa.PrimaryKeyConstraint("sequence"))
    names = ", ".join(column.name for column in _execution_columns(sa.BigInteger()))
    op.execute(f"INSERT INTO executions SELECT {names} FROM earlier_executions")  # noqa: S608  our own names
    op.drop_table("earlier_executions")
    op.create_index("executions_by_order", "executions", ["order_id", "sequence"])
    for name in ORDER_INDEXES:
        op.drop_index(name, "orders")
    if not _on_postgres():
        _rebuild("orders", _order_columns(sa.BigInteger()), "*")
        _index_orders_as_before()
