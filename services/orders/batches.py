"""A message of many actions, from its bytes to the bytes of its answer.

Plain actions become commands and results in C, all of a message at once; what is not plain, or wrong, is
taken one by one through the door that single requests take. Both ways stamp and answer the same.
"""

import asyncio
from collections.abc import Iterator

from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.errors import FieldViolation, InvalidArgument, TickmeshError
from ..runtime.parsing import parsed
from . import receipts
from .domain.venue import Outcome
from .entry import Entry
from .firsts import Firsts
from .sequencer import Row, Sequencer, Span
from .wire import result_message

ACTIONS_MAX = 1_000


class BatchTooLarge(InvalidArgument):
    """More actions in one message than are taken."""

    reason = "BATCH_TOO_LARGE"

    def __init__(self, count: int) -> None:
        problem = f"{count} actions; send 1 to {ACTIONS_MAX} in a message"
        super().__init__(f"actions: {problem}", fields=[FieldViolation("actions", problem)])


class _Refused:
    """What is answered to an action that was refused at the door."""

    def __init__(self, error: TickmeshError) -> None:
        self.content = _framed(pb.ActionResult(reason=error.reason, message=error.message))


class Batch:
    """One message: how many actions it has, and what they become."""

    def __init__(self, message: bytes, sequencer: Sequencer, entry: Entry, firsts: Firsts) -> None:
        self._message = message
        self._sequencer = sequencer
        self._entry = entry
        self._firsts = firsts
        self._orders = sequencer.venue.orders
        self._begun = 0
        self._parts: list[Span | _Refused] = []
        self._strange: list[bytes] | None = None
        self.count = self._orders.count(message)
        if self.count < 0:
            self._strange = _actions(message)
            self.count = len(self._strange)
        if not 1 <= self.count <= ACTIONS_MAX:
            raise BatchTooLarge(self.count)

    def stamp(self) -> None:
        """Puts all actions in line."""
        self._begun = self._sequencer.timer()
        if self._strange is None:
            self._parts = list(self._stamped())
        else:
            self._parts = [self._aside(action) for action in self._strange]

    async def answer(self) -> bytes:
        """Waits until all actions are durable and done, and returns a SubmitOrdersResponse."""
        content = [await self._told(part) for part in self._parts]
        rows = [part.row.stages for part in self._parts if isinstance(part, Span)]
        if rows:
            timing = receipts.of(self._begun, rows).message()
            content.append(pb.SubmitOrdersResponse(timing=timing).SerializeToString())
        return b"".join(content)

    def _stamped(self) -> Iterator[Span | _Refused]:
        reader = self._orders.reader(self._message)
        while True:
            spans, aside = self._sequencer.read(reader)
            yield from spans
            if aside is None:
                return
            yield self._aside(self._message[aside[0] : aside[1]])

    def _aside(self, content: bytes) -> Span | _Refused:
        """Stamps one action the way that single requests go."""
        try:
            return self._sequencer.span(self._entry.act(parsed(pb.OrderAction, content)))
        except TickmeshError as error:
            return _Refused(error)

    async def _told(self, part: Span | _Refused) -> bytes:
        """Returns the results of a part once it is durable and done."""
        if isinstance(part, _Refused):
            return part.content
        outcome = await asyncio.shield(part.row.done)
        place, end = part.first - outcome.first, part.last - outcome.first + 1
        content = []
        while place < end:
            results, place = self._orders.results(outcome.applied, place, end)
            content.append(results)
            if place < end:
                content.append(await self._told_again(part.row, outcome, place))
                place += 1
        return b"".join(content)

    async def _told_again(self, row: Row, outcome: Outcome, place: int) -> bytes:
        """Returns the first answer to a client_order_id that came again."""
        try:
            report = await self._firsts.answer_again(row, outcome, place)
        except TickmeshError as error:
            return _Refused(error).content
        return _framed(result_message(report, outcome.first + place))


def _actions(message: bytes) -> list[bytes]:
    """Returns the bytes of each action of a message that is not plain. Fails with Malformed."""
    request = parsed(pb.SubmitOrdersRequest, message)
    return [action.SerializeToString() for action in request.actions]


def _framed(result: pb.ActionResult) -> bytes:
    """Returns a result as the only one of a response: several of them in a row are several results."""
    return pb.SubmitOrdersResponse(results=[result]).SerializeToString()
