"""`order`, `cancel` and `orders`: what may be done about an order."""

import uuid
from argparse import ArgumentParser, Namespace
from typing import Any

from . import moments, place
from .command import OK, REFUSED, USAGE, Command, CommandError

_TIMES_IN_FORCE = ("DAY", "GTC", "IOC", "FOK")
_STATUSES = ("NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "REJECTED", "EXPIRED")
_TITLES = (
    "order", "client order", "portfolio", "side", "symbol", "type", "tif", "quantity", "price",
    "filled", "average", "status", "reason", "time",
)  # fmt: skip
_NUMBERS = ("quantity", "price", "filled", "average")


def _configure_order(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("side", type=str.upper, choices=("BUY", "SELL"), metavar="buy|sell")
    add("symbol", type=str.upper, metavar="SYMBOL")
    add("quantity", metavar="QUANTITY")
    add(
        "price",
        nargs="*",
        metavar="@ PRICE",
        help="makes it a limit order; without, it takes the market's price",
    )
    add("--portfolio", metavar="ID", default="demo", help="whose order it is; default demo")
    add("--tif", type=str.upper, choices=_TIMES_IN_FORCE, help="default DAY with a price, IOC without")
    add("--post-only", action="store_true", help="refuse the order rather than trade at once")
    add("--id", metavar="CLIENT_ORDER_ID", default="", help="your id; the same id again does nothing twice")
    add("--strategy", metavar="ID", default="", help="which strategy of the portfolio sends it")
    place.add_client(parser)


def price_of(words: list[str]) -> str:
    """Returns the price in "@ 189.20" or "@189.20"; nothing for a market order. Fails with CommandError."""
    text = "".join(words)
    if not text:
        return ""
    if not text.startswith("@") or len(words) > 2 or len(text) == 1:
        raise CommandError(f"{' '.join(words)!r} is not a price such as @ 189.20", USAGE)
    return text[1:]


def _order_request(args: Namespace) -> Any:
    from tickmesh.orders.v1 import orders_pb2 as pb

    price = price_of(args.price)
    return pb.SubmitOrderRequest(
        client_order_id=args.id or f"cli-{uuid.uuid4().hex[:16]}",
        portfolio_id=args.portfolio,
        strategy_id=args.strategy,
        symbol=args.symbol,
        side=pb.Order.Side.Value(args.side),
        order_type=pb.Order.LIMIT if price else pb.Order.MARKET,
        quantity=args.quantity,
        price=price,
        time_in_force=pb.Order.TimeInForce.Value(args.tif or "TIME_IN_FORCE_UNSPECIFIED"),
        post_only=args.post_only,
    )


def _order(args: Namespace) -> int:
    request = _order_request(args)
    from . import session

    async def submit(connected: session.Session) -> int:
        order = await connected.orders.SubmitOrder(request, timeout=session.TIMEOUT_S)
        return _show_one(args, order)

    return session.run(args, submit)


def _show_one(args: Namespace, order: Any) -> int:
    """Prints an order. One that was refused ends the command as a refusal."""
    from . import output

    if args.json:
        output.print_json(order)
    else:
        output.print_table(_TITLES, [_row(order)], _NUMBERS)
    is_rejected = order.status == type(order).REJECTED
    return REFUSED if is_rejected else OK


def _row(order: Any) -> tuple[str, ...]:
    from .output import clock_time

    kind = type(order)
    return (
        order.order_id,
        order.client_order_id,
        order.portfolio_id,
        kind.Side.Name(order.side),
        order.symbol,
        kind.OrderType.Name(order.order_type) + (" post-only" if order.post_only else ""),
        kind.TimeInForce.Name(order.time_in_force),
        order.quantity,
        order.price,
        order.cum_quantity,
        order.average_price,
        kind.Status.Name(order.status),
        order.reason,
        clock_time(order.update_time),
    )


def _configure_cancel(parser: ArgumentParser) -> None:
    parser.add_argument("order_id", nargs="?", default="", metavar="ORDER_ID")
    parser.add_argument("--portfolio", metavar="ID", default="", help="whose order it is")
    parser.add_argument(
        "--id", metavar="CLIENT_ORDER_ID", default="", help="your id of it; needs --portfolio"
    )
    place.add_client(parser)


def _cancel(args: Namespace) -> int:
    if bool(args.order_id) == bool(args.id):
        raise CommandError("name the order by ORDER_ID, or by --portfolio and --id", USAGE)
    if args.id and not args.portfolio:
        raise CommandError("--id needs --portfolio: a client order id is unique in its portfolio only", USAGE)
    from tickmesh.orders.v1 import orders_pb2 as pb

    from . import session

    request = pb.CancelOrderRequest(
        order_id=args.order_id, portfolio_id=args.portfolio, client_order_id=args.id
    )

    async def cancel(connected: session.Session) -> int:
        order = await connected.orders.CancelOrder(request, timeout=session.TIMEOUT_S)
        return _show_one(args, order)

    return session.run(args, cancel)


def _configure_orders(parser: ArgumentParser) -> None:
    parser.add_argument("--portfolio", metavar="ID", default="", help="only this one's; default all")
    parser.add_argument(
        "--symbol", type=str.upper, metavar="SYMBOL", default="", help="only this instrument's"
    )
    parser.add_argument("--status", type=str.upper, choices=_STATUSES, help="only those in this state")
    parser.add_argument("--open", action="store_true", help="only those that may still trade")
    parser.add_argument("--limit", metavar="N", type=int, default=50, help="how many at most; default 50")
    moments.add_as_of(parser)
    place.add_client(parser)


def _orders(args: Namespace) -> int:
    from tickmesh.orders.v1 import orders_pb2 as pb

    from . import output, session

    request = pb.ListOrdersRequest(
        portfolio_id=args.portfolio,
        symbol=args.symbol,
        open_only=args.open,
        status=pb.Order.Status.Value(args.status or "STATUS_UNSPECIFIED"),
    )
    moments.set_as_of(request, args)

    async def show(connected: session.Session) -> int:
        listed = await session.everything(connected.orders.ListOrders, request, max(1, args.limit))
        if args.json:
            output.print_json(listed)
        else:
            output.print_table(_TITLES, map(_row, listed.orders), _NUMBERS)
        return OK

    return session.run(args, show)


COMMANDS = {
    "order": Command(
        _configure_order,
        _order,
        """  tickmesh order buy AAPL 100 @ 189.20
  tickmesh order sell BTCUSD 0.5 --portfolio demo          at the market's price
  tickmesh order buy AAPL 100 @ 189.20 --tif GTC --post-only --id my-1""",
    ),
    "cancel": Command(
        _configure_cancel, _cancel, "  tickmesh cancel 1042\n  tickmesh cancel --portfolio demo --id my-1"
    ),
    "orders": Command(
        _configure_orders,
        _orders,
        "  tickmesh orders --portfolio demo --open\n  tickmesh orders --status FILLED --json\n"
        "  tickmesh orders --open --as-of 2026-11-21T10:00:00Z",
    ),
}
