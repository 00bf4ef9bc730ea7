"""Orders in instruments of both shards."""

import random

from tests.services.orders.desk import BUY, SELL, an_order
from tickmesh.orders.v1 import orders_pb2 as pb

FIRST, SECOND = ("AAPL", "TSLA"), ("MSFT", "BTC-USD")  # of each shard, when there are two


def random_orders(chance: random.Random, count: int) -> list[pb.SubmitOrderRequest]:
    """Returns orders that rest or trade, in instruments of both shards."""
    return [
        an_order(
            chance.choice((BUY, SELL)),
            str(chance.randint(1, 20)),
            f"100.{chance.randint(10, 30)}",
            symbol=chance.choice((*FIRST, *SECOND)),
            portfolio_id=chance.choice(("demo", "other")),
        )
        for _ in range(count)
    ]


def shard_of_id(text: str) -> int:
    """Returns which shard gave an id."""
    return int(text) >> 48
