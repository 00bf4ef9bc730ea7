"""Recorded order flow as columns of commands, and what the engine says of its book as columns.

A tape is commands and, for each row of the recording, how many of them bring the book to that row.
"""

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tickmesh.native.engine import (
    COMMAND_DTYPE,
    NONE,
    CommandType,
    Engine,
    EngineConfig,
    EventType,
    Feed,
    OrderType,
    Side,
    TimeInForce,
)
from tickmesh.services.replay.plan import Do, Plan

FIRST = 100  # the sequence of a tape's first command
OWNER, TAKER = 1, 2
CONFIG = EngineConfig(
    orders=50_000,
    instruments=1,
    pages=4_096,
    nodes=4,
    positions=8,
    client_keys=4_096,
    extras=8,
    feeds=Feed.TOP,
)


@dataclass(slots=True)
class Tape:
    """Commands in order; `ends[row]` says how many of them come up to and with a row of the recording."""

    commands: NDArray[Any]
    ends: NDArray[Any]


def stage(feeds: Feed = Feed.TOP) -> Engine:
    """An engine with one instrument and two accounts, ready for a tape."""
    engine = Engine(replace(CONFIG, feeds=feeds))
    engine.submit(CommandType.LIST_INSTRUMENT, price=1, quantity=1)
    for node, parent in ((0, NONE), (OWNER, 0), (TAKER, 0)):
        engine.submit(CommandType.ADD_NODE, node=node, target=parent)
    return engine


@dataclass(slots=True)
class Writer:
    """Writes commands as rows of plain numbers: that is faster than filling columns one by one."""

    rows: list[tuple[int, ...]] = field(default_factory=list)

    def order(self, is_buy: bool, quantity: int, price: int, tif: TimeInForce, node: int = OWNER) -> int:
        """Returns the order's id."""
        sequence = FIRST + len(self.rows)
        side = Side.BUY if is_buy else Side.SELL
        self.rows.append(
            (CommandType.NEW_ORDER, sequence, 0, price, quantity, node, side, OrderType.LIMIT, tif)
        )
        return sequence

    def replace(self, order: int, quantity: int) -> None:
        self.rows.append((CommandType.REPLACE_ORDER, 0, order, 0, quantity, OWNER, 0, 0, 0))

    def cancel(self, order: int) -> None:
        self.rows.append((CommandType.CANCEL_ORDER, 0, order, 0, 0, OWNER, 0, 0, 0))

    def commands(self) -> NDArray[Any]:
        fields = (
            "type",
            "client_key",
            "target",
            "price",
            "quantity",
            "node",
            "side",
            "kind",
            "time_in_force",
        )
        commands = np.zeros(len(self.rows), dtype=COMMAND_DTYPE)
        commands["sequence"] = FIRST + np.arange(len(self.rows))
        for name, column in zip(fields, np.array(self.rows, dtype=np.int64).T, strict=True):
            commands[name] = column
        return commands


def plan_tape(plan: Plan, step: int) -> Tape:
    """The plan of a replay as commands; `step` price units are a tick. Hits come from another account."""
    writer, ids = Writer(), dict[str, int]()
    for action in plan.actions:
        match action.do:
            case Do.PLACE:
                price = action.price // step
                ids[action.name] = writer.order(action.is_buy, action.quantity, price, TimeInForce.GTC)
            case Do.HIT:
                price = action.price // step
                writer.order(action.is_buy, action.quantity, price, TimeInForce.IOC, TAKER)
            case Do.REDUCE:
                writer.replace(ids[action.name], action.quantity)
            case Do.CANCEL:
                writer.cancel(ids[action.name])
    rows = [action.row for action in plan.actions]
    return Tape(writer.commands(), np.searchsorted(rows, np.arange(plan.rows), side="right"))


def targets_of_hits(plan: Plan) -> list[tuple[int, int, int]]:
    """Command, the id of the order that it must hit, and the lots, for each hit of a plan."""
    ids, hits = dict[str, int](), list[tuple[int, int, int]]()
    for sequence, action in enumerate(plan.actions, FIRST):
        if action.do is Do.PLACE:
            ids[action.name] = sequence
        elif action.do is Do.HIT:
            hits.append((sequence, ids[action.name], action.quantity))
    return hits


def best_after(events: NDArray[Any], commands: int) -> NDArray[Any]:
    """Best ask, its lots, best bid and its lots after each number of commands, from the L1 events alone."""
    columns = []
    for side in (Side.SELL, Side.BUY):
        told = events[(events["type"] == EventType.BOOK_TOP) & (events["side"] == side)]
        latest = np.zeros(commands + 1, dtype=np.int64)
        latest[told["command"].astype(np.int64) - FIRST + 1] = np.arange(1, len(told) + 1)
        latest = np.maximum.accumulate(latest)
        columns += [np.concatenate([[0], told[name]])[latest] for name in ("price", "quantity")]
    return np.stack(columns, axis=1)


class Update(NamedTuple):
    """A change of levels as a venue told it, and the best levels in force at that moment if known."""

    levels: list[tuple[bool, int, int]]  # is a bid, cents, what is there now
    best: tuple[int, ...] | None  # ask, its lots, bid, its lots


def binance_updates(path: Path) -> Iterator[Update]:
    """Yields the depth updates of recorded frames; a REST snapshot comes as the first one."""
    updates, tickers = _frames(path)
    best, at = None, 0
    for update_id, levels in updates:
        while at < len(tickers) and tickers[at][0] <= update_id:
            best, at = tickers[at][1], at + 1
        yield Update(levels, best)


def _frames(path: Path) -> tuple[list[tuple[int, Any]], list[tuple[int, tuple[int, ...]]]]:
    """Returns depth updates and best levels, each with its update id."""
    updates, tickers = list[tuple[int, Any]](), list[tuple[int, tuple[int, ...]]]()
    snapshot_id = 0
    with gzip.open(path, "rt") as file:
        for line in file:
            frame = json.loads(line.partition(" ")[2])
            data = frame.get("data", frame)
            if "lastUpdateId" in data:
                snapshot_id = data["lastUpdateId"]
                updates = [(snapshot_id, _levels(data["bids"], data["asks"]))]
            elif "U" in data and data["u"] > snapshot_id:
                updates.append((data["u"], _levels(data["b"], data["a"])))
            elif "B" in data:
                best = (*_level(data["a"], data["A"]), *_level(data["b"], data["B"]))
                tickers.append((data["u"], best))
    return updates, tickers


def _levels(bids: Iterable[list[str]], asks: Iterable[list[str]]) -> list[tuple[bool, int, int]]:
    return [(is_bid, *_level(*each)) for is_bid, side in ((True, bids), (False, asks)) for each in side]


def _level(price: str, quantity: str) -> tuple[int, int]:
    """Cents, and lots of a hundred-millionth. Both come with eight digits."""
    cents, rest = divmod(int(price.replace(".", "")), 10**6)
    assert rest == 0, price
    return cents, int(quantity.replace(".", ""))


def levels_tape(updates: Iterable[Update]) -> Tape:
    """Levels as commands, one order a level: what leaves or shrinks first, so that nothing crosses."""
    writer, ends = Writer(), []
    known: dict[tuple[bool, int], tuple[int, int]] = {}  # order and lots
    for update in updates:
        for is_bid, price, lots in sorted(update.levels, key=lambda level: _grows(known, *level)):
            order, before = known.pop((is_bid, price), (0, 0))
            if lots == 0:
                if order:
                    writer.cancel(order)
                continue
            if not order:
                order = writer.order(is_bid, lots, price, TimeInForce.GTC)
            elif lots != before:
                writer.replace(order, lots)
            known[is_bid, price] = order, lots
        ends.append(len(writer.rows))
    return Tape(writer.commands(), np.array(ends))


def _grows(known: dict[tuple[bool, int], tuple[int, int]], is_bid: bool, price: int, lots: int) -> bool:
    return lots > known.get((is_bid, price), (0, 0))[1]
