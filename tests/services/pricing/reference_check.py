"""A slow, obvious check of rows, which that of the service must agree with."""

from collections.abc import Collection

from tickmesh.services.pricing.domain.ticks import Kind
from tickmesh.services.values import UNITS_MAX

Row = tuple[int, int, int, int, int]


def first_fault(
    rows: list[Row], known: Collection[int], earliest_ns: int, latest_ns: int
) -> tuple[int, str] | None:
    """Returns the first row that cannot be taken and which column says so."""
    before_ns = earliest_ns
    for number, row in enumerate(rows):
        column = _wrong_column(row, known, before_ns, latest_ns)
        if column:
            return number, column
        before_ns = row[4]
    return None


def _wrong_column(row: Row, known: Collection[int], before_ns: int, latest_ns: int) -> str:
    index, kind, price, lots, time_ns = row
    is_trade = kind in (Kind.TRADE_BUY, Kind.TRADE_SELL)
    may_be_empty = not is_trade and lots <= 0
    if index not in known:
        return "instrument_index"
    if kind not in list(Kind):
        return "kind"
    if not (0 if may_be_empty else 1) <= price <= UNITS_MAX:
        return "price_ticks"
    if not (1 if is_trade else 0) <= lots <= UNITS_MAX:
        return "quantity_lots"
    return "" if before_ns <= time_ns <= latest_ns else "time_ns"
