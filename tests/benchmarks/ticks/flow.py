"""The ticks that are published: a random walk of some instruments, one trade in twenty rows."""

import numpy as np

from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.services.pricing.domain.ticks import Kind, Ticks, to_bytes

TRADE_SHARE = 0.05


def symbols(count: int) -> list[str]:
    """Returns the names of the instruments that the benchmark lists and publishes."""
    return [f"TICK-{number:04}" for number in range(count)]


class Flow:
    """Makes batches of so many rows, alike but for their times."""

    def __init__(self, symbol_count: int, row_count: int) -> None:
        random = np.random.default_rng(7)
        self._names = symbols(symbol_count)
        self._instrument = random.integers(0, symbol_count, row_count, np.uint32)
        is_trade = random.random(row_count) < TRADE_SHARE
        kinds = np.where(is_trade, random.integers(3, 5, row_count), random.integers(1, 3, row_count))
        self._kind = kinds.astype(np.uint8)
        self._price = 10_000 + random.integers(-1, 2, row_count).cumsum()
        self._lots = random.integers(1, 100, row_count)
        self._traded = kinds >= Kind.TRADE_BUY

    @property
    def trade_count(self) -> int:
        """Returns how many rows of a batch are trades."""
        return int(self._traded.sum())

    @property
    def traded_lots(self) -> int:
        """Returns how much trades in a batch."""
        return int(self._lots[self._traded].sum())

    def batch(self, due_ns: int, *, names: bool) -> pb.PublishTicksRequest:
        """Returns a batch that is due at a moment, behind the table of instruments where it is wanted."""
        times = np.full(len(self._kind), due_ns)
        ticks = Ticks(self._instrument, self._kind, self._price, self._lots, times)
        index, kind, price, lots, time_ns = to_bytes(ticks)
        table = enumerate(self._names) if names else ()
        return pb.PublishTicksRequest(
            ticks=pb.TickColumns(
                instruments=[pb.TickInstrument(index=index, symbol=symbol) for index, symbol in table],
                instrument_index=index,
                kind=kind,
                price_ticks=price,
                quantity_lots=lots,
                time_ns=time_ns,
            )
        )
