"""Trades are counted once, also when the database goes away before or after it has them."""

from typing import Any

import pytest

from tests.services.portfolio.fakes import trade
from tickmesh.orders.v1 import orders_pb2
from tickmesh.services.portfolio import followers
from tickmesh.services.portfolio.domain.ledger import Counted, Ledger
from tickmesh.services.portfolio.domain.positions import PositionKey
from tickmesh.services.portfolio.followers import ExecutionFollower
from tickmesh.services.runtime.outages import DatabaseUnavailable
from tickmesh.services.runtime.streams import Hub

KEY = PositionKey("demo", "AAPL")


class Tables:
    """A store that goes away; `keeps` says of each failure whether what was begun is kept all the same."""

    def __init__(self, keeps: list[bool]) -> None:
        self.token = "before"
        self.recorded: list[Counted] = []
        self._keeps = keeps
        self._is_away = 0

    async def record(self, counted: Counted, token_before: str, token: str) -> None:
        keeps = self._keeps.pop(0) if self._keeps else None
        if keeps is not False:
            assert self.token == token_before
            self.token = token
            self.recorded.append(counted)
        if keeps is not None:
            self._is_away = 2
            raise DatabaseUnavailable

    async def progress(self) -> tuple[str, Counted]:
        if self._is_away:
            self._is_away -= 1
            raise DatabaseUnavailable
        return self.token, Counted({}, 0)


@pytest.mark.parametrize("keeps", [[], [False], [False, False], [True], [False, True]])
async def test_a_trade_counts_once_however_often_the_database_goes_away(
    monkeypatch: pytest.MonkeyPatch, keeps: list[bool]
) -> None:
    monkeypatch.setattr(followers, "RETRY_S", 0.0)
    tables, ledger = Tables(keeps), Ledger()
    channel: Any = type("Channel", (), {"__getattr__": lambda self, name: lambda *_, **__: None})()
    store: Any = tables
    follower = ExecutionFollower(channel, store, ledger, Hub(10), "before")
    response = orders_pb2.StreamExecutionsResponse(resume_token="after")
    response.update.reports.append(trade(1, "demo", "AAPL", "BUY", "10", "100"))
    await follower.count(response)
    assert (tables.token, len(tables.recorded)) == ("after", 1)
    assert tables.recorded[0].holdings[KEY].quantity == 10
    assert ledger.keys() == [KEY]
