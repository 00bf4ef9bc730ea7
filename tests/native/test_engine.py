"""The Python face: its enums and columns say what the C header says, and its class keeps its promises."""

import re
from enum import IntEnum, IntFlag
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.native.flow import Flow
from tests.native.market import SMALL, Market
from tickmesh.native import engine as face
from tickmesh.native._engine import ffi, lib

HEADER = Path(face.__file__).with_name("engine.h").read_text()


def c_values(prefix: str) -> dict[str, int]:
    found = re.findall(rf"\b{prefix}_([A-Z_]+) = \d", HEADER)
    return {name: getattr(lib, f"{prefix}_{name}") for name in found}


@pytest.mark.parametrize(
    ("enum", "prefix"),
    [
        (face.CommandType, "COMMAND"),
        (face.EventType, "EVENT"),
        (face.Side, "SIDE"),
        (face.OrderType, "ORDER"),
        (face.TimeInForce, "TIF"),
        (face.TradingState, "STATE"),
        (face.LimitType, "LIMIT"),
        (face.Reason, "REASON"),
    ],
)
def test_each_enum_is_that_of_the_header(enum: type[IntEnum], prefix: str) -> None:
    assert {member.name: member.value for member in enum} == c_values(prefix)


def test_the_flags_are_those_of_the_header() -> None:
    flags: list[tuple[IntFlag, str]] = [
        (face.OrderFlag.POST_ONLY, "POST_ONLY"),
        (face.EventFlag.MAKER, "MAKER"),
        (face.EventFlag.KEPT_PRIORITY, "KEPT_PRIORITY"),
    ]
    assert {name: flag.value for flag, name in flags} == c_values("FLAG")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NUMBER_MAX ((int64_t)1 << 46)", face.NUMBER_MAX == 1 << 46),
        ("DEPTH_MAX 16", face.DEPTH_MAX == 16),
        ("POSITION_MAX ((int64_t)1 << 61)", face.POSITION_MAX == 1 << 61),
        ("NONE UINT32_MAX", face.NONE == 2**32 - 1),
    ],
)
def test_the_constants_are_those_of_the_header(name: str, value: bool) -> None:
    assert f"#define ENGINE_{name}" in HEADER
    assert value


@pytest.mark.parametrize(
    ("dtype", "struct"), [(face.COMMAND_DTYPE, "struct command"), (face.EVENT_DTYPE, "struct event")]
)
def test_columns_lie_where_c_has_them(dtype: np.dtype[np.void], struct: str) -> None:
    fields = dtype.fields
    assert fields is not None
    assert {name: field[1] for name, field in fields.items()} == {
        name: field.offset for name, field in ffi.typeof(struct).fields
    }


def test_commands_may_be_bytes_or_columns() -> None:
    journal = b"".join(command.pack() for command in Flow(3).stage())
    columns = np.frombuffer(journal, dtype=face.COMMAND_DTYPE)
    shifted = memoryview(b"x" + journal)[1:]
    answers = []
    for commands in (journal, bytearray(journal), memoryview(journal), shifted, columns):
        with face.Engine(SMALL) as engine:
            answers.append(engine.process(commands).tobytes())
    assert len(set(answers)) == 1


def test_part_of_a_command_is_refused() -> None:
    with face.Engine(SMALL) as engine, pytest.raises(ValueError, match="63 bytes"):
        engine.process(bytes(63))


def test_no_commands_give_no_events() -> None:
    with face.Engine(SMALL) as engine:
        assert engine.process(b"").shape == (0,)


def test_events_belong_to_the_caller() -> None:
    market = Market()
    block = b"".join(command.pack() for command in Flow(3).stage())
    events = market.engine.process(block)
    copy = events.copy()
    market.buy(1, 990)
    assert (events == copy).all()


def test_a_batch_with_more_events_than_the_array_holds_runs_to_its_end() -> None:
    with face.Engine(SMALL) as engine:
        events = engine.process(bytes(face.COMMAND_SIZE) * 100_000)
    assert len(events) == 100_000
    assert (np.diff(events["sequence"]) == 1).all()


def test_a_closed_engine_says_so() -> None:
    engine = face.Engine(SMALL)
    engine.close()
    engine.close()
    with pytest.raises(ValueError, match="closed"):
        engine.state_hash()


@pytest.mark.parametrize("capacity", [0, 2**28 + 1])
def test_a_capacity_out_of_range_is_refused(capacity: int) -> None:
    with pytest.raises(MemoryError):
        face.Engine(face.EngineConfig(levels=capacity))


def test_depth_of_nothing_is_empty() -> None:
    market = Market()
    assert market.engine.depth(0, 1, 5) == market.engine.depth(9, 1, 5) == market.engine.depth(0, 0, 5) == []
    market.buy(1, 990)
    assert market.engine.depth(0, 1, 0) == []


@pytest.mark.parametrize("place", [(9, 0, 5), (0, 9, 5), (0, 0, 0), (0, 0, 7), (0, 0, 4), (0, face.NONE, 5)])
def test_usage_of_nothing_fails(place: tuple[int, int, int]) -> None:
    with pytest.raises(LookupError):
        Market().engine.usage(*place)


def test_a_fresh_engine_of_full_size_takes_little_memory() -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    with face.Engine(face.EngineConfig()) as engine:
        engine.process(b"".join(command.pack() for command in Flow(3).stage()))
        assert process.memory_info().rss - before < 8_000_000
