"""The ledger in C as the tests hold it: commands, notes and events in, rows of plain values out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.native.venue.reference_venue import Answer, Report
from tickmesh.native._engine import ffi, lib

_SIGNED = {"int64_t": "i8", "int32_t": "i4", "uint64_t": "u8", "uint32_t": "u4", "uint8_t": "u1"}


class Unfit(Exception):
    """Something that the ledger refuses."""


def layout(name: str) -> np.dtype[Any]:
    """Returns how a C structure lies in memory."""
    kind = ffi.typeof(name)
    places = [(field, place) for field, place in kind.fields if field != "reserved"]
    return np.dtype(
        {
            "names": [field for field, _ in places],
            "formats": [_format_of(place.type) for _, place in places],
            "offsets": [place.offset for _, place in places],
            "itemsize": ffi.sizeof(kind),
        }
    )


def _format_of(kind: Any) -> str:
    return f"S{kind.length}" if kind.kind == "array" else _SIGNED[kind.cname]


REPORT, ANSWER = layout("struct report"), layout("struct answer")
REPORT_FIELDS = [name for name in Report._fields if name != "value"]


class Ledger:
    """A venue that knows some instruments and nodes."""

    def __init__(self, orders: int, waiting: int = 4_096, instruments: int = 8, nodes: int = 16) -> None:
        config = ffi.new("struct venue_config *", [orders, waiting, instruments, nodes])
        self.venue = ffi.gc(lib.venue_new(config), lib.venue_free)
        for index in range(instruments):
            symbol = f"I{index}".encode()
            listing = {"symbol": symbol, "symbol_length": len(symbol)}
            listing |= {"price_factor": 1, "quantity_factor": 1}
            assert lib.venue_list(self.venue, ffi.new("struct venue_instrument *", listing))
        for index in range(nodes):
            name, owner = f"portfolio/p{index}".encode(), f"p{index}".encode()
            assert lib.venue_add_node(self.venue, name, len(name), owner, len(owner), b"", 0)

    def apply(
        self, commands: bytes, notes: Sequence[bytes], events: NDArray[Any]
    ) -> tuple[list[Report], list[Answer]]:
        """Takes in a row. Fails with Unfit when it does not fit."""
        text = b"".join(note + b"\0" for note in notes)
        return self.apply_text(commands, text, events)

    def apply_text(
        self, commands: bytes, text: bytes, events: NDArray[Any]
    ) -> tuple[list[Report], list[Answer]]:
        """The same with notes as they lie in memory."""
        count = len(commands) // 64
        reports, answers = np.zeros(len(events), REPORT), np.zeros(count, ANSWER)
        told = lib.venue_apply(
            self.venue,
            ffi.from_buffer("struct command[]", commands),
            count,
            ffi.from_buffer("char[]", text),
            len(text),
            ffi.from_buffer("struct event[]", events),
            len(events),
            ffi.from_buffer("struct report[]", reports),
            ffi.from_buffer("struct answer[]", answers),
        )
        if told < 0:
            raise Unfit
        return report_rows(reports[:told]), [Answer(*row) for row in answers.tolist()]

    def order(self, order: int) -> Report | None:
        """Returns a live order, told as a report of nothing."""
        report = np.zeros(1, REPORT)
        found = lib.venue_order(self.venue, order, ffi.from_buffer("struct report[]", report))
        return report_rows(report)[0] if found else None

    def orders(self) -> int:
        return int(lib.venue_orders(self.venue))

    def key_order(self, key: int) -> int:
        return int(lib.venue_key_order(self.venue, key))

    def note_key(self, key: int, order: int) -> None:
        assert lib.venue_note_key(self.venue, key, order)

    def save(self) -> bytes:
        data = bytearray(lib.venue_save(self.venue, ffi.NULL, 0))
        assert lib.venue_save(self.venue, ffi.from_buffer(data), len(data)) == len(data)
        return bytes(data)

    def restore(self, data: bytes) -> bool:
        return bool(lib.venue_restore(self.venue, ffi.from_buffer("char[]", data), len(data)))


def report_rows(reports: NDArray[Any]) -> list[Report]:
    """Returns reports as values, and says that what a text does not need is zeros."""
    values = reports["value_low"].astype(object) + (reports["value_high"].astype(object) << 64)
    rows = reports[REPORT_FIELDS].tolist()
    assert reports["text_length"].tolist() == [len(text) for text in reports["text"].tolist()]
    return [Report(*row)._replace(value=value) for row, value in zip(rows, values, strict=True)]
