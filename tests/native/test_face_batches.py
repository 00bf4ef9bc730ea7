"""Commands in batches: what may hold them, what is copied, what stays valid, and what is refused."""

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tickmesh.native.engine import (
    COMMAND_DTYPE,
    COMMAND_SIZE,
    EVENT_DTYPE,
    NONE,
    Batch,
    CommandType,
    Engine,
    EngineConfig,
    EventType,
    OrderType,
    Side,
    TimeInForce,
)

SMALL = EngineConfig(orders=500, instruments=2, pages=40, nodes=8, positions=20, client_keys=1_000, extras=20)


def an_engine() -> Engine:
    """Returns an engine with one instrument and one node."""
    engine = Engine(SMALL)
    list_and_add(engine)
    return engine


def list_and_add(engine: Engine) -> None:
    engine.submit(CommandType.LIST_INSTRUMENT, price=1_000, quantity=1_000_000)
    engine.submit(CommandType.ADD_NODE, target=NONE)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with an_engine() as engine:
        yield engine


def orders(count: int, first: int = 3) -> NDArray[Any]:
    """Returns limit orders around one price, so that about every second one trades."""
    commands = np.zeros(count, dtype=COMMAND_DTYPE)
    commands["sequence"] = commands["time_ns"] = commands["client_key"] = np.arange(first, first + count)
    commands["type"], commands["kind"] = CommandType.NEW_ORDER, OrderType.LIMIT
    commands["time_in_force"] = TimeInForce.GTC
    chance = np.random.default_rng(first)
    commands["side"] = chance.choice([Side.BUY, Side.SELL], count)
    commands["price"] = chance.integers(995, 1_006, count)
    commands["quantity"] = chance.integers(1, 100, count)
    return commands


def shifted(commands: NDArray[Any]) -> memoryview:
    """Returns the same commands at an address that no struct may have."""
    return memoryview(b"x" + commands.tobytes())[1:]


def misaligned(commands: NDArray[Any]) -> NDArray[Any]:
    return np.frombuffer(shifted(commands), dtype=COMMAND_DTYPE)


def packed(commands: NDArray[Any]) -> NDArray[Any]:
    """Returns the same commands under a dtype of one's own making."""
    return commands.view(np.dtype(COMMAND_DTYPE.descr))


HOLDERS: dict[str, Callable[[NDArray[Any]], Any]] = {
    "columns": lambda commands: commands,
    "columns of a matrix": lambda commands: commands.reshape(2, -1),
    "columns under an equal dtype": packed,
    "columns that cannot be written": lambda commands: np.frombuffer(commands.tobytes(), COMMAND_DTYPE),
    "bytes": lambda commands: commands.tobytes(),
    "bytearray": lambda commands: bytearray(commands.tobytes()),
    "memoryview": lambda commands: memoryview(commands.tobytes()),
}
UNALIGNED: dict[str, Callable[[NDArray[Any]], Any]] = {"memoryview": shifted, "columns": misaligned}
WAYS_IN: dict[str, Callable[[Engine, Any], NDArray[Any]]] = {
    "process": lambda engine, commands: engine.process(commands),
    "run": lambda engine, commands: engine.run(commands),
    "batch": lambda engine, commands: engine.batch(commands).run(),
}
each_way_in = pytest.mark.parametrize("run", WAYS_IN.values(), ids=WAYS_IN)


@each_way_in
@pytest.mark.parametrize("hold", HOLDERS.values(), ids=HOLDERS)
def test_commands_may_be_bytes_or_columns(
    run: Callable[[Engine, Any], NDArray[Any]], hold: Callable[[NDArray[Any]], Any]
) -> None:
    commands = orders(100)
    with an_engine() as one, an_engine() as other:
        events = run(one, hold(commands))
        assert EventType.TRADE in events["type"]
        assert events.tobytes() == other.process(commands).tobytes()
        assert one.state_hash() == other.state_hash()


@pytest.mark.parametrize("hold", UNALIGNED.values(), ids=UNALIGNED)
def test_process_takes_commands_at_any_address(hold: Callable[[NDArray[Any]], Any]) -> None:
    commands = orders(100)
    with an_engine() as one, an_engine() as other:
        assert one.process(hold(commands)).tobytes() == other.process(commands).tobytes()


@pytest.mark.parametrize("run", [WAYS_IN["run"], WAYS_IN["batch"]], ids=["run", "batch"])
@pytest.mark.parametrize("hold", UNALIGNED.values(), ids=UNALIGNED)
def test_what_copies_nothing_wants_commands_that_are_aligned(
    engine: Engine,
    run: Callable[[Engine, Any], NDArray[Any]],
    hold: Callable[[NDArray[Any]], Any],
) -> None:
    with pytest.raises(ValueError, match="multiple of 8 bytes"):
        run(engine, hold(orders(2)))


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "a str": ("x" * 64, TypeError, "not str"),
    "None": (None, TypeError, "not NoneType"),
    "a number": (64, TypeError, "not int"),
    "a list": ([0] * 64, TypeError, "not list"),
    "one row": (orders(1)[0], TypeError, "not void"),
    "columns of numbers": (np.zeros(64), TypeError, "array of COMMAND_DTYPE, not of float64"),
    "columns of bytes": (np.zeros(64, np.uint8), TypeError, "not of uint8"),
    "columns of events": (np.zeros(1, EVENT_DTYPE), TypeError, "array of COMMAND_DTYPE"),
    "swapped columns": (orders(1).astype(COMMAND_DTYPE.newbyteorder()), TypeError, "COMMAND_DTYPE"),
    "every second row": (orders(4)[::2], ValueError, "C-contiguous"),
    "rows backwards": (orders(4)[::-1], ValueError, "C-contiguous"),
    "every second byte": (memoryview(bytes(256))[::2], ValueError, "without gaps"),
    "part of a command": (bytes(63), ValueError, "63 bytes are not a whole number"),
    "a command and a part": (bytearray(65), ValueError, "65 bytes are not a whole number"),
}


@each_way_in
@pytest.mark.parametrize(("wrong", "error", "words"), WRONG.values(), ids=WRONG)
def test_what_holds_no_commands_is_refused_and_nothing_runs(
    engine: Engine,
    run: Callable[[Engine, Any], NDArray[Any]],
    wrong: Any,
    error: type[Exception],
    words: str,
) -> None:
    before = engine.state_hash()
    with pytest.raises(error, match=words):
        run(engine, wrong)
    assert engine.state_hash() == before


@each_way_in
def test_no_commands_give_no_events(engine: Engine, run: Callable[[Engine, Any], NDArray[Any]]) -> None:
    for nothing in (b"", bytearray(), memoryview(b""), orders(0)):
        events = run(engine, nothing)
        assert (events.shape, events.dtype) == ((0,), EVENT_DTYPE)


def test_events_of_process_belong_to_the_caller(engine: Engine) -> None:
    events = engine.process(orders(50))
    copy = events.tobytes()
    engine.process(orders(50, first=60))
    assert events.tobytes() == copy
    events["price"] = 0  # and may be changed
    engine.close()
    assert not events["price"].any()


def test_events_of_run_are_a_view_until_the_next_call(engine: Engine) -> None:
    events = engine.run(orders(50))
    assert np.shares_memory(events, engine.events)
    first = events[0].copy()
    engine.run(orders(50, first=60))
    assert events[0] != first


def test_events_of_run_cannot_be_written(engine: Engine) -> None:
    events = engine.run(orders(5))
    with pytest.raises(ValueError, match="read-only"):
        events["price"] = 0
    with pytest.raises(ValueError, match="WRITEABLE"):
        events.flags.writeable = True


def test_a_view_of_events_outlives_the_engine() -> None:
    engine = Engine(EngineConfig())
    events = engine.run(bytes(5 * COMMAND_SIZE))
    engine.close()
    del engine
    gc.collect()
    assert events["type"].tolist() == [EventType.CONTROL_REJECTED] * 5


@each_way_in
def test_a_batch_with_more_events_than_there_is_room_for_runs_to_its_end(
    engine: Engine, run: Callable[[Engine, Any], NDArray[Any]]
) -> None:
    count = len(engine.events) * 2 + 1_000
    events = run(engine, bytes(COMMAND_SIZE) * count)
    assert len(events) == count
    assert (np.diff(events["sequence"]) == 1).all()
    assert not np.shares_memory(events, engine.events)


def test_a_batch_gives_what_process_gives() -> None:
    commands = orders(100)
    with an_engine() as one, an_engine() as other:
        batch = one.batch(commands)
        assert len(batch) == 100
        for start, stop in ((0, 10), (10, 10), (10, 11), (11, 100)):
            told = other.process(commands[start:stop])
            assert batch.run(start, stop).tobytes() == told.tobytes()
        assert one.state_hash() == other.state_hash()


def test_steps_give_what_process_gives() -> None:
    commands = orders(100)
    with an_engine() as one, an_engine() as other:
        step = one.batch(commands).step
        told = b"".join(one.events[: step(index)].tobytes() for index in range(100))
        assert told == other.process(commands).tobytes()
        assert one.state_hash() == other.state_hash()


def test_a_batch_reads_its_array_when_it_runs(engine: Engine) -> None:
    commands = np.zeros(10, dtype=COMMAND_DTYPE)
    batch = engine.batch(commands)
    commands[:] = orders(10)
    assert batch.run()["command"][0] == 3
    commands[:] = orders(10, first=13)
    assert batch.step(0)
    assert engine.events["command"][0] == 13


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 2), (0, 11), (11, 11), (11, None), (0, -1)])
def test_a_batch_runs_only_what_it_holds(engine: Engine, start: int, stop: int | None) -> None:
    batch = engine.batch(orders(10))
    before = engine.state_hash()
    with pytest.raises(IndexError, match="not in a batch of 10 commands"):
        batch.run(start, stop)
    assert engine.state_hash() == before


@pytest.mark.parametrize("index", [-1, 10, 1 << 32, -(1 << 70), 1 << 70])
def test_a_step_outside_the_batch_is_refused(engine: Engine, index: int) -> None:
    with pytest.raises(IndexError, match="not in a batch of 10 commands"):
        engine.batch(orders(10)).step(index)


@pytest.mark.parametrize("index", ["0", None, 1.0])
def test_a_step_to_what_is_no_index_is_refused(engine: Engine, index: Any) -> None:
    with pytest.raises(TypeError):
        engine.batch(orders(10)).step(index)


def test_a_batch_says_when_its_engine_is_closed() -> None:
    engine = an_engine()
    batch = engine.batch(orders(10))
    engine.close()
    for call in (batch.run, lambda: batch.step(0)):
        with pytest.raises(ValueError, match="the engine is closed"):
            call()


def test_a_step_keeps_what_it_needs() -> None:
    step = an_engine().batch(orders(10)).step
    gc.collect()
    assert all(step(index) for index in range(10))


def test_a_closed_engine_gives_its_memory_back_though_a_batch_is_left() -> None:
    engine = an_engine()
    batch = engine.batch(orders(10))
    batch.run()
    memory = weakref.ref(engine._handle._owner)
    engine.close()
    assert memory() is None
    assert len(batch) == 10


def test_a_batch_keeps_its_commands_where_they_are(engine: Engine) -> None:
    held = bytearray(orders(10).tobytes())
    view = memoryview(held)
    batch = engine.batch(view)
    view.release()
    with pytest.raises(BufferError):
        held.extend(bytes(COMMAND_SIZE))
    assert batch.step(0)
    del batch
    held.extend(bytes(COMMAND_SIZE))


def test_runs_with_as_many_events_give_the_same_view(engine: Engine) -> None:
    batch = engine.batch(bytes(COMMAND_SIZE) * 10)
    events = batch.run(0, 3)
    assert batch.run(3, 6) is events
    assert batch.run(6, 8) is not events
    assert np.shares_memory(events, engine.events)


@pytest.mark.parametrize("count", [4_096, 4_097, 20_000])
def test_a_long_run_is_a_view_too(engine: Engine, count: int) -> None:
    commands = orders(count)
    with an_engine() as other:
        events = engine.batch(commands).run()
        assert events.tobytes() == other.process(commands).tobytes()
    assert np.shares_memory(events, engine.events)
    assert not events.flags.writeable


def followed(count: int) -> NDArray[Any]:
    """Returns 100 pegged orders, then orders that come and go at the best price: all follow each time."""
    commands = orders(101 + count)
    commands["side"], commands["quantity"], commands["price"] = Side.BUY, 1, 0
    commands["kind"][:100], commands["kind"][100:] = OrderType.PEG_PRIMARY, OrderType.LIMIT
    commands["price"][100], commands["price"][101:] = 900, 910
    leaving = commands[102::2]
    leaving["type"], leaving["target"] = CommandType.CANCEL_ORDER, commands["sequence"][101:-1:2]
    for name in ("client_key", "price", "quantity", "side", "kind", "time_in_force"):
        leaving[name] = 0
    return commands


def test_few_commands_with_more_events_than_there_is_room_for_run_to_their_end() -> None:
    config = EngineConfig(
        orders=200, instruments=1, pages=40, nodes=8, positions=20, client_keys=1_000, extras=100
    )
    commands = followed(3_000)
    with Engine(config) as one, Engine(config) as other:
        for engine in (one, other):
            list_and_add(engine)
        events = one.batch(commands).run()
        assert len(events) > len(one.events)
        assert events.tobytes() == other.process(commands).tobytes()
        assert not events.flags.writeable
        assert one.state_hash() == other.state_hash()


class Closing:
    """An index whose reading closes the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __index__(self) -> int:
        self._engine.close()
        return 0


def test_an_index_that_closes_the_engine_runs_nothing() -> None:
    for call in ("step", "run"):
        engine = an_engine()
        batch = engine.batch(orders(10))
        with pytest.raises(ValueError, match="the engine is closed"):
            getattr(batch, call)(Closing(engine))


def test_an_index_may_be_of_numpy(engine: Engine) -> None:
    batch = engine.batch(orders(10))
    assert batch.step(np.int64(0))
    assert batch.run(np.uint8(1), np.int32(3))["command"][0] == 4


@pytest.mark.parametrize("bounds", [("0",), (0, "1"), (1.0,), (0, 1, 2), (None, 1.5)])
def test_a_run_from_what_is_no_index_is_refused(engine: Engine, bounds: tuple[Any, ...]) -> None:
    batch = engine.batch(orders(10))
    before = engine.state_hash()
    with pytest.raises(TypeError):
        batch.run(*bounds)
    assert engine.state_hash() == before


def test_calls_that_fail_keep_nothing(engine: Engine) -> None:
    commands, wrong = orders(10), 1 << 80
    batch = engine.batch(commands)
    before = sys.getrefcount(commands), sys.getrefcount(wrong), sys.getrefcount(batch)
    for _ in range(100):
        with pytest.raises(IndexError):
            batch.step(wrong)
        with pytest.raises(IndexError):
            batch.run(0, wrong)
        with pytest.raises(TypeError):
            batch.run(commands, 1)  # type: ignore[arg-type]
    assert (sys.getrefcount(commands), sys.getrefcount(wrong), sys.getrefcount(batch)) == before
    del batch
    gc.collect()
    assert sys.getrefcount(commands) == before[0] - 1


def test_a_batch_is_made_by_an_engine_alone() -> None:
    for make in (Batch, lambda: Batch.__new__(Batch), lambda: object.__new__(Batch)):
        with pytest.raises(TypeError):
            make()
