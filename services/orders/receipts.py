"""Latency receipts: where the time of an answer went, stage by stage."""

from typing import NamedTuple

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.server import Context
from .sequencer import Stages

HEADER = "server-timing"
_FROM_HTTP = ("x-envoy-", "x-forwarded-")


class Receipt(NamedTuple):
    """Nanoseconds in each stage."""

    queue: int
    journal: int
    engine: int
    publish: int

    def message(self) -> pb.Timing:
        """Returns the receipt for an answer of many results."""
        return pb.Timing(
            queue_ns=self.queue, journal_ns=self.journal, engine_ns=self.engine, publish_ns=self.publish
        )

    def header(self) -> str:
        """Returns the receipt as a Server-Timing header, in milliseconds (W3C Server Timing)."""
        queue, journal, engine, publish = self
        return (
            f"queue;dur={queue / 1e6:.3f}, journal;dur={journal / 1e6:.3f},"
            f" engine;dur={engine / 1e6:.3f}, publish;dur={publish / 1e6:.3f}"
        )

    async def attach(self, context: Context) -> None:
        """Puts the receipt beside the answer of a unary call: a trailer, and a header if it goes to HTTP."""
        told = ((HEADER, self.header()),)
        context.set_trailing_metadata(told)
        if any(key.startswith(_FROM_HTTP) for key, _ in context.invocation_metadata() or ()):
            await context.send_initial_metadata(told)


def of(begun: int, rows: list[Stages]) -> Receipt:
    """Returns the receipt of a request that began at a moment and went through rows, in order."""
    last = rows[-1]
    return Receipt(
        queue=max(0, last.taken - begun),
        journal=last.journaled - last.taken,
        engine=last.matched - last.journaled,
        publish=last.published - last.matched,
    )
