"""PortfolioService: protobuf in, protobuf out."""

import asyncio
from collections.abc import AsyncIterator, Callable

from tickmesh.portfolio.v1 import portfolio_pb2 as pb
from tickmesh.portfolio.v1 import portfolio_pb2_grpc

from ..runtime import as_of, paging
from ..runtime.server import Context
from ..runtime.streams import Hub, respond
from .domain.ledger import Ledger
from .domain.positions import PositionKey
from .domain.valuation import Worth
from .followers import Accounts
from .store import Chosen, PortfolioStore
from .wire import NO_SUMS, portfolio_message, portfolio_record, position_message


class PortfolioServicer(portfolio_pb2_grpc.PortfolioServiceServicer):
    """Speaks protobuf outwards and domain types inwards."""

    def __init__(
        self,
        ledger: Ledger,
        store: PortfolioStore,
        hub: Hub[PositionKey],
        accounts: Accounts,
        clock: Callable[[], int],
        pace_s: float,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._hub = hub
        self._accounts = accounts
        self._clock = clock
        self._pace_s = pace_s
        self._creating = asyncio.Lock()

    async def CreatePortfolio(self, request: pb.CreatePortfolioRequest, context: Context) -> pb.Portfolio:
        """Opens a portfolio: first at orders, then here. A crash in between leaves nothing to undo."""
        return await asyncio.shield(self._create(request))  # a client that leaves must not stop it halfway

    async def _create(self, request: pb.CreatePortfolioRequest) -> pb.Portfolio:
        record = portfolio_record(request.portfolio, self._clock())
        async with self._creating:
            if not self._ledger.has_portfolio(record.portfolio_id):
                await self._accounts.open([record])
            answer = await self._store.create(request, record, lambda: portfolio_message(record, NO_SUMS))
            self._ledger.open(portfolio_record(answer, record.create_time_ns))
        return answer

    async def GetPortfolio(self, request: pb.GetPortfolioRequest, context: Context) -> pb.Portfolio:
        """Returns a portfolio with its sums."""
        record = self._ledger.portfolio(request.portfolio_id)
        return portfolio_message(record, self._ledger.sums(record.portfolio_id))

    async def ListPortfolios(
        self, request: pb.ListPortfoliosRequest, context: Context
    ) -> pb.ListPortfoliosResponse:
        """Lists portfolios by id."""
        limit = paging.page_limit(request.page_size)
        after = paging.decode(request.page_token, (str,))
        records = self._ledger.portfolios(str(after[0]) if after else "")
        page = [portfolio_message(each, self._ledger.sums(each.portfolio_id)) for each in records[:limit]]
        more = paging.encode(page[-1].portfolio_id) if len(records) > limit else ""
        return pb.ListPortfoliosResponse(portfolios=page, next_page_token=more)

    async def ListPositions(
        self, request: pb.ListPositionsRequest, context: Context
    ) -> pb.ListPositionsResponse:
        """Lists positions by portfolio and symbol."""
        limit, moment_ns = paging.page_limit(request.page_size), as_of.as_of_ns(request)
        token = as_of.decode(request.page_token, (str, str), moment_ns)
        after = None if token is None else PositionKey(str(token[0]), str(token[1]))
        if moment_ns is None:
            found = self._worths(request, after, limit + 1)
        else:
            found = await self._worths_at(request, moment_ns, after, limit + 1)
        shown = found[:limit]
        more = as_of.encode(moment_ns, *shown[-1].key) if len(found) > limit else ""
        return pb.ListPositionsResponse(positions=map(position_message, shown), next_page_token=more)

    def _worths(self, request: pb.ListPositionsRequest, after: PositionKey | None, count: int) -> list[Worth]:
        keys = self._ledger.keys(request.portfolio_id, request.symbol, request.open_only)
        rest = [key for key in keys if after is None or key > after]
        return [self._ledger.worth(key) for key in rest[:count]]

    async def _worths_at(
        self, request: pb.ListPositionsRequest, moment_ns: int, after: PositionKey | None, count: int
    ) -> list[Worth]:
        chosen = Chosen(request.portfolio_id, request.symbol, request.open_only)
        found = await self._store.holdings_at(moment_ns, chosen, after, count)
        return [self._ledger.unmarked(key, holding) for key, holding in found]

    async def StreamPositions(
        self, request: pb.StreamPositionsRequest, context: Context
    ) -> AsyncIterator[pb.StreamPositionsResponse]:
        """Sends all positions, then the newest state of each that changes."""
        wanted = request.portfolio_id
        events = self._hub.follow(
            request.resume_token,
            snapshot=lambda: self._ledger.keys(wanted),
            conflate=lambda key: key,
            select=lambda key: wanted in ("", key.portfolio_id),
            pace_s=self._pace_s,
        )
        responses = respond(
            events,
            pb.StreamPositionsResponse,
            update=lambda keys: pb.PositionUpdates(positions=map(self._position, keys)),
            snapshot=lambda keys: pb.PositionSnapshot(positions=map(self._position, keys)),
            clock=self._clock,
        )
        async for response in responses:
            yield response

    def _position(self, key: PositionKey) -> pb.Position:
        return position_message(self._ledger.worth(key))
