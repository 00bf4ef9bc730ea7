"""The Python face: it says what the C header says, and its class keeps its promises."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tickmesh.native import engine as face
from tickmesh.native._engine import ffi
from tickmesh.native.engine import CommandType, Engine, EngineConfig, EventType, OrderType, Reason, Side

HEADER = Path(face.__file__).with_name("engine.h").read_text()
CODE = re.sub(r"/\*.*?\*/", "", HEADER, flags=re.DOTALL)
FRESH_ENGINE = """
import psutil
from tickmesh.native.engine import NONE, CommandType, Engine

process = psutil.Process()
before = process.memory_info().rss
with Engine() as engine:
    engine.submit(CommandType.LIST_INSTRUMENT, price=100, quantity=1)
    engine.submit(CommandType.ADD_NODE, target=NONE)
    print(process.memory_info().rss - before)
"""
SMALL = EngineConfig(orders=100, instruments=2, pages=40, nodes=8, positions=20, client_keys=50, extras=20)

ENUMS: dict[str, tuple[type[IntEnum | IntFlag], str]] = {
    "command_type": (face.CommandType, "COMMAND"),
    "side": (face.Side, "SIDE"),
    "order_type": (face.OrderType, "ORDER"),
    "time_in_force": (face.TimeInForce, "TIF"),
    "order_flag": (face.OrderFlag, "FLAG"),
    "self_trade": (face.SelfTrade, "SELF_TRADE"),
    "contingency": (face.Contingency, "CONTINGENCY"),
    "phase": (face.Phase, "PHASE"),
    "trading_state": (face.TradingState, "STATE"),
    "limit_type": (face.LimitType, "LIMIT"),
    "event_type": (face.EventType, "EVENT"),
    "event_flag": (face.EventFlag, "FLAG"),
    "reason": (face.Reason, "REASON"),
    "feed": (face.Feed, "FEED"),
    "restore_error": (face.RestoreError, "RESTORE"),
}
STRUCTS: dict[str, tuple[str, ...]] = {
    "engine_config": tuple(field.name for field in fields(face.EngineConfig)),
    "engine_status": face.EngineStatus._fields,
    "order_view": face.OrderView._fields,
    "instrument_view": face.InstrumentView._fields,
    "level": face.Level._fields,
    "usage": face.Usage._fields,
    "exposure": face.Exposure._fields,
}


def header_enums() -> dict[str, dict[str, int]]:
    """Returns the header's enums: the values of their constants by name."""
    bodies = re.findall(r"\benum (\w+) \{(.*?)\};", CODE, re.DOTALL)
    return {
        name: {constant: int(value) for constant, value in re.findall(r"(\w+) = (\d+)", body)}
        for name, body in bodies
    }


def header_constants() -> dict[str, int]:
    """Returns what the header defines, by name, without the prefix."""
    values = {}
    for name, text in re.findall(r"^#define ENGINE_(\w+) (.+?)\s*$", CODE, re.MULTILINE):
        shift = re.fullmatch(r"\(\(int64_t\)1 << (\d+)\)", text)
        values[name] = 1 << int(shift[1]) if shift else {"UINT32_MAX": 2**32 - 1}.get(text) or int(text)
    return values


def test_every_enum_of_the_header_has_a_class() -> None:
    assert ENUMS.keys() == header_enums().keys()


@pytest.mark.parametrize("name", ENUMS)
def test_each_enum_is_that_of_the_header(name: str) -> None:
    enum, prefix = ENUMS[name]
    ours = {f"{prefix}_{member}": value.value for member, value in enum.__members__.items()}
    if issubclass(enum, IntFlag):
        ours.pop(f"{prefix}_NONE", None)
    assert ours == header_enums()[name]


def test_the_constants_are_those_of_the_header() -> None:
    constants = header_constants()
    assert "NUMBER_MAX" in constants
    assert {name: getattr(face, name) for name in constants} == constants


@pytest.mark.parametrize(
    ("dtype", "struct"), [(face.COMMAND_DTYPE, "struct command"), (face.EVENT_DTYPE, "struct event")]
)
def test_columns_lie_where_c_has_them(dtype: np.dtype[np.void], struct: str) -> None:
    columns = dtype.fields
    assert columns is not None
    assert {name: (column[1], column[0].itemsize) for name, column in columns.items()} == {
        name: (field.offset, ffi.sizeof(field.type)) for name, field in ffi.typeof(struct).fields
    }
    assert dtype.alignment == ffi.alignof(struct)


@pytest.mark.parametrize("name", STRUCTS)
def test_views_and_capacities_are_those_of_the_header(name: str) -> None:
    named = {field for field, _ in ffi.typeof(f"struct {name}").fields} - {"reserved"}
    assert set(STRUCTS[name]) == named


def test_both_structs_pack_the_columns_of_a_command() -> None:
    values = (1, -2, 3, 4, -5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
    (row,) = np.frombuffer(face.ORDER_STRUCT.pack(*values), dtype=face.COMMAND_DTYPE).tolist()
    assert row == values
    (row,) = np.frombuffer(face.COMMAND_STRUCT.pack(*values[:13]), dtype=face.COMMAND_DTYPE).tolist()
    assert row == (*values[:13], 0, 0, 0)


def test_everything_that_the_module_offers_exists() -> None:
    assert [name for name in face.__all__ if not hasattr(face, name)] == []


def test_a_command_by_names_gets_the_next_sequence_and_the_engines_time() -> None:
    with Engine(SMALL) as engine:
        first = engine.submit(CommandType.LIST_INSTRUMENT, sequence=7, time_ns=500, price=100, quantity=1)
        second = engine.submit(CommandType.ADD_NODE, target=face.NONE)
        assert first["type"].tolist() == second["type"].tolist() == [EventType.CONTROL_APPLIED]
        assert (first["command"][0], second["command"][0]) == (7, 8)
        assert (engine.status().command_sequence, engine.status().time_ns) == (8, 500)


def test_a_command_by_names_may_have_a_negative_offset() -> None:
    with Engine(SMALL) as engine:
        engine.submit(CommandType.LIST_INSTRUMENT, price=100, quantity=1)
        engine.submit(CommandType.ADD_NODE, target=face.NONE)
        peg = {"side": Side.BUY, "kind": OrderType.PEG_PRIMARY, "quantity": 5, "client_key": 1}
        (order,) = engine.submit(CommandType.NEW_ORDER, target=-3, **peg)["order"]
        view = engine.order(int(order))
        assert view is not None
        assert view.trigger == -3


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"colour": 1}, TypeError, r"no field \['colour'\]"),
        ({"price": 1.5}, TypeError, "price must be an int, not float"),
        ({"target": "x"}, TypeError, "target must be an int, not str"),
        ({"price": 1 << 63}, ValueError, "price must be in -9223372036854775808..9223372036854775807"),
        ({"target": 1 << 64}, ValueError, "target must be in"),
        ({"quantity": -(1 << 63) - 1}, ValueError, "quantity must be in"),
        ({"node": -1}, ValueError, "node must be in 0..4294967295, not -1"),
        ({"side": 256}, ValueError, "side must be in 0..255, not 256"),
    ],
)
def test_a_command_by_names_says_what_is_wrong_with_them(
    wrong: dict[str, Any], error: type[Exception], words: str
) -> None:
    with Engine(SMALL) as engine:
        before = engine.state_hash()
        with pytest.raises(error, match=words):
            engine.submit(CommandType.NEW_ORDER, **wrong)
        assert engine.state_hash() == before


def test_a_command_of_no_sense_is_answered_and_not_raised() -> None:
    with Engine(SMALL) as engine:
        (event,) = engine.submit(CommandType(6))
        assert (event["type"], event["reason"]) == (EventType.ORDER_REJECTED, Reason.INVALID_COMMAND)


CALLS: dict[str, Callable[[Engine], object]] = {
    "submit": lambda engine: engine.submit(CommandType.ADVANCE_TIME),
    "process": lambda engine: engine.process(bytes(64)),
    "process nothing": lambda engine: engine.process(b""),
    "run": lambda engine: engine.run(bytes(64)),
    "batch": lambda engine: engine.batch(bytes(64)),
    "events": lambda engine: engine.events,
    "state_hash": lambda engine: engine.state_hash(),
    "snapshot": lambda engine: engine.snapshot(),
    "status": lambda engine: engine.status(),
    "order": lambda engine: engine.order(1),
    "queue": lambda engine: engine.queue(0, Side.BUY, 1),
    "depth": lambda engine: engine.depth(0, Side.BUY, 1),
    "instrument": lambda engine: engine.instrument(0),
    "usage": lambda engine: engine.usage(0, 0, face.LimitType.POSITION),
    "exposure": lambda engine: engine.exposure(0, 0),
}


def test_every_call_is_named_here() -> None:
    public = {name for name in vars(Engine) if not name.startswith("_")}
    assert {name.split()[0] for name in CALLS} == public - {"close", "restore"}


@pytest.mark.parametrize("name", CALLS)
def test_a_closed_engine_says_so(name: str) -> None:
    engine = Engine(SMALL)
    engine.close()
    engine.close()
    with pytest.raises(ValueError, match="the engine is closed"):
        CALLS[name](engine)


def test_leaving_the_block_closes_the_engine() -> None:
    with Engine(SMALL) as engine:
        engine.status()
    with pytest.raises(ValueError, match="closed"):
        engine.status()


@pytest.mark.parametrize(
    "name", ["orders", "instruments", "pages", "nodes", "positions", "client_keys", "extras"]
)
@pytest.mark.parametrize("capacity", [0, -1, 2**28 + 1, 2**32])
def test_a_capacity_out_of_range_is_refused(name: str, capacity: int) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be in 1\.\.268435456, not {capacity}"):
        Engine(EngineConfig(**{name: capacity}))


def test_an_unknown_feed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"feeds must be in 0\.\.7, not 8"):
        Engine(EngineConfig(feeds=face.Feed(8)))


def test_commands_and_events_are_numbered_behind_the_origin() -> None:
    origin = 3 << 48
    with Engine(replace(SMALL, origin=origin)) as engine:
        assert (engine.status().command_sequence, engine.status().event_sequence) == (origin, origin)
        events = engine.submit(CommandType.LIST_INSTRUMENT, instrument=0, price=100, quantity=1)
        assert engine.status().command_sequence == origin + 1
        assert events["command"].tolist() == [origin + 1] * len(events)
        again = Engine.restore(replace(SMALL, origin=origin), engine.snapshot())
        assert again.state_hash() == engine.state_hash()
        assert again.status() == engine.status()


def test_an_origin_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"origin must be in 0\.\.4611686018427387904, not -1"):
        Engine(EngineConfig(origin=-1))


def test_a_capacity_that_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="orders must be an int, not float"):
        Engine(EngineConfig(orders=1e6))  # type: ignore[arg-type]


def test_a_fresh_engine_of_full_size_takes_little_memory() -> None:
    # In a process of its own: one that has freed memory gets pages back that must be cleared first.
    done = subprocess.run(
        [sys.executable, "-c", FRESH_ENGINE], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) < 8_000_000
