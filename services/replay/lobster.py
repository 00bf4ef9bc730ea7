"""Reads recordings in the LOBSTER format: what happened to a book, and the book after each message.

A file is plain or gzip text. Prices are whole ten-thousandths of the currency, sizes are whole shares.
Everything is checked before anything is used: the first wrong line is named with its file and number.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

PRICE_UNITS = 10_000  # price units in one unit of the currency
EMPTY_PRICE = 9_999_999_999  # stands where there is no level: negative for a bid
_MESSAGE = re.compile(r"(\d{1,6})(?:\.(\d{1,15}))?,([1-7]),(-1|\d{1,18}),(\d{1,10}),(-1|\d{1,10}),(-1|1)")
_STATE = re.compile(r"(\d{1,10}),(\d{1,12}),(-?\d{1,10}),(\d{1,12})(?:,.*)?")
_COLUMNS = ("time", "type", "order id", "size", "price", "direction")
_DAY_S = 86_400


class ReplayError(Exception):
    """A recording that cannot be replayed. The message says where and why, in one line."""


class Kind(IntEnum):
    """What a message says."""

    SUBMIT = 1
    REDUCE = 2
    DELETE = 3
    EXECUTE = 4
    EXECUTE_HIDDEN = 5
    CROSS = 6
    HALT = 7


class Message(NamedTuple):
    """One line of a message file."""

    time_ns: int  # since midnight
    kind: int  # a Kind; a plain number, because there are many of them
    order_id: int
    size: int
    price: int
    direction: int  # of the resting order: 1 buy, -1 sell


class State(NamedTuple):
    """The best levels of a book. A side without orders has price and size 0."""

    ask_price: int
    ask_size: int
    bid_price: int
    bid_size: int


class Level(NamedTuple):
    """One occupied price level."""

    direction: int  # 1 bids, -1 asks
    price: int
    size: int


def read_messages(path: Path, limit: int | None = None) -> list[Message]:
    """Returns the messages of a file, in order. Fails with ReplayError for the first wrong line."""
    messages: list[Message] = []
    last_ns, submitted = 0, set[int]()
    for number, line in _lines(path, limit):
        message = _message(line) or _refuse_message(path, number, line)
        if message.time_ns < last_ns:
            raise _wrong(path, number, "the time is earlier than that of the line before")
        if message.kind == Kind.SUBMIT:
            if message.order_id in submitted:
                raise _wrong(path, number, f"order {message.order_id} was submitted before")
            submitted.add(message.order_id)
        last_ns = message.time_ns
        messages.append(message)
    if not messages:
        raise ReplayError(f"{path}: there is no message in it")
    return messages


def _message(line: str) -> Message | None:
    """Returns the message of a line, or nothing when anything is wrong with it."""
    found = _MESSAGE.fullmatch(line)
    if found is None:
        return None
    seconds, fraction, kind, order_id, size, price, direction = found.groups("")
    time_ns = int(seconds) * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
    message = Message(time_ns, int(kind), int(order_id), int(size), int(price), int(direction))
    return message if int(seconds) <= _DAY_S and _is_whole(message) else None


def _is_whole(message: Message) -> bool:
    """Says whether a message that touches the book has all that this takes."""
    if message.kind in (Kind.CROSS, Kind.HALT):
        return True
    return message.size > 0 and 0 < message.price < EMPTY_PRICE and message.order_id >= 0


def _refuse_message(path: Path, number: int, line: str) -> Message:
    raise _wrong(path, number, _problem(line.split(",")))


def _problem(fields: list[str]) -> str:
    """Says what is wrong with a line: there is something."""
    if len(fields) != len(_COLUMNS):
        return f"a message has {len(_COLUMNS)} columns, not {len(fields)}"
    good = ["1", "1", "1", "1", "1", "1"]
    for index, name in enumerate(_COLUMNS):
        if _message(",".join([*good[:index], fields[index], *good[index + 1 :]])) is None:
            return f"{fields[index][:40]!r} is no {name}"
    return "size, price and order id are more than zero unless trading halts"


def read_states(path: Path, limit: int | None = None) -> list[State]:
    """Returns the best levels after each message. Fails with ReplayError for the first wrong line."""
    states: list[State] = []
    columns = 0
    for number, line in _lines(path, limit):
        columns = columns or _column_count(path, line)
        found = _STATE.fullmatch(line)
        if found is None or line.count(",") + 1 != columns:
            raise _wrong(path, number, f"a book state is {columns} whole numbers: prices and sizes")
        ask, ask_size, bid, bid_size = map(int, found.groups())
        states.append(State(ask if ask_size else 0, ask_size, bid if bid_size else 0, bid_size))
    if not states:
        raise ReplayError(f"{path}: there is no book state in it")
    return states


def read_seed(path: Path) -> list[Level]:
    """Returns all levels of the first row of an orderbook file, the best first."""
    number, line = next(_lines(path, 1), (1, ""))
    _column_count(path, line)
    try:
        numbers = [int(field) for field in line.split(",")]
    except ValueError:
        raise _wrong(path, number, "a book state is whole numbers: prices and sizes") from None
    levels = [
        Level(direction, price, size)
        for start, direction in ((0, -1), (2, 1))
        for price, size in zip(numbers[start::4], numbers[start + 1 :: 4], strict=True)
        if abs(price) != EMPTY_PRICE
    ]
    if any(level.price <= 0 or level.price > EMPTY_PRICE or level.size <= 0 for level in levels):
        raise _wrong(path, number, "prices and sizes of a book are more than zero")
    return levels


def level_count(path: Path) -> int:
    """Returns how many levels a side an orderbook file shows."""
    _, line = next(_lines(path, 1), (1, ""))
    return _column_count(path, line) // 4


def _column_count(path: Path, line: str) -> int:
    columns = line.count(",") + 1
    if not line or columns % 4:
        raise _wrong(path, 1, "a book state has four columns a level")
    return columns


def _lines(path: Path, limit: int | None) -> Iterator[tuple[int, str]]:
    """Yields the numbered lines of a file, plain or compressed."""
    number = 0
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="ascii") as file:
            for number, line in enumerate(file, 1):
                yield number, line.rstrip("\r\n")
                if number == limit:
                    return
    except UnicodeDecodeError:
        raise _wrong(path, number + 1, "this is no plain text") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise _wrong(path, number + 1, "the compressed file is damaged or cut short") from None
    except OSError as error:
        raise ReplayError(f"{path}: {error.strerror or error}") from None


def _wrong(path: Path, number: int, problem: str) -> ReplayError:
    return ReplayError(f"{path}:{number}: {problem}")
