"""A small market whose orders a ledger keeps: commands gather in a row until it is run."""

from dataclasses import replace
from itertools import count
from typing import Any

from tests.native.commands import Command
from tests.native.market import ALPHA, BETA, DESK, FIRM, REFERENCE_PRICE, SMALL
from tests.native.venue.ledger import Ledger
from tests.native.venue.reference_venue import Answer, Report
from tickmesh.native.engine import NONE, CommandType, Engine, OrderType, TimeInForce

INSTRUMENTS, NODES = 1, 4


class Desk:
    """An engine with its stage set, and the ledger behind it."""

    def __init__(self, orders: int = 100) -> None:
        self.engine = Engine(replace(SMALL, orders=orders))
        self.ledger = Ledger(orders, instruments=INSTRUMENTS, nodes=NODES)
        self.keys = count(1_000)
        self.sequence = 0
        self.commands: list[Command] = []
        self.notes: list[bytes] = []
        self.stamp(CommandType.LIST_INSTRUMENT, price=REFERENCE_PRICE, quantity=1)
        for node, parent in ((FIRM, NONE), (DESK, FIRM), (ALPHA, DESK), (BETA, DESK)):
            self.stamp(CommandType.ADD_NODE, node=node, target=parent)
        self.row()

    def stamp(self, command_type: int, note: bytes = b"", **fields: int) -> int:
        """Puts a command into the row; returns its sequence, which is an order's id."""
        self.sequence += 1
        self.commands.append(
            Command(type=command_type, **({"sequence": self.sequence, "time_ns": self.sequence} | fields))
        )
        self.notes.append(note)
        return self.sequence

    def order(self, side: int, quantity: int, price: int, note: bytes = b"", **fields: int) -> int:
        """A LIMIT order of ALPHA, good till cancelled, unless the fields say otherwise."""
        plain = {"node": ALPHA, "kind": int(OrderType.LIMIT), "time_in_force": int(TimeInForce.GTC)}
        plain |= {"client_key": next(self.keys), "side": int(side), "quantity": quantity, "price": price}
        return self.stamp(CommandType.NEW_ORDER, note, **(plain | fields))

    def cancel(self, order: int) -> int:
        return self.stamp(CommandType.CANCEL_ORDER, target=order)

    def run(self, count: int | None = None) -> tuple[bytes, list[bytes], Any]:
        """Runs the first commands that wait, or all; returns them, their notes and their events."""
        commands, self.commands = self.commands[:count], self.commands[len(self.commands[:count]) :]
        notes, self.notes = self.notes[: len(commands)], self.notes[len(commands) :]
        payload = b"".join(command.pack() for command in commands)
        return payload, notes, self.engine.process(payload)

    def row(self, count: int | None = None) -> tuple[list[Report], list[Answer]]:
        """Runs the first commands that wait, or all, and lets the ledger take them in as a row."""
        return self.ledger.apply(*self.run(count))
