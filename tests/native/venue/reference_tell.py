"""What answers and reports look like on the wire, said by protobuf: the slow, obvious reference of tell.h."""

from collections.abc import Iterable

from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders.domain import faults
from tickmesh.services.orders.domain.orders import Report, Status
from tickmesh.services.orders.domain.venue import Answer
from tickmesh.services.orders.wire import report_message


def results(answers: Iterable[Answer]) -> pb.SubmitOrdersResponse:
    """Returns what a batch of actions is answered with."""
    return pb.SubmitOrdersResponse(results=map(result, answers))


def result(answer: Answer) -> pb.ActionResult:
    """Returns what one action is answered with."""
    if answer.report is None:
        sentence = faults.sentence(answer.reason)
        return pb.ActionResult(reason=answer.reason, message=sentence, command=answer.command)
    state, increment = answer.report.state, answer.report.ticket.listing.quantity_increment
    rejected = state.status is Status.REJECTED
    return pb.ActionResult(
        order_id=str(answer.report.ticket.order_id),
        status=int(state.status),  # type: ignore[arg-type]
        cum_quantity=increment.to_text(state.cumulative),
        leaves_quantity=increment.to_text(state.leaves),
        reason=state.reason if rejected else "",
        message=faults.sentence(state.reason) if rejected else "",
        command=answer.command,
    )


def reports(told: list[Report]) -> pb.ExecutionReports:
    """Returns what happened to orders."""
    return pb.ExecutionReports(reports=map(report_message, told))


def results_bytes(answers: Iterable[Answer]) -> bytes:
    """Returns the answers of a batch as they go over the wire."""
    return results(answers).SerializeToString(deterministic=True)


def reports_bytes(told: list[Report]) -> bytes:
    """Returns reports as they go over the wire."""
    return reports(told).SerializeToString(deterministic=True)
