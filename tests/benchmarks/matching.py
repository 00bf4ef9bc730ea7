"""The engine alone: commands a second through its Python face, in batches, risk gate on."""

import random
import time

from tickmesh.native.engine import (
    COMMAND_STRUCT,
    NONE,
    CommandType,
    Engine,
    EngineConfig,
    LimitType,
    OrderType,
    Side,
    TimeInForce,
)

from .running import Row

COMMANDS = 500_000
BATCH = 1_000
REFERENCE = 20_000


def _command(sequence: int, kind: CommandType, **fields: int) -> bytes:
    names = ["key", "target", "price", "quantity", "instrument", "node"]
    values = [fields.get(name, 0) for name in names]
    small = [fields.get(name, 0) for name in ("side", "sort", "time_in_force", "flags")]
    return COMMAND_STRUCT.pack(sequence, sequence * 1_000, *values, kind, *small)


def _setup() -> list[bytes]:
    limit = {"sort": LimitType.GROSS_EXPOSURE, "quantity": 1 << 60, "instrument": NONE}
    return [
        _command(1, CommandType.ADD_NODE, node=0, target=NONE),
        _command(2, CommandType.ADD_NODE, node=1, target=0),
        _command(3, CommandType.LIST_INSTRUMENT, price=REFERENCE, quantity=10_000_000),
        _command(4, CommandType.SET_LIMIT, node=1, **limit),
    ]


def flow(count: int) -> bytes:
    """Returns seeded commands: half new orders near the reference, some of them taking, half cancels."""
    chance = random.Random(7)
    commands, live = _setup(), list[int]()
    for sequence in range(len(commands) + 1, count + len(commands) + 1):
        if live and chance.random() < 0.45:
            place = chance.randrange(len(live))
            live[place], live[-1] = live[-1], live[place]
            commands.append(_command(sequence, CommandType.CANCEL_ORDER, target=live.pop(), node=1))
            continue
        side = chance.choice((Side.BUY, Side.SELL))
        away = chance.randrange(1, 500) if chance.random() > 0.05 else -5
        price = REFERENCE - away if side is Side.BUY else REFERENCE + away
        common = {"key": sequence, "price": price, "quantity": chance.randrange(1, 100), "node": 1}
        common |= {"side": side, "sort": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
        commands.append(_command(sequence, CommandType.NEW_ORDER, **common))
        live.append(sequence)
    return b"".join(commands)


def measure() -> dict[str, list[Row]]:
    """Runs the flow three times and keeps the median."""
    payload, rates, events = flow(COMMANDS), [], 0
    for _ in range(3):
        with Engine(EngineConfig()) as engine:
            start_s, events = time.process_time(), 0
            for offset in range(0, len(payload), BATCH * 64):
                events += len(engine.process(payload[offset : offset + BATCH * 64]))
            rates.append(len(payload) / 64 / (time.process_time() - start_s))
    row = {"commands": COMMANDS, "commands_a_call": BATCH, "events": events}
    return {"engine": [{**row, "commands_per_cpu_second": round(sorted(rates)[1])}]}
