"""Readers of the streams, random order flow, and what both must agree on."""

import asyncio
import random
from typing import Any

from tests.services.orders.desk import BUY, PORTFOLIOS, SELL, Desk, an_order, levels_of
from tickmesh.orders.v1 import orders_pb2 as pb


def random_batch(chance: random.Random, count: int) -> pb.SubmitOrdersRequest:
    """Returns orders around one price, cancels and replaces among them."""
    batch = pb.SubmitOrdersRequest()
    sent: list[pb.SubmitOrderRequest] = []
    for _ in range(count):
        kind = chance.random()
        if kind < 0.75 or not sent:
            sent.append(random_order(chance))
            batch.actions.add(submit=sent[-1])
            continue
        order = chance.choice(sent)
        mine = {"portfolio_id": order.portfolio_id, "client_order_id": order.client_order_id}
        if kind < 0.9:
            batch.actions.add(cancel=pb.CancelOrderRequest(**mine))
        else:
            quantity = str(chance.randint(1, 50))
            batch.actions.add(replace=pb.ReplaceOrderRequest(**mine, quantity=quantity))
    return batch


def random_order(chance: random.Random) -> pb.SubmitOrderRequest:
    """Returns an order that may rest, trade, or both."""
    market = chance.random() < 0.1
    return an_order(
        chance.choice([BUY, SELL]),
        str(chance.randint(1, 50)),
        "" if market else f"189.{chance.randint(10, 30)}",
        portfolio_id=chance.choice(PORTFOLIOS),
        time_in_force=0 if market else chance.choice([1, 1, 2, 3, 4]),
        post_only=False,
    )


async def what_is_known(desk: Desk) -> tuple[Any, ...]:
    """Returns where the engine stands, all orders and reports, and the book."""
    status = await desk.status()
    known = (status.state_hash, status.command_sequence, status.event_sequence, status.open_orders)
    book = await desk.book()
    return known, await desk.orders(), await desk.executions(), book


class Reader:
    """Collects the reports of one stream after another."""

    def __init__(self, desk: Desk, **chosen: Any) -> None:
        self.desk = desk
        self._chosen = chosen
        self.token = ""
        self.reports: list[pb.ExecutionReport] = []
        self.gaps = 0

    async def read(self, last: str, count_max: int | None = None) -> None:
        """Reads until the report with an id, until so many are here, or until nothing happens."""
        request = pb.StreamExecutionsRequest(
            resume_token=self.token, from_start=not self.token, **self._chosen
        )
        call = self.desk.stub.StreamExecutions(request)
        sequence = 0
        async with asyncio.timeout(30):
            async for response in call:
                sequence += 1
                assert response.sequence == sequence
                self.token = response.resume_token
                self.reports += response.update.reports
                self.gaps += response.HasField("gap")
                is_enough = count_max is not None and len(self.reports) >= count_max
                is_last = bool(self.reports) and self.reports[-1].execution_id == last
                if is_enough or is_last or response.HasField("heartbeat"):
                    break
        call.cancel()

    @property
    def ids(self) -> list[int]:
        return [int(report.execution_id) for report in self.reports]


class BookReader:
    """Rebuilds books from a stream of snapshots and changes."""

    def __init__(self) -> None:
        self.books: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self.commands: list[int] = []
        self.trades: list[pb.Trade] = []

    def take(self, response: pb.StreamBookResponse) -> None:
        """Takes in a response."""
        for book in response.snapshot.books:
            bids, asks = levels_of(book)
            self.books[book.symbol] = (
                {level[0]: level for level in bids},
                {level[0]: level for level in asks},
            )
        for update in response.update.updates:
            self.commands.append(update.command)
            self.trades += update.trades
            for mine, levels in zip(self.books[update.symbol], levels_of_update(update), strict=True):
                for level in levels:
                    mine[level[0]] = level
                    if level[1] == "0":
                        del mine[level[0]]

    def levels(self, symbol: str = "AAPL") -> tuple[list[Any], list[Any]]:
        """Returns bids and asks, best first."""
        bids, asks = self.books[symbol]
        return sorted(bids.values(), reverse=True), sorted(asks.values())


def levels_of_update(update: pb.BookUpdate) -> tuple[list[Any], list[Any]]:
    """Returns changed bids and asks."""
    return levels_of(pb.Book(bids=update.bids, asks=update.asks))
