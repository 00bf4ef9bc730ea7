"""/ws/trades/updates: execution reports, each exactly once and in order."""

import asyncio
from collections import deque
from typing import Any, cast

import grpc

from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.services.runtime.streams import Follower

from ..http.answers import to_value
from ..settings import GatewaySettings
from .backlogs import Complete, Update
from .counters import Counters
from .feeds import Feed

RECENT_MAX = 100

Report = orders_pb2.ExecutionReport


class ExecutionFeed(Feed):
    """The newest reports as a snapshot, then every one after them. With a token: no snapshot, it resumes."""

    def __init__(
        self,
        portfolio_id: str,
        token: str,
        orders: grpc.aio.Channel,
        counters: Counters,
        settings: GatewaySettings,
    ) -> None:
        super().__init__("trades/updates", counters, settings)
        self._portfolio_id = portfolio_id
        self._orders = orders_pb2_grpc.OrdersServiceStub(orders)
        self._token = token
        self._resumes = bool(token)
        self._recent: deque[Report] | None = None
        self._early: list[Report] = []
        self._begun = asyncio.Event()

    async def run(self) -> None:
        """Follows the reports. What came before is listed once the stream runs, so that none is missed."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            if not self._resumes:
                await self._begun.wait()
                await self._list()

    def snapshot(self) -> bytes | None:
        """Returns the newest reports, oldest first."""
        if self._recent is None:
            return None
        return self._body("snapshot", {"reports": [to_value(report) for report in self._recent]}, self._token)

    def backlog(self) -> Complete:
        """Returns a queue: no report is ever skipped."""
        return Complete(self._settings.websocket_queue_max)

    def mark(self, source: str, *, live: bool) -> None:
        """Notes also that the stream runs."""
        super().mark(source, live=live)
        if live:
            self._begun.set()

    async def _list(self) -> None:
        request = orders_pb2.ListExecutionsRequest(portfolio_id=self._portfolio_id, page_size=RECENT_MAX)
        listed = await self._orders.ListExecutions(request, timeout=self._settings.request_timeout_s)
        recent = deque(reversed(listed.executions), maxlen=RECENT_MAX)
        known = {report.execution_id for report in recent}
        recent.extend(report for report in self._early if report.execution_id not in known)
        self._recent = recent
        self._early.clear()
        first = self.snapshot()
        assert first is not None
        self.publish(Update(first))

    async def _follow(self) -> None:
        def open_call(token: str) -> Any:
            request = orders_pb2.StreamExecutionsRequest(portfolio_id=self._portfolio_id, resume_token=token)
            return self._orders.StreamExecutions(request)

        async for message in Follower(self.watched("executions", open_call), self._token, self.channel):
            response = cast(orders_pb2.StreamExecutionsResponse, message)
            self._token = response.resume_token
            if response.HasField("gap"):
                self.publish(Update(self._body("gap", to_value(response.gap), self._token)))
            if response.HasField("update"):
                self._take(list(response.update.reports))

    def _take(self, reports: list[Report]) -> None:
        if not self._resumes:
            if self._recent is None:
                self._early += reports
                return
            self._recent.extend(reports)
        data: dict[str, object] = {"reports": [to_value(report) for report in reports]}
        self.publish(Update(self._body("update", data, self._token)))
