"""The orders that are sent: four of five rest within two dollars of the reference, one takes.

Every order is a new one, and the fifth takes as much as one of the others brought. So a book grows by three
orders for every five, and one order in five makes trade reports besides its own.
"""

from collections.abc import Sequence
from functools import lru_cache

from tickmesh.orders.v1 import orders_pb2 as pb

SYMBOL = "AAPL"
REFERENCE_CENTS = 18_920
PORTFOLIO = "bench-0000"  # stands for any of the same length, see `of_portfolio`


def order(number: int, symbol: str = SYMBOL) -> pb.SubmitOrderRequest:
    """Returns an order; its number makes its client_order_id."""
    takes = number % 5 == 4
    buys = (number % 2 == 0) != takes
    cents = REFERENCE_CENTS + (1 if buys == takes else -1) * (1 + number * 7 % 200)
    return pb.SubmitOrderRequest(
        client_order_id=f"order-{number:08d}",
        portfolio_id=PORTFOLIO,
        symbol=symbol,
        side=pb.Order.BUY if buys else pb.Order.SELL,
        order_type=pb.Order.LIMIT,
        quantity=str(1 + number // 5 % 7),
        price=f"{cents // 100}.{cents % 100:02d}",
        time_in_force=pb.Order.IOC if takes else pb.Order.GTC,
    )


def message(first: int, size: int, symbols: Sequence[str] = (SYMBOL,)) -> pb.SubmitOrdersRequest:
    """Returns a message of orders; runs of five go to one instrument after the other."""
    numbers = range(first, first + size)
    orders = (order(number, symbols[number // 5 % len(symbols)]) for number in numbers)
    return pb.SubmitOrdersRequest(actions=[pb.OrderAction(submit=each) for each in orders])


@lru_cache(4)
def messages(count: int, size: int, symbols: tuple[str, ...] = (SYMBOL,)) -> list[bytes]:
    """Returns messages as bytes, of orders that are all different."""
    return [message(number * size, size, symbols).SerializeToString() for number in range(count)]


def of_portfolio(made: Sequence[bytes], number: int) -> list[bytes]:
    """Returns the same messages of another portfolio: its name is as long, so nothing else changes."""
    mine = portfolio(number).encode()
    return [content.replace(PORTFOLIO.encode(), mine) for content in made]


def portfolio(number: int) -> str:
    """Returns the name of a portfolio."""
    return f"bench-{number:04d}"
