"""What commands print: tables for people, JSON with the contract's own names for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH_OF_A_FILE = 200
_TONES = {
    "BUY": "green",
    "SELL": "red",
    "REJECTED": "red",
    "FILLED": "green",
    "healthy": "green",
    "SERVING": "green",
}
Cell = str | Text


def console() -> Console:
    """Returns the console on standard output; a file or a pipe gets wide lines without colour."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE, highlight=False)


def to_value(message: Message) -> dict[str, Any]:
    """Returns a message as the HTTP API shows it."""
    value: dict[str, Any] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return value


def print_json(value: Message | dict[str, Any], indent: int | None = 2) -> None:
    """Prints JSON; no indent: on one line, for streams."""
    content = to_value(value) if isinstance(value, Message) else value
    print(json.dumps(content, indent=indent, ensure_ascii=False), flush=indent is None)


def make_table(titles: Sequence[str], rows: Iterable[Sequence[Cell]], numbers: Sequence[str] = ()) -> Table:
    """Returns a table; the columns named in `numbers` are set flush right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, justify="right" if title in numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(cell: Cell) -> Text:
    """Text as it is: what a service says is never read as markup."""
    return cell if isinstance(cell, Text) else Text(cell, style=_TONES.get(cell, ""))


def print_table(titles: Sequence[str], rows: Iterable[Sequence[Cell]], numbers: Sequence[str] = ()) -> None:
    """Prints a table, or that there is nothing."""
    listed = list(rows)
    if listed:
        console().print(make_table(titles, listed, numbers))
    else:
        print("nothing to show")


def clock_time(moment: Timestamp) -> str:
    """Returns a moment as local time of the day, with the date when it was not today."""
    if not moment.seconds:
        return ""
    local = moment.ToDatetime(tzinfo=UTC).astimezone()
    today = local.date() == local.now(local.tzinfo).date()
    return local.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S")


def signed(amount: str) -> Text:
    """Returns an amount of money in green or red."""
    if not amount:
        return Text("-", style="dim")
    number = Decimal(amount)
    return Text(amount, style="green" if number > 0 else "red" if number < 0 else "")
