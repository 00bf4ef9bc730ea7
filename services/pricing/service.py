"""Puts the pricing service together."""

from tickmesh.pricing.v1.pricing_pb2_grpc import add_PricingServiceServicer_to_server

from ..runtime.host import Host
from ..runtime.settings import load
from .domain.bars import BarBook
from .domain.listings import Listings
from .domain.market import Market
from .domain.ticklog import TickLog
from .feeds import Feeds, TickFeed
from .recorder import Recorder
from .servicer import PricingServicer
from .settings import PricingSettings
from .store import PricingStore
from .venue import Books, Executions, Instruments

MILLISECOND_NS = 1_000_000


async def start(host: Host) -> None:
    """Starts the service; it is healthy once it knows the instruments."""
    settings = load(PricingSettings)
    listings = Listings()
    bars = BarBook(listings, settings.pricing_bar_grace_ms * MILLISECOND_NS)
    log = TickLog(settings.pricing_tick_ring_rows)
    market = Market(listings, bars, log)
    store = PricingStore(await host.database("pricing"), market.listings)
    instruments = Instruments(market, host.channel("assets"))
    host.spawn(instruments.follow(), "pricing: instruments")
    await instruments.ready.wait()
    await _restore(market, store)
    recorder = Recorder(
        market,
        store,
        await store.progress(),
        settings.pricing_commit_ms / 1_000,
        settings.pricing_unsaved_rows_max,
    )
    feeds = Feeds(market, recorder, host.clock, settings.pricing_pace_ms / 1_000)
    ticks = TickFeed(log, settings.pricing_tick_message_rows, settings.pricing_tick_gather_ms / 1_000)
    future_ns = settings.pricing_future_ms * MILLISECOND_NS
    servicer = PricingServicer(market, store, recorder, feeds, ticks, host.clock, future_ns)
    host.serve(add_PricingServiceServicer_to_server, servicer)
    _follow(host, market, instruments, recorder, feeds, ticks)


async def _restore(market: Market, store: PricingStore) -> None:
    symbols = [listing.symbol for listing in market.listings.select([])]
    market.restore(await store.newest_bars(symbols), await store.last_trades(symbols))


def _follow(
    host: Host, market: Market, instruments: Instruments, recorder: Recorder, feeds: Feeds, ticks: TickFeed
) -> None:
    orders = host.channel("orders")
    books = Books(market, instruments, orders, ticks)
    executions = Executions(market, instruments, orders, recorder, ticks)
    host.spawn(recorder.run(), "pricing: recorder")
    host.spawn(feeds.run(), "pricing: feeds")
    host.spawn(books.follow(), "pricing: books")
    host.spawn(executions.follow(), "pricing: executions")
