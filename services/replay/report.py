"""What a replay found out."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .plan import Do, Plan
from .rebuilt import Comparison
from .sending import Sent


@dataclass(frozen=True, slots=True)
class LatencyMs:
    """From the moment an order was due until its answer, in milliseconds."""

    p50: float
    p99: float
    p99_9: float
    max: float


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one run."""

    symbol: str
    portfolio: str
    messages: int  # that were replayed
    messages_total: int
    orders: int  # new orders, cancels and replaces that were answered
    orders_per_second: float
    duration_s: float  # from the first order to the last answer
    latency_ms: LatencyMs
    states_compared: int
    states_reproduced: int
    first_difference: dict[str, Any] | None
    hits: int  # visible executions that were made again
    hits_on_named_order: int  # that traded in full with the very order of the recording
    out_of_turn: int  # executions that price and time would not have made: older orders stepped back
    hidden_executions: int
    messages_without_action: int  # halts, crosses, and orders from before that no level is known for
    rejected: dict[str, int]
    rejected_total: int
    gaps: int  # in the stream of the book
    book_complete: bool  # the stream told the last change in time
    canceled_at_end: int
    interrupted: bool

    def as_dict(self) -> dict[str, Any]:
        """Returns the report as JSON shows it."""
        return asdict(self)

    @property
    def is_perfect(self) -> bool:
        """Says whether every state that was compared came out again and nothing was refused."""
        return self.states_reproduced == self.states_compared and not self.rejected and not self.interrupted


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report is made of."""

    symbol: str
    portfolio: str
    plan: Plan
    sent: Sent
    comparison: Comparison
    hits_on_named_order: int
    gaps: int
    book_complete: bool
    canceled_at_end: int
    interrupted: bool


def make_report(found: Findings) -> Report:
    """Returns the figures of a run."""
    sent, plan, counts, comparison = found.sent, found.plan, found.plan.counts, found.comparison
    duration_s = _duration_s(sent)
    return Report(
        symbol=found.symbol,
        portfolio=found.portfolio,
        messages=_rows_done(plan, sent),
        messages_total=plan.rows,
        orders=sent.answered,
        orders_per_second=round(sent.answered / duration_s, 1) if duration_s else 0.0,
        duration_s=round(duration_s, 6),
        latency_ms=_latency(sent),
        states_compared=comparison.compared,
        states_reproduced=comparison.reproduced,
        first_difference=_difference(comparison),
        hits=sum(action.do is Do.HIT for action in plan.actions[: sent.answered]),
        hits_on_named_order=found.hits_on_named_order,
        out_of_turn=counts.out_of_turn,
        hidden_executions=counts.hidden,
        messages_without_action=counts.halts + counts.unknown,
        rejected=dict(sorted(sent.rejected.items())),
        rejected_total=sent.rejected.total(),
        gaps=found.gaps,
        book_complete=found.book_complete,
        canceled_at_end=found.canceled_at_end,
        interrupted=found.interrupted,
    )


def _rows_done(plan: Plan, sent: Sent) -> int:
    """Returns how many messages are replayed in full."""
    return plan.rows if sent.answered == len(plan.actions) else plan.actions[sent.answered].row


def _duration_s(sent: Sent) -> float:
    if not sent.answered:
        return 0.0
    return float(sent.answered_ns[: sent.answered].max() - sent.due_ns[0]) / 1e9


def _latency(sent: Sent) -> LatencyMs:
    if not sent.answered:
        return LatencyMs(0.0, 0.0, 0.0, 0.0)
    took_ms = (sent.answered_ns - sent.due_ns)[: sent.answered] / 1e6
    p50, p99, p99_9, most = np.percentile(took_ms, [50, 99, 99.9, 100])
    return LatencyMs(*(round(float(value), 3) for value in (p50, p99, p99_9, most)))


def _difference(comparison: Comparison) -> dict[str, Any] | None:
    if comparison.first_difference is None:
        return None
    row, recorded, rebuilt = comparison.first_difference
    return {"row": row, "recorded": recorded._asdict(), "rebuilt": rebuilt._asdict()}
