"""Writes the section about the order path in docs/benchmarks.md, and the table of docs/order-path.md."""

from collections.abc import Mapping, Sequence

from ..running import Row

Figures = Mapping[str, Sequence[Row]]
STAGES = {
    "queue_us": "queue µs",
    "journal_us": "journal µs",
    "engine_us": "engine µs",
    "publish_us": "publish µs",
}
CPU = {
    "cpu_client_us": "client",
    "cpu_edge_us": "Envoy",
    "cpu_orders_us": "orders",
    "cpu_router_us": "router",
    "cpu_shard-0_us": "shard 0",
    "cpu_shard-1_us": "shard 1",
    "cpu_projector_us": "projector",
    "cpu_portfolio_us": "portfolio",
    "cpu_risk_us": "risk",
    "cpu_pricing_us": "pricing",
    "cpu_postgres_us": "PostgreSQL",
}
SPREAD = {"orders_per_second": "orders/s", "least": "least", "most": "most"}
LATENCY = {"p50": "p50 ms", "p99": "p99 ms", "p99.9": "p99.9 ms", "max": "max ms"}
MEMORY = {"assets_mb": "assets MB", "orders_mb": "orders MB", "projector_mb": "projector MB"}
RATES = {
    "database": "database",
    "orders_a_message": "orders a message",
    "built": "built",
    **SPREAD,
    **STAGES,
    **CPU,
}
COLUMNS: dict[str, dict[str, str]] = {
    "rates": RATES,
    "edge": RATES,
    "shards": {"way": "way", **RATES},
    "latency": {
        "way": "way",
        "database": "database",
        "call": "call",
        "orders_per_second": "orders/s offered",
        **LATENCY,
        "sent_late_p99": "sent late, p99 ms",
        **STAGES,
    },
    "inside": {"step": "step", "p50": "p50 ns", "p99": "p99 ns", "p99.9": "p99.9 ns", "orders": "orders"},
    "readers": {
        "subscribers": "subscribers",
        "orders_per_second": "orders/s",
        "reports": "reports to all",
        "missing": "missing",
        "serialised": "reports serialised",
        "reports_per_second": "reports/s to all",
        "mb_per_second": "MB/s",
        "reports_a_response": "reports a response",
        "cpu_orders_us_a_report": "orders, CPU µs a report",
    },
    "tables": {
        "database": "database",
        "offered": "orders/s offered",
        "seconds": "for s",
        "orders_per_second": "answered/s",
        "events_behind_begin": "most events behind, first third",
        "events_behind_middle": "second third",
        "events_behind_end": "last third",
        "behind_s_at_the_end": "caught up after s",
        "cpu_projector_us": "projector, CPU µs an order",
    },
    "catching-up": {
        "database": "database",
        "orders": "orders",
        "orders_per_second": "orders/s",
        "reports_per_second": "reports/s",
        "cpu_projector_us": "projector, CPU µs an order",
    },
    "instruments": {"instruments": "instruments", **SPREAD, **STAGES, **CPU, **MEMORY},
    "clients": {"clients": "clients", **SPREAD, **STAGES, **CPU, **MEMORY},
    "journal": {"journal": "journal", "start_s": "start s", **SPREAD, **STAGES, **CPU, **MEMORY},
}
COMMAND = "python -m tests.benchmarks.orders --only"
INTRODUCTION = """\
## The order path

Every order is a new one: four of five rest within two dollars of the reference, the fifth takes as much as
one of them brought; limits are set at the firm and at the desk. An order is answered once its row of the
journal is on the disk. Messages are built with the generated stubs; unless a row says otherwise, before the
clock starts, and answers are read after it has stopped: each must be there and none refused. Client,
services, projector, database and Envoy share the cores. Rates are the median of three repetitions, with the
least and the greatest.

The stages are medians of what each answer says of itself (`timing`): until its row went to the journal, until
it was durable, until the engine had decided about the whole row, until all who follow could be told. What
follows them is processor time of each process in µs an order, from a clock of 10 ms.
[order-path.md](order-path.md) says what each stage does and what bounds each figure.
"""
TITLES = {
    "rates": "Durable orders a second, straight to the service",
    "edge": "Durable orders a second, through Envoy on the whole platform (SQLite)",
    "shards": "Through a router to shards (SQLite)",
    "latency": "Latency, open loop",
    "inside": "One order inside the process",
    "readers": "Execution reports to subscribers",
    "tables": "Whether the tables keep up",
    "catching-up": "How fast the tables catch up",
    "instruments": "More instruments (SQLite, 100 orders a message)",
    "clients": "More clients, each with its own connection and portfolio (SQLite, 100 orders a message)",
    "journal": "A longer journal (SQLite, 100 orders a message)",
}
TEXTS = {
    "rates": "One stream, up to 64 messages and 8,000 orders in flight.",
    "edge": "The same through the public port; all services run.",
    "shards": """\
Two shards, their router and assets run, on the same cores. Half the orders of a message are for one
instrument, half for another: both of one shard, or one of each. A shard's time holds its projector's.""",
    "latency": """\
A message is due at a fixed rate and its latency counts from that moment, however late the client itself was.
Medians of three repetitions of three seconds; percentiles from buckets of less than a hundredth. The floor is
what this machine took at that moment for the disk alone, and for a call whose server does nothing at all.""",
    "inside": """\
No journal, no network, no event loop: bytes of one order in, bytes of its answer and reports out, called from
Python one step after the other. The times hold the calls and the readings of the clock.""",
    "readers": """\
As many orders as are taken, 100 a message, while subscribers in a process of their own follow all reports.
Each has every report of the table of executions, in order, and all have the same bytes.""",
    "tables": """\
The lag is asked for twice a second (GetEngineStatus: event_sequence - projected_sequence).""",
    "catching-up": """\
The projector with a journal to read and nothing else running but the database.""",
    "instruments": "Memory is what is resident after the run.",
    "clients": "All of them share the orders that are in flight.",
    "journal": """\
The long journal is written directly: the door's commands, the engine's events, rows with the same chain of
hashes. A start is the whole process, imports included; with nothing behind a snapshot it loads just that.""",
}


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1_000 or value == int(value) else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(rows: Sequence[Row], columns: Mapping[str, str]) -> list[str]:
    """Returns a Markdown table of those of the columns that any row has."""
    shown = {name: title for name, title in columns.items() if any(name in row for row in rows)}
    lines = ["| " + " | ".join(shown.values()) + " |", "|" + "---|" * len(shown)]
    lines += ["| " + " | ".join(_cell(row.get(name, "")) for name in shown) + " |" for row in rows]
    return [*lines, ""]


def part(name: str, rows: Sequence[Row]) -> list[str]:
    """Returns the lines of one part."""
    words = f"`{COMMAND} {name}`. {TEXTS[name]}".rstrip()
    return [f"### {TITLES[name]}", "", words, "", *table(rows, COLUMNS[name])]


def section(figures: Figures) -> str:
    """Returns the section as Markdown."""
    lines = [INTRODUCTION]
    for name, rows in figures.items():
        lines += part(name, rows)
    return "\n".join(lines).rstrip() + "\n"
