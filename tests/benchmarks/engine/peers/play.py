"""Plays a flow into one peer and prints what it managed. Runs in the environment that the peers are in.

build/peers/bin/python tests/benchmarks/engine/peers/play.py NAME FLOW FILL_SECONDS SECONDS
"""

import importlib
import json
import sys
import time
from array import array
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
sys.path = [*(path for path in sys.path if Path(path or ".").resolve() != FOLDER), str(FOLDER.parent)]

COLUMNS = 9
CHUNK = 256
ADD, CANCEL, MOVE, REDUCE, TAKE = range(5)
Call = tuple[Any, tuple[Any, ...]]


def call_of(book: Any, row: tuple[int, ...]) -> Call | None:
    """Returns a command as a call, its arguments as the peer wants them; None when it cannot do it."""
    action, order, side_number, ticks, total, leaves, cut, account, _ = row
    key, side, price = book.key(order), book.sides[side_number], book.price(ticks)
    if action == CANCEL:
        return book.cancel, (key, account)
    if action == MOVE:
        return book.move, (key, side, price, book.quantity(leaves), account)
    if action == REDUCE:
        lots = [book.quantity(number) for number in (leaves, total, cut)]
        return book.reduce, (key, side, price, lots[0], account, lots[1], lots[2])
    way = book.add if action == ADD else book.take
    if way is None:
        return None
    return way, (key, side, price, book.quantity(total), account)


def play(calls: list[Call], seconds: float) -> tuple[int, int, float]:
    """Returns how many calls were made within the time, how many of them failed, and CPU seconds."""
    failed = done = 0
    began_s = time.process_time()
    spent_s = 0.0
    while done < len(calls) and spent_s < seconds:
        for call, arguments in calls[done : done + CHUNK]:
            try:
                call(*arguments)
            except Exception:
                failed += 1
        done = min(done + CHUNK, len(calls))
        spent_s = time.process_time() - began_s
    return done, failed, spent_s


def measure(name: str, flow: Path, fill_seconds: float, seconds: float) -> dict[str, Any]:
    """Returns a peer's figures, or how far it came in filling the book."""
    numbers = array("q")
    numbers.frombytes(flow.read_bytes())
    filled, first = numbers[0], numbers[1]
    rows = list(zip(*(numbers[2 + column :: COLUMNS] for column in range(COLUMNS)), strict=True))
    module = importlib.import_module(f"peers.{name}")
    book = module.Book()
    result = {"peer": book.package, "version": version(book.package), "licence": book.licence}
    try:
        filling = [call for row in rows[:first] if (call := call_of(book, row))]
        calls = [call for row in rows[first:] if (call := call_of(book, row))]
        done, failed, spent_s = play(filling, fill_seconds)
        if done < len(filling):
            return result | {"filled": done, "asked": filled}
        before = book.lots()
        done, more_failed, spent_s = play(calls, seconds)
        result |= {"resting": filled, "commands": done, "commands_per_second": round(done / spent_s)}
        result |= {"failed": failed + more_failed, "left_out": book.left_out}
        if before is not None:
            last, earlier = rows[first + done - 1][-1], rows[first - 1][-1]
            result["lots_as_ours"] = book.lots() - before == last - earlier
    finally:
        book.close()
    return result


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))))
