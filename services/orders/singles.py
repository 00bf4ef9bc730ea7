"""A single order, from its bytes to its answer: the way of batches, with an order in place of a result."""

import asyncio

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime import wire
from ..runtime.parsing import parsed
from ..runtime.server import Context, validate
from . import receipts
from .domain import faults
from .domain.orders import ExecType, Report
from .domain.venue import Outcome, Venue
from .entry import Entry
from .firsts import Firsts
from .sequencer import Sequencer, Span
from .wire import order_message

_REJECTED = int(ExecType.REJECTED)  # NumPy takes its time to compare with a member of an enum


class Singles:
    """Takes orders one by one."""

    def __init__(self, sequencer: Sequencer, entry: Entry, firsts: Firsts) -> None:
        self._sequencer = sequencer
        self._venue: Venue = sequencer.venue
        self._entry = entry
        self._firsts = firsts

    async def submit(self, request: bytes, context: Context) -> pb.Order | bytes:
        """Returns the order as it is right after matching, perhaps serialised. Fails with its faults."""
        begun = self._sequencer.timer()
        span = self._stamped(request)
        outcome = await asyncio.shield(span.row.done)
        await receipts.of(begun, [span.row.stages]).attach(context)
        place = span.first - outcome.first
        answer = outcome.applied.answers[place]
        if answer["first_order"]:
            return _order_or_refusal(await self._firsts.answer_again(span.row, outcome, place))
        return self._order(outcome, int(answer["report"]))

    def _stamped(self, request: bytes) -> Span:
        """Puts an order in line, through C when it is plain."""
        message = _as_batch(request)
        if self._venue.orders.count(message) == 1:
            spans, _ = self._sequencer.read(self._venue.orders.reader(message))
            if spans:
                return spans[0]
        submit = parsed(pb.SubmitOrderRequest, request)
        validate(submit)
        return self._sequencer.span(self._entry.submit(submit))

    def _order(self, outcome: Outcome, place: int) -> pb.Order | bytes:
        if outcome.reports["exec_type"][place] == _REJECTED:
            return _order_or_refusal(self._venue.report(outcome.reports[place]))
        return self._venue.orders.report_order(outcome.reports, place)


def _as_batch(submit: bytes) -> bytes:
    """Returns a SubmitOrderRequest as the only action of a SubmitOrdersRequest."""
    action = wire.header(pb.OrderAction, "submit", len(submit)) + submit
    return wire.header(pb.SubmitOrdersRequest, "actions", len(action)) + action


def _order_or_refusal(report: Report) -> pb.Order:
    if report.exec_type is ExecType.REJECTED:
        metadata = {"order_id": str(report.ticket.order_id), **(report.risk or {})}
        raise faults.refusal(report.state.reason, metadata)
    return order_message(report)
