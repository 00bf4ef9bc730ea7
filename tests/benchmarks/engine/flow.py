"""The flow of the C driver as Python sees it: commands for our engine, and plain numbers for the others."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tickmesh.native.engine import (
    COMMAND_DTYPE,
    CommandType,
    Engine,
    EngineConfig,
    EventType,
    Feed,
    TimeInForce,
)

from .build import FOLDER, run_driver

ADD, CANCEL, MOVE, REDUCE, TAKE = range(5)
CONFIG = EngineConfig(
    orders=20_000,
    instruments=1,
    pages=64,
    nodes=16,
    positions=64,
    client_keys=65_536,
    extras=1_024,
    feeds=Feed.LEVELS,
)


@dataclass(frozen=True)
class Flow:
    """Commands of one symbol, from an empty engine on."""

    commands: NDArray[Any]
    resting: int
    first: int  # the first command to measure; those before set up, fill the book and warm up


def load(driver: Path, resting: int, gate: bool, measured: int, warm: int | None = None) -> Flow:
    """Returns a flow that the driver makes."""
    path = FOLDER / "flow.bin"
    words = ["--resting", str(resting), "--commands", str(measured), "--output", str(path)]
    words += [] if gate else ["--no-gate"]
    words += [] if warm is None else ["--warm", str(warm)]
    row = run_driver(driver, *words, "dump")[-1]
    commands = np.fromfile(path, dtype=COMMAND_DTYPE)
    path.unlink()
    return Flow(commands, resting, int(row["first"]))


def _of_commands(flow: Flow) -> tuple[NDArray[Any], NDArray[Any]]:
    """Returns the leaves of replaced orders and the lots traded, by the command that caused them."""
    with Engine(CONFIG) as engine:
        events = engine.process(flow.commands)
    place = (events["command"] - flow.commands["sequence"][0]).astype(np.int64)
    leaves, lots = np.zeros((2, len(flow.commands)), dtype=np.int64)
    replaced = events["type"] == EventType.ORDER_REPLACED
    leaves[place[replaced]] = events["leaves"][replaced]
    trades = events["type"] == EventType.TRADE
    np.add.at(lots, place[trades], events["quantity"][trades])
    return leaves, lots // 2


def for_peers(flow: Flow) -> bytes:
    """Returns the flow as rows of 64-bit numbers, after the resting orders and the first row to measure.

    A row: action, order, side, price, total lots, leaves, lots cut, account, all lots traded so far by ours.
    """
    leaves, lots = _of_commands(flow)
    traded = np.cumsum(lots)
    known: dict[int, tuple[int, int, int]] = {}
    rows: list[tuple[int, ...]] = []
    first = 0
    for index, command in enumerate(flow.commands.tolist()):
        if index == flow.first:
            first = len(rows)
        named = dict(zip(COMMAND_DTYPE.names or (), command, strict=True))
        row = _row(named, known, int(leaves[index]))
        if row is not None:
            rows.append((*row, named["node"], int(traded[index])))
    table = np.array(rows, dtype=np.int64)
    return np.concatenate([np.array([flow.resting, first], dtype=np.int64), table.ravel()]).tobytes()


def _row(
    command: dict[str, int], known: dict[int, tuple[int, int, int]], leaves: int
) -> tuple[int, ...] | None:
    """Returns one command's numbers; `known` has side, price and total lots of each order."""
    kind, order = command["type"], command["target"]
    if kind == CommandType.NEW_ORDER:
        order = command["sequence"]
        known[order] = command["side"], command["price"], command["quantity"]
        action = TAKE if command["time_in_force"] == TimeInForce.IOC else ADD
        return action, order, *known[order], command["quantity"], 0
    if kind == CommandType.CANCEL_ORDER:
        return CANCEL, order, *known[order], 0, 0
    if kind != CommandType.REPLACE_ORDER:
        return None
    side, price, total = known[order]
    new_price, new_total = command["price"] or price, command["quantity"] or total
    known[order] = side, new_price, new_total
    action = MOVE if command["price"] else REDUCE
    return action, order, side, new_price, new_total, leaves, total - new_total
