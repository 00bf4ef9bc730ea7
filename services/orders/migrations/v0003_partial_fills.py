"""When an order was first partially filled, and an index that holds all it takes to tell what was open when.

Orders that ended otherwise than by a cancel, and kinds of reports that are rare, get indexes by portfolio
and by symbol: among the others they are found only by reading these.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SPAN = sa.text("length(CAST(update_time_ns - submit_time_ns AS TEXT))")
RESTED = sa.text("status > 2 AND update_time_ns > submit_time_ns")
ENDED = sa.text("status > 2 AND status <> 4")
RARE = sa.text("exec_type > 4")
SPANS_BEFORE: "list[str | sa.TextClause]" = [SPAN, "submit_time_ns", "order_id"]
COVERING = ["update_time_ns", "partial_time_ns", "portfolio_id", "symbol", "status"]
FIRST_PARTIAL_FILLS = (
    "UPDATE orders SET partial_time_ns = e.time_ns FROM (SELECT order_id, min(time_ns) AS time_ns"
    " FROM executions WHERE status = 2 GROUP BY order_id) AS e WHERE e.order_id = orders.order_id"
)


def upgrade() -> None:
    """Adds the column, with what the reports tell, and the indexes."""
    op.add_column("orders", sa.Column("partial_time_ns", sa.BigInteger))
    op.execute(FIRST_PARTIAL_FILLS)
    op.drop_index("orders_by_span", "orders")
    _index("orders_by_span", "orders", [*SPANS_BEFORE, *COVERING], RESTED)
    for name in ("portfolio", "symbol"):
        column = "portfolio_id" if name == "portfolio" else name
        _index(f"orders_ended_by_{name}", "orders", ["status", column, "order_id"], ENDED)
        _index(f"executions_rare_by_{name}", "executions", ["exec_type", column, "sequence"], RARE)


def _index(name: str, table: str, columns: "list[str | sa.TextClause]", which: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=which, postgresql_where=which)


def downgrade() -> None:
    """Drops them."""
    for name in ("portfolio", "symbol"):
        op.drop_index(f"orders_ended_by_{name}", "orders")
        op.drop_index(f"executions_rare_by_{name}", "executions")
    op.drop_index("orders_by_span", "orders")
    op.drop_column("orders", "partial_time_ns")
    _index("orders_by_span", "orders", SPANS_BEFORE, RESTED)
