"""What the ledger costs: nanoseconds a command to take in, a byte to save, and to restore.

    python -m tests.native.venue.ledger_speed

Each flow first fills the book with resting orders; then as many come as are cancelled, and a tenth trades.
Medians over rows; the engine is not counted.
"""

from collections.abc import Iterator
from random import Random
from statistics import median
from time import perf_counter_ns

import numpy as np

from tests.native.venue.ledger import ANSWER, REPORT, Ledger
from tickmesh.native._engine import ffi, lib
from tickmesh.native.engine import NONE, ORDER_STRUCT, CommandType, Engine, EngineConfig, EventType

ROW = 1_000
ROWS = 300
KEPT = 9
FLOWS = (1_000, 100_000, 500_000)  # resting orders
BASE = 10_000


class Flow:
    """Rows of plain orders, cancels and orders that trade."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.sequence = 0
        self.resting: list[int] = []

    def pack(self, kind: int, target: int = 0, price: int = 0, quantity: int = 0, **more: int) -> bytes:
        self.sequence += 1
        place = (more.get("instrument", 0), more.get("node", 0), kind)
        form = (more.get("side", 0), more.get("sort", 0), more.get("tif", 0), 0, 0, 0, 0)
        key = self.random.getrandbits(63) | 1 if kind == CommandType.NEW_ORDER else 0
        return ORDER_STRUCT.pack(self.sequence, self.sequence, key, target, price, quantity, *place, *form)

    def stage(self) -> Iterator[bytes]:
        yield self.pack(CommandType.LIST_INSTRUMENT, price=BASE, quantity=1_000)
        yield self.pack(CommandType.ADD_NODE, target=NONE)

    def order(self) -> bytes:
        side = self.random.choice((1, 2))
        price = BASE + self.random.randint(1, 900) * (1 if side == 2 else -1)
        self.resting.append(self.sequence + 1)
        return self.pack(CommandType.NEW_ORDER, 0, price, 10, side=side, sort=2, tif=1)

    def cancel(self) -> bytes:
        place = self.random.randrange(len(self.resting))
        self.resting[place], self.resting[-1] = self.resting[-1], self.resting[place]
        return self.pack(CommandType.CANCEL_ORDER, target=self.resting.pop())

    def trade(self) -> bytes:
        side = self.random.choice((1, 2))
        price = BASE + 950 * (1 if side == 1 else -1)
        return self.pack(CommandType.NEW_ORDER, 0, price, 7, side=side, sort=2, tif=3)

    def row(self) -> bytes:
        pick = self.random.random
        makers = (self.order, self.cancel, self.trade)
        return b"".join(makers[(roll > 0.45) + (roll > 0.9)]() for roll in (pick() for _ in range(ROW)))


class Meter:
    """An engine and the ledger behind it."""

    def __init__(self, orders: int) -> None:
        self.engine = Engine(EngineConfig(orders=orders, client_keys=4_194_304))
        self.ledger = Ledger(orders)
        self.reports, self.answers = np.zeros(ROW * 8, REPORT), np.zeros(ROW, ANSWER)
        self.told = 0
        self.events = 0

    def take(self, payload: bytes) -> int:
        """Runs a row; returns the nanoseconds that the ledger took."""
        commands = np.frombuffer(payload, "V64")
        events = self.engine.process(payload)
        is_order = np.frombuffer(payload, "u1").reshape(-1, 64)[:, 56] == CommandType.NEW_ORDER
        notes = b"".join(b"9b1deb4d-3b7d-4bad\0" if order else b"\0" for order in is_order)
        buffers = (
            ffi.from_buffer("struct command[]", payload),
            len(commands),
            ffi.from_buffer("char[]", notes),
            len(notes),
            ffi.from_buffer("struct event[]", events),
            len(events),
            ffi.from_buffer("struct report[]", self.reports),
            ffi.from_buffer("struct answer[]", self.answers),
        )
        start = perf_counter_ns()
        told = lib.venue_apply(self.ledger.venue, *buffers)
        took = perf_counter_ns() - start
        assert told >= 0
        self.told += told
        self.events += int((events["type"] != EventType.BOOK_LEVEL).sum())
        return took


def measure(resting: int) -> None:
    meter, flow = Meter(2 * resting + ROW), Flow(1)
    meter.take(b"".join(flow.stage()))
    for _ in range(resting // ROW):
        meter.take(b"".join(flow.order() for _ in range(ROW)))
    meter.told = 0
    took = [meter.take(flow.row()) / ROW for _ in range(ROWS)]
    told = meter.told / ROWS / ROW
    saving, restoring, size = keep(meter.ledger, 2 * resting + ROW)
    print(
        f"{meter.ledger.orders():8} live: {median(took):5.0f} ns a command of {told:.2f} reports; "
        f"{size // 1000:6} kB saved at {saving:.2f} and restored at {restoring:.2f} ns a byte"
    )


def keep(ledger: Ledger, orders: int) -> tuple[float, float, int]:
    """Returns what saving and restoring cost a byte, and the bytes. The memory has been written to before."""
    size = lib.venue_save(ledger.venue, ffi.NULL, 0)
    place = ffi.new("char[]", size)
    saving, restoring = [], []
    for _ in range(KEPT):
        start = perf_counter_ns()
        lib.venue_save(ledger.venue, place, size)
        saving.append((perf_counter_ns() - start) / size)
        fresh = Ledger(orders)
        start = perf_counter_ns()
        assert lib.venue_restore(fresh.venue, place, size)
        restoring.append((perf_counter_ns() - start) / size)
    return median(saving), median(restoring), size


if __name__ == "__main__":
    for resting in FLOWS:
        measure(resting)
