"""Clients that follow executions, come back after every break with their last token, and keep count."""

import json
import threading
import time
from abc import ABC, abstractmethod

import grpc
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.end_to_end.clients import GrpcClient, Value


class Following(ABC):
    """A thread that follows for ever. `ids` are the executions in the order in which they came."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.gaps = 0
        self.reconnects = -1
        self.problems: list[str] = []
        self.has_begun = False  # something came: from then on nothing may be missed
        self._token = ""
        self._ends = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @abstractmethod
    def _follow(self) -> None:
        """Follows one connection until it breaks."""

    def end(self) -> None:
        self._ends = True
        self._thread.join(15.0)

    def _run(self) -> None:
        while not self._ends:
            self.reconnects += 1
            try:
                self._follow()
            except (grpc.RpcError, WebSocketException, OSError, EOFError):
                time.sleep(0.1)

    def _take(self, reports: list[Value]) -> None:
        self.ids += [int(report["execution_id"]) for report in reports]

    def _check(self, sequence: int, expected: int) -> None:
        self.has_begun = True
        if sequence != expected:
            self.problems.append(f"sequence {sequence} where {expected} was due")


class GrpcFollowing(Following):
    """Follows StreamExecutions from the first report on."""

    def __init__(self, address: str, token: str) -> None:
        self._address, self._bearer = address, token
        super().__init__()

    def _follow(self) -> None:
        client = GrpcClient(self._address, self._bearer)
        request = {"resume_token": self._token, "from_start": not self._token}
        try:
            stream = client.stream("OrdersService.StreamExecutions", request, None)
            for expected, response in enumerate(stream, start=1):
                self._check(int(response["sequence"]), expected)
                self._take(response.get("update", {}).get("reports", []))
                self.gaps += "gap" in response
                self._token = response["resume_token"]
                if self._ends:
                    return
        finally:
            client.close()


class WebSocketFollowing(Following):
    """Follows /ws/trades/updates."""

    def __init__(self, url: str, bearer: dict[str, str]) -> None:
        self._url, self._bearer = url, bearer
        super().__init__()

    def _follow(self) -> None:
        query = f"?resume_token={self._token}" if self._token else ""
        url = f"{self._url}/ws/trades/updates{query}"
        with connect(url, additional_headers=self._bearer, open_timeout=5) as connection:
            expected = 0
            while not self._ends:
                try:
                    frame = json.loads(connection.recv(timeout=1.0))
                except TimeoutError:
                    continue
                expected += 1
                self._check(frame["sequence"], expected)
                self._apply(frame)

    def _apply(self, frame: Value) -> None:
        self._take(frame.get("data", {}).get("reports", []))
        self.gaps += frame["type"] == "gap"
        self._token = frame.get("resume_token") or self._token
