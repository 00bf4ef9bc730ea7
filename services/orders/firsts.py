"""The first answer to a client_order_id that comes again: from memory, or later from the tables."""

import numpy as np

from ..runtime.errors import AlreadyExists, FieldViolation
from .domain.orders import Report
from .domain.venue import Outcome, Venue
from .queries import Queries
from .sequencer import Row
from .streams import Executions


class ClientOrderIdReused(AlreadyExists):
    """A client_order_id whose 64-bit key another id has."""

    reason = "CLIENT_ORDER_ID_REUSED"


class Firsts:
    """Finds what an order was answered when it came."""

    def __init__(self, venue: Venue, executions: Executions, queries: Queries) -> None:
        self._venue = venue
        self._executions = executions
        self._queries = queries

    async def answer_again(self, row: Row, outcome: Outcome, place: int) -> Report:
        """Returns the first answer to the client_order_id of a command that came again."""
        portfolio_id = self._venue.tree.by_index[outcome.commands[place]["node"]].portfolio_id
        client_order_id = row.notes.split(b"\0")[place].decode()
        order_id = int(outcome.applied.answers[place]["first_order"])
        return await self.answer(order_id, portfolio_id, client_order_id)

    async def answer(self, order_id: int, portfolio_id: str, client_order_id: str) -> Report:
        """Returns the first answer to a client_order_id. Fails with ClientOrderIdReused."""
        report = self._recent(order_id) or await self._queries.first_answer(order_id)
        ticket = report.ticket
        if (ticket.node.portfolio_id, ticket.client_order_id) != (portfolio_id, client_order_id):
            problem = "its key collides with that of an earlier order; use another id"
            raise ClientOrderIdReused(problem, fields=[FieldViolation("client_order_id", problem)])
        return report

    def _recent(self, order_id: int) -> Report | None:
        """Returns the last report of the command that made an order, when it is still in memory."""
        reports = self._executions.of_command(order_id)
        if reports is None:
            return None
        own = np.flatnonzero((reports["order"] == order_id) & (reports["command"] == order_id))
        return self._venue.report(reports[own[-1]]) if len(own) else None
