"""`bench`: a short measurement of the running platform, through the public port like any client.

The orders rest far below the market in a portfolio of their own and are cancelled at the end, so that
nobody's position changes. Each answer comes after the commit of its journal row: the rates are durable.
"""

import asyncio
import math
import time
import uuid
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from . import place
from .command import OK, REFUSED, USAGE, Command, CommandError

if TYPE_CHECKING:
    from .session import Session

_BELOW_MARKET = Decimal("0.95")  # out of reach for the market, well inside the default price collar
_WINDOW = 4  # batches on their way at once
_BATCH_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Result:
    """What one way of sending orders reached."""

    name: str
    orders: int
    refused: int
    orders_per_second: int
    latency_ms: dict[str, float]  # of a call: one order, or one batch
    first_refusal: str = ""


def _configure(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--orders", metavar="N", type=int, default=500, help="sent one at a time; default 500")
    add("--batch-orders", metavar="N", type=int, default=20_000, help="sent in batches; default 20000")
    add("--batch-size", metavar="N", type=int, default=500, help="orders a batch, at most 1000; default 500")
    add("--symbol", type=str.upper, metavar="SYMBOL", default="AAPL", help="default AAPL")
    add("--portfolio", metavar="ID", default="bench", help="made when it is not there; default bench")
    place.add_client(parser)


def _bench(args: Namespace) -> int:
    if not (args.orders > 0 and args.batch_orders > 0 and 0 < args.batch_size <= _BATCH_MAX):
        raise CommandError(f"counts are positive, and --batch-size is at most {_BATCH_MAX}", USAGE)
    from . import session

    async def measure(connected: session.Session) -> int:
        await _open_portfolio(connected, args.portfolio)
        try:
            results = await _measure(connected, args)
        finally:
            await _cancel_all(connected, args.portfolio)
        _print(results, args)
        return REFUSED if any(result.refused for result in results) else OK

    return session.run(args, measure)


async def _measure(connected: "Session", args: Namespace) -> list[Result]:
    from rich.console import Console
    from rich.progress import Progress

    template = await _template(connected, args)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=args.json or not console.is_terminal) as bar:
        task = bar.add_task("measuring", total=args.orders + args.batch_orders)
        unary = await _one_at_a_time(connected, template, args.orders, lambda: bar.advance(task))
        await _cancel_all(connected, args.portfolio)
        batches = Batches(connected, template, args.batch_orders, args.batch_size)
        return [unary, await batches.measure(lambda count: bar.advance(task, count))]


async def _open_portfolio(connected: "Session", portfolio_id: str) -> None:
    import grpc

    from tickmesh.portfolio.v1 import portfolio_pb2 as pb

    from .session import TIMEOUT_S

    wanted = pb.Portfolio(portfolio_id=portfolio_id, desk_id="bench", name="measurements")
    try:
        await connected.portfolio.CreatePortfolio(
            pb.CreatePortfolioRequest(portfolio=wanted), timeout=TIMEOUT_S
        )
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
            raise


async def _cancel_all(connected: "Session", portfolio_id: str) -> None:
    from tickmesh.orders.v1 import orders_pb2 as pb

    from .session import TIMEOUT_S

    await connected.orders.MassCancel(pb.MassCancelRequest(portfolio_id=portfolio_id), timeout=TIMEOUT_S)


async def _template(connected: "Session", args: Namespace) -> Any:
    """Returns an order of one lot that rests well below the market."""
    from tickmesh.assets.v1 import assets_pb2
    from tickmesh.orders.v1 import orders_pb2 as pb

    from .session import TIMEOUT_S

    listed = await connected.assets.GetInstrument(
        assets_pb2.GetInstrumentRequest(symbol=args.symbol), timeout=TIMEOUT_S
    )
    book = await connected.orders.GetBook(pb.GetBookRequest(symbol=args.symbol, depth=1), timeout=TIMEOUT_S)
    market = Decimal(book.bids[0].price if book.bids else listed.reference_price)
    return pb.SubmitOrderRequest(
        portfolio_id=args.portfolio,
        symbol=args.symbol,
        side=pb.Order.BUY,
        order_type=pb.Order.LIMIT,
        time_in_force=pb.Order.GTC,
        post_only=True,
        price=price_below(market, Decimal(listed.price_increment)),
        quantity=_quantity(listed),
    )


def price_below(market: Decimal, increment: Decimal) -> str:
    """Returns a price five percent below the market that is a multiple of the increment."""
    ticks = (market * _BELOW_MARKET / increment).to_integral_value(ROUND_FLOOR)
    return f"{max(Decimal(1), ticks) * increment:f}"


def _quantity(listed: Any) -> str:
    """Returns the least quantity that the instrument's minimum notional allows at that price, with room."""
    lot = Decimal(listed.quantity_increment)
    value = Decimal(listed.reference_price) * Decimal(listed.multiplier or "1") * lot / 2
    lots = max(1, math.ceil(Decimal(listed.minimum_notional or "0") / value)) if value else 1
    return f"{lots * lot:f}"


def _numbered(template: Any, run_id: str, number: int) -> Any:
    order = type(template)()
    order.CopyFrom(template)
    order.client_order_id = f"bench-{run_id}-{number}"
    return order


async def _one_at_a_time(connected: "Session", template: Any, count: int, advance: Any) -> Result:
    """Sends an order, waits for its answer, sends the next: what one impatient client feels."""
    import grpc

    from ..runtime.errors import describe
    from .session import TIMEOUT_S

    run_id, latencies_ms, refusals = uuid.uuid4().hex[:12], [], []
    began_s = time.perf_counter()
    for number in range(count):
        order = _numbered(template, run_id, number)
        sent_s = time.perf_counter()
        try:
            await connected.orders.SubmitOrder(order, timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise
            refusals.append(describe(error).reason)
        latencies_ms.append((time.perf_counter() - sent_s) * 1_000)
        advance()
    return _result("one at a time", count, refusals, time.perf_counter() - began_s, latencies_ms)


class Batches:
    """Sends orders in batches on one stream, a few batches ahead of the answers."""

    def __init__(self, connected: "Session", template: Any, count: int, size: int) -> None:
        self._connected = connected
        self._template = template
        self._starts = range(0, count, size)
        self._count = count
        self._size = size
        self._room = asyncio.Semaphore(_WINDOW)
        self._sent_s: list[float] = []

    async def measure(self, advance: Any) -> Result:
        """Returns the durable rate, and how long a batch takes."""
        requests = self._make()  # beforehand: it is the platform that is measured, not protobuf
        latencies_ms: list[float] = []
        refusals: list[str] = []
        began_s = time.perf_counter()
        async for response in self._connected.orders.SubmitOrders(self._send(requests)):
            latencies_ms.append((time.perf_counter() - self._sent_s[len(latencies_ms)]) * 1_000)
            refusals += [result.reason for result in response.results if result.reason]
            self._room.release()
            advance(len(response.results))
        seconds = time.perf_counter() - began_s
        return _result(f"batches of {self._size}", self._count, refusals, seconds, latencies_ms)

    def _make(self) -> list[Any]:
        from tickmesh.orders.v1 import orders_pb2 as pb

        run_id, requests = uuid.uuid4().hex[:12], []
        for start in self._starts:
            numbers = range(start, min(start + self._size, self._count))
            actions = [pb.OrderAction(submit=_numbered(self._template, run_id, number)) for number in numbers]
            requests.append(pb.SubmitOrdersRequest(actions=actions))
        return requests

    async def _send(self, requests: list[Any]) -> AsyncIterator[Any]:
        for request in requests:
            await self._room.acquire()
            self._sent_s.append(time.perf_counter())
            yield request


def _result(name: str, count: int, refusals: list[str], seconds: float, latencies_ms: list[float]) -> Result:
    accepted_per_second = round((count - len(refusals)) / seconds)
    points = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    latency_ms = {label: round(quantile(latencies_ms, part), 3) for label, part in points.items()}
    return Result(
        name, count, len(refusals), accepted_per_second, latency_ms, refusals[0] if refusals else ""
    )


def quantile(values: Sequence[float], part: float) -> float:
    """Returns the least value that at least this part of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else 0.0


def _print(results: list[Result], args: Namespace) -> None:
    from . import output

    if args.json:
        output.print_json({"symbol": args.symbol, "results": [asdict(result) for result in results]})
        return
    titles = ("orders", "count", "refused", "orders/s", "p50 ms", "p99 ms", "max ms", "first refusal")
    rows = [
        (
            result.name,
            f"{result.orders:,}",
            f"{result.refused:,}",
            f"{result.orders_per_second:,}",
            *(f"{value:.2f}" for value in result.latency_ms.values()),
            result.first_refusal,
        )
        for result in results
    ]
    output.print_table(titles, rows, titles[1:-1])
    print("each answer comes after its commit; a batch's time is that of the whole batch")


COMMANDS = {"bench": Command(_configure, _bench, "  tickmesh bench\n  tickmesh bench --symbol BTCUSD --json")}
