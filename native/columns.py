"""Commands and events as they lie in memory and in journals: as NumPy columns, and one command as bytes."""

from __future__ import annotations

import operator
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

COMMAND_DTYPE = np.dtype(
    [
        ("sequence", "<u8"),
        ("time_ns", "<i8"),
        ("client_key", "<u8"),
        ("target", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("instrument", "<u4"),
        ("node", "<u4"),
        ("type", "u1"),
        ("side", "u1"),
        ("kind", "u1"),
        ("time_in_force", "u1"),
        ("flags", "u1"),
        ("self_trade", "u1"),
        ("contingency", "u1"),
        ("more", "u1"),
    ],
    align=True,
)
"""One command, as it stands in the journal: 64 bytes, little-endian."""

EVENT_DTYPE = np.dtype(
    [
        ("sequence", "<u8"),
        ("command", "<u8"),
        ("order", "<u8"),
        ("price", "<i8"),
        ("quantity", "<i8"),
        ("leaves", "<i8"),
        ("instrument", "<u4"),
        ("node", "<u4"),
        ("type", "u1"),
        ("side", "u1"),
        ("reason", "u1"),
        ("flags", "u1"),
        ("reserved", "u1", (4,)),
    ],
    align=True,
)
"""One event: 64 bytes, little-endian."""

COMMAND_STRUCT = struct.Struct("<QqQQqqIIBBBBB3x")
"""Packs one command: the fields of COMMAND_DTYPE in their order up to `flags`; the other three are 0."""

ORDER_STRUCT = struct.Struct("<QqQQqqIIBBBBBBBB")
"""Packs one command with all the fields of COMMAND_DTYPE: also self-trade prevention and lists."""

COMMAND_SIZE = COMMAND_STRUCT.size
EVENT_SIZE = EVENT_DTYPE.itemsize

Commands = bytes | bytearray | memoryview | NDArray[Any]
"""What holds commands: 64 bytes each, or a C-contiguous array of COMMAND_DTYPE."""

_EMPTY = dict.fromkeys(COMMAND_DTYPE.names or (), 0)
UINT8_MAX, UINT32_MAX, UINT64_MAX = (1 << 8) - 1, (1 << 32) - 1, (1 << 64) - 1


def as_columns(commands: Commands) -> NDArray[Any]:
    """Returns commands as an array of COMMAND_DTYPE over the same memory, aligned or not.

    Fails with TypeError for something else than bytes and commands, and with ValueError when part of a
    command is left over or the memory has gaps.
    """
    if isinstance(commands, np.ndarray):
        _require_commands(commands)
        return commands if commands.dtype is COMMAND_DTYPE else commands.view(COMMAND_DTYPE)
    if not isinstance(commands, bytes | bytearray | memoryview):
        raise TypeError(f"commands are bytes or an array of COMMAND_DTYPE, not {type(commands).__name__}")
    size = memoryview(commands).nbytes
    if size % COMMAND_SIZE:
        raise ValueError(f"{size} bytes are not a whole number of commands of {COMMAND_SIZE} bytes")
    if not memoryview(commands).c_contiguous:
        raise ValueError("commands must lie in memory without gaps: bytes() makes such a copy")
    return np.frombuffer(commands, COMMAND_DTYPE)  # which, unlike ndarray(), keeps a bytearray from moving


def _require_commands(commands: NDArray[Any]) -> None:
    if commands.dtype != COMMAND_DTYPE:
        raise TypeError(f"commands are an array of COMMAND_DTYPE, not of {commands.dtype}")
    if not commands.flags.c_contiguous:
        raise ValueError("commands must be C-contiguous: numpy.ascontiguousarray() copies them so")


def pack_command(fields: dict[str, int]) -> bytes:
    """Returns one command of 64 bytes; fields that are not given are 0, and a negative target is an int64.

    Fails with TypeError for a field that no command has or that is not an int, with ValueError for one that
    does not fit.
    """
    unknown = fields.keys() - _EMPTY.keys()
    if unknown:
        raise TypeError(f"a command has no field {sorted(unknown)}: its fields are {', '.join(_EMPTY)}")
    row = _EMPTY | fields
    row["target"] = require_in_range("target", row["target"], -(1 << 63), UINT64_MAX) & UINT64_MAX
    try:
        return ORDER_STRUCT.pack(*row.values())
    except struct.error:
        for name, value in row.items():
            held = np.iinfo(COMMAND_DTYPE[name])
            require_in_range(name, value, int(held.min), int(held.max))
        raise


def require_in_range(name: str, value: int, lowest: int = 0, highest: int = UINT32_MAX) -> int:
    """Returns the value as an int. Fails with TypeError when it is none, with ValueError out of the range."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an int, not {type(value).__name__}") from None
    if not lowest <= number <= highest:
        raise ValueError(f"{name} must be in {lowest}..{highest}, not {number}")
    return number
