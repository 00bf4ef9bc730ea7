"""Makes a list of commands that fails as short as it can be, and writes it down as a test."""

from collections.abc import Callable

from tests.native.commands import Command
from tickmesh.native.engine import (
    CommandType,
    Contingency,
    EngineConfig,
    OrderFlag,
    OrderType,
    SelfTrade,
    TimeInForce,
)

Fails = Callable[[list[Command]], bool]
CALM = {"self_trade": 0, "flags": 0, "time_in_force": 1, "node": 0, "client_key": 0}


def shrink(commands: list[Command], fails: Fails) -> list[Command]:
    """Drops ever smaller chunks for as long as what is left still fails; then calms single fields."""
    commands = first_failure(commands, fails)
    size = max(len(commands) // 2, 1)
    while size:
        shorter = drop_chunks(commands, size, fails)
        if len(shorter) == len(commands) or size > 1:
            size //= 2
        commands = shorter
    return drop_chunks(calmed(commands, fails), 1, fails)


def first_failure(commands: list[Command], fails: Fails) -> list[Command]:
    """The shortest beginning that fails, found by halving."""
    low, high = 0, len(commands)
    while high - low > 1:
        middle = (low + high) // 2
        if fails(commands[:middle]):
            high = middle
        else:
            low = middle
    return commands[:high]


def drop_chunks(commands: list[Command], size: int, fails: Fails) -> list[Command]:
    start = 0
    while start < len(commands):
        fewer = commands[:start] + commands[start + size :]
        if fewer and fails(fewer):
            commands = fewer
        else:
            start += size
    return commands


def calmed(commands: list[Command], fails: Fails) -> list[Command]:
    """Sets fields that do not matter to plain values."""
    for index, command in enumerate(commands):
        if command.type != CommandType.NEW_ORDER:
            continue
        for field, value in CALM.items():
            wanted = command.sequence if field == "client_key" else value
            plainer = commands[index]._replace(**{field: wanted})
            changed = [*commands[:index], plainer, *commands[index + 1 :]]
            if plainer != commands[index] and fails(changed):
                commands = changed
    return commands


def as_test(config: EngineConfig, commands: list[Command]) -> str:
    """A test, ready to paste."""
    lines = [f"        {as_call(command)}," for command in commands]
    begin = ["def test_what_once_differed() -> None:", f"    config = {config!r}", "    commands = ["]
    return "\n".join([*begin, *lines, "    ]", "    agree(config, commands)"])


def as_call(command: Command) -> str:
    """A command as a person would write it."""
    words = {"type": named(CommandType, command.type)}
    if command.type == CommandType.NEW_ORDER:
        words["kind"] = named(OrderType, command.kind)
        words["time_in_force"] = named(TimeInForce, command.time_in_force)
        words["contingency"] = named(Contingency, command.contingency)
        words["flags"] = str(int(command.flags)) + comment(OrderFlag, command.flags)
        words["self_trade"] = str(int(command.self_trade)) + comment(SelfTrade, command.self_trade)
    fields = []
    for name, value in zip(Command._fields, command, strict=True):
        if value or name in ("sequence", "time_ns"):
            fields.append(f"{name}={words.get(name, str(int(value)))}")
    return f"Command({', '.join(fields)})"


def named(enum: type, value: int) -> str:
    try:
        return f"{enum.__name__}.{enum(value).name}"
    except ValueError:
        return str(value)


def comment(enum: type, value: int) -> str:
    return "" if value == 0 else f" or {enum.__name__}({int(value)})"
