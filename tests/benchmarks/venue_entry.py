"""Measures the door in C: nanoseconds an action, from the bytes of a message to stamped commands.

python -m tests.benchmarks.venue_entry [rounds]
"""

import sys
from collections.abc import Callable
from statistics import median
from time import thread_time_ns
from typing import Any

from tests.native.venue.entry_row import Reading, Row, Stop, reading
from tests.native.venue.entry_wire import batch
from tests.native.venue.entry_world import the_listings, the_tree, the_venue
from tickmesh.native._engine import lib
from tickmesh.orders.v1 import orders_pb2 as pb

BATCH = 1_000
BATCHES = 100
ROUNDS = 20
Maker = Callable[[int], pb.OrderAction]


def a_limit_order(number: int) -> pb.OrderAction:
    return pb.OrderAction(
        submit=pb.SubmitOrderRequest(
            client_order_id=f"order-{number:08d}",
            portfolio_id="demo",
            strategy_id="mean-reversion",
            symbol="ACME",
            side=1 + number % 2,  # type: ignore[arg-type]
            order_type=pb.Order.LIMIT,
            quantity=str(1 + number % 500),
            price=f"{100 + number % 10}.{number % 100:02d}",
            time_in_force=pb.Order.GTC,
        )
    )


def a_market_order(number: int) -> pb.OrderAction:
    return pb.OrderAction(
        submit=pb.SubmitOrderRequest(
            client_order_id=f"{number:036d}",
            portfolio_id="demo",
            symbol="BTC-USD",
            side=pb.Order.BUY,
            order_type=pb.Order.MARKET,
            quantity=f"{1 + number % 20}.{number % 100_000_000:08d}",
        )
    )


def a_cancel(number: int) -> pb.OrderAction:
    return pb.OrderAction(cancel=pb.CancelOrderRequest(order_id=str(1_000_000 + number), portfolio_id="demo"))


def a_cancel_by_name(number: int) -> pb.OrderAction:
    return pb.OrderAction(
        cancel=pb.CancelOrderRequest(portfolio_id="demo", client_order_id=f"order-{number:08d}")
    )


def read_all(venue: Any, messages: list[Reading], row: Row) -> float:
    """Returns nanoseconds of CPU an action."""
    row.empty()
    start = thread_time_ns()
    for message in messages:
        message.cursor.offset = 0
        stop = row.read(venue, message)
        assert stop is Stop.DONE
    return (thread_time_ns() - start) / (BATCH * BATCHES)


def measure(make: Maker, rounds: int) -> list[float]:
    """Returns nanoseconds an action of each round; the orders that cancels name are on their way."""
    venue = the_venue(the_listings(), the_tree(), orders=1 << 18, waiting=1 << 18)
    for number in range(BATCH * BATCHES):
        name = f"order-{number:08d}".encode()
        lib.venue_note_key(venue, lib.venue_client_key(b"demo", 4, name, len(name)), number + 1)
    messages = [
        reading(batch([make(start + number).SerializeToString() for number in range(BATCH)]))
        for start in range(0, BATCH * BATCHES, BATCH)
    ]
    row = Row(BATCH * BATCHES, BATCH * BATCHES * 65)
    read_all(venue, messages, row)
    return [read_all(venue, messages, row) for _ in range(rounds)]


def main() -> None:
    """Measures and prints."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    for make in (a_limit_order, a_market_order, a_cancel, a_cancel_by_name):
        figures = measure(make, rounds)
        name = make.__name__.replace("_", " ")
        print(f"{name:18} {median(figures):6.0f} ns an action (least {min(figures):.0f})")


if __name__ == "__main__":
    main()
