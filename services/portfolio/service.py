"""Puts the portfolio service together on a host."""

import asyncio

from tickmesh.portfolio.v1 import portfolio_pb2_grpc

from ..runtime import settings as runtime_settings
from ..runtime.host import Host
from ..runtime.streams import Hub
from .domain.ledger import Ledger
from .domain.portfolios import DEFAULT_CURRENCY, PortfolioRecord
from .domain.positions import PositionKey
from .followers import Accounts, ExecutionFollower, follow_instruments, follow_quotes
from .servicer import PortfolioServicer
from .settings import PortfolioSettings
from .store import PortfolioStore


async def start(host: Host) -> None:
    """Loads what is stored, serves it, and follows executions, quotes and instruments from there on."""
    settings = runtime_settings.load(PortfolioSettings)
    store = PortfolioStore(await host.database("portfolio"))
    await store.add_defaults(_defaults(settings, host.clock()))
    ledger, token = await _load(store)
    hub: Hub[PositionKey] = Hub(settings.portfolio_stream_kept)
    orders = host.channel("orders")
    accounts = Accounts(orders, settings.portfolio_call_timeout_s)
    pace_s = settings.portfolio_pace_ms / 1_000
    servicer = PortfolioServicer(ledger, store, hub, accounts, host.clock, pace_s)
    host.serve(portfolio_pb2_grpc.add_PortfolioServiceServicer_to_server, servicer)
    host.spawn(ExecutionFollower(orders, store, ledger, hub, token).run(), "portfolio-executions")
    host.spawn(follow_quotes(host.channel("pricing"), ledger, hub), "portfolio-quotes")
    host.spawn(follow_instruments(host.channel("assets"), ledger, hub), "portfolio-instruments")
    known = host.spawn(accounts.open_again_until_known(ledger.portfolios()), "portfolio-accounts")
    await asyncio.wait([known], timeout=settings.portfolio_ready_wait_s)


def _defaults(settings: PortfolioSettings, now_ns: int) -> list[PortfolioRecord]:
    pairs = settings.default_portfolios()
    return [PortfolioRecord(each, desk, each, DEFAULT_CURRENCY, now_ns) for each, desk in pairs]


async def _load(store: PortfolioStore) -> tuple[Ledger, str]:
    ledger = Ledger()
    for record in await store.portfolios():
        ledger.open(record)
    token, counted = await store.progress()
    ledger.adopt(counted)
    return ledger, token
