"""A client that floods orders on one stream and never gives up: what is not answered is sent again."""

import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import grpc

from tests.end_to_end.clients import GrpcClient, Value
from tests.end_to_end.waiting import until

BUYER, SELLER, SYMBOL = "flood-buyer", "flood-seller", "AMZN"
BATCH = 20
WINDOW = 4  # batches on the way at one time
PACE_S = 0.05


class Flood:
    """Pairs of orders that mostly trade with each other, and every answer that came."""

    def __init__(self, address: str, token: str, price: str) -> None:
        self.answers: dict[str, Value] = {}  # by client_order_id
        self.reconnects = 0
        self._address, self._token, self._price = address, token, price
        self._unanswered: deque[Value] = deque()
        self._random = random.Random(7)
        self._number = 0
        self._flows = threading.Event()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="flood", daemon=True)
        self._thread.start()

    def flow(self) -> None:
        """Goes on sending."""
        self._flows.set()

    def pause(self) -> None:
        """Sends nothing new and waits until everything is answered."""
        self._flows.clear()
        until(lambda: not self._unanswered, within_s=60.0)

    def wait_for_more(self, count: int = 10 * BATCH) -> None:
        """Waits until so many more orders are answered."""
        wanted = len(self.answers) + count
        until(lambda: len(self.answers) >= wanted, within_s=60.0)

    def end(self) -> None:
        self._ends = True
        self._thread.join(10.0)

    def _run(self) -> None:
        while not self._ends:
            client = GrpcClient(self._address, self._token)
            try:
                for answer in client.exchange("OrdersService.SubmitOrders", self._requests(), None):
                    self._note(answer["results"])
            except grpc.RpcError:
                self.reconnects += 1
                time.sleep(0.1)
            finally:
                client.close()

    def _note(self, results: list[Value]) -> None:
        names = [action["submit"]["client_order_id"] for action in self._unanswered[0]["actions"]]
        self.answers.update(zip(names, results, strict=True))
        self._unanswered.popleft()

    def _requests(self) -> Iterator[Value]:
        """Yields first what an earlier stream left unanswered, with the same ids, then new batches."""
        mine = object()
        self._current = mine
        yield from list(self._unanswered)
        while not self._ends and self._current is mine:
            time.sleep(PACE_S)
            if self._flows.is_set() and len(self._unanswered) < WINDOW and self._current is mine:
                batch = {"actions": [self._action() for _ in range(BATCH)]}
                self._unanswered.append(batch)
                yield batch

    def _action(self) -> Value:
        self._number += 1
        is_buy = self._number % 2 == 1
        order: dict[str, Any] = {
            "client_order_id": f"flood-{self._number}",
            "portfolio_id": BUYER if is_buy else SELLER,
            "symbol": SYMBOL,
            "side": "BUY" if is_buy else "SELL",
            "order_type": "LIMIT",
            "quantity": str(self._random.randint(1, 9)),
            "price": self._price,
            "time_in_force": "GTC",
        }
        return {"submit": order}
