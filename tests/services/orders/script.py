"""Days of the order path without anything around it: commands, their texts, an engine and a venue."""

import random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.services.orders.samples import a_listing
from tickmesh.native.engine import COMMAND_SIZE, COMMAND_STRUCT, NONE, CommandType, Engine, EngineConfig
from tickmesh.native.venue import VenueConfig
from tickmesh.services.orders.domain import texts
from tickmesh.services.orders.domain.orders import Report
from tickmesh.services.orders.domain.tree import DESK, FIRM, PORTFOLIO, Node
from tickmesh.services.orders.domain.venue import Answer, Outcome, Venue

CONFIG = EngineConfig(orders=500, instruments=4, pages=64, nodes=16, positions=64, client_keys=1_000)
VENUE = VenueConfig(orders=500, waiting=500, instruments=4, nodes=16)
NODES = [Node(0, FIRM, "", NONE), Node(1, DESK, "desk", 0), Node(2, PORTFOLIO, "demo", 1)]


def a_venue() -> Venue:
    """Returns an empty venue with room for a script."""
    return Venue(VENUE)


class Ran(NamedTuple):
    """What became of a script."""

    venue: Venue
    reports: NDArray[Any]
    outcomes: list[Outcome]
    open_orders: int  # as the engine counts them

    def told(self) -> list[Report]:
        """Returns the reports as the domain reads them."""
        return [self.venue.report(record) for record in self.reports]

    def answers(self) -> list[Answer]:
        """Returns what became of each command."""
        return [
            self.venue.answer(outcome, outcome.first + place)
            for outcome in self.outcomes
            for place in range(len(outcome.commands))
        ]


class Script:
    """Commands and their texts, as a sequencer would write them."""

    def __init__(self) -> None:
        self.payload = bytearray()
        self.notes: list[str] = []
        for node in NODES:
            note = texts.part(texts.NODE, node.to_text())
            self.add(CommandType.ADD_NODE, node=node.index, target=node.parent, note=note)
        note = texts.part(texts.LISTING, a_listing().to_text())
        self.add(CommandType.LIST_INSTRUMENT, price=18_920, quantity=1_000, note=note)

    def add(self, kind: CommandType, *, note: str = "", **told: int) -> int:
        number = len(self.notes) + 1
        names = ("key", "target", "price", "quantity", "instrument", "node")
        fields = [told.get(name, 0) for name in names]
        kinds = [told.get(name, 0) for name in ("side", "sort", "time_in_force", "flags")]
        self.payload += COMMAND_STRUCT.pack(number, number, *fields, kind, *kinds)
        self.notes.append(note)
        return number

    def order(self, side: int, lots: int, ticks: int, time_in_force: int = 1) -> int:
        number = len(self.notes) + 1
        return self.add(
            CommandType.NEW_ORDER,
            key=number,
            price=ticks,
            quantity=lots,
            node=2,
            side=side,
            sort=2,
            time_in_force=time_in_force,
            note=f"c-{number}",
        )

    def run(self, cuts: list[int]) -> Ran:
        """Runs the commands in rows that end at the cuts."""
        venue = a_venue()
        with Engine(CONFIG) as engine:
            ends = zip([0, *cuts], [*cuts, len(self.notes)], strict=True)
            outcomes = [self.run_row(venue, engine, start, end) for start, end in ends if start < end]
            reports = np.concatenate([outcome.reports for outcome in outcomes])
            return Ran(venue, reports, outcomes, engine.status().orders)

    def run_row(self, venue: Venue, engine: Engine, start: int, end: int | None = None) -> Outcome:
        """Runs the commands from one place up to another, which is the end of all unless it is told."""
        stop = len(self.notes) if end is None else end
        part = bytes(self.payload[start * COMMAND_SIZE : stop * COMMAND_SIZE])
        return venue.apply(part, self.notes_of(start, stop), engine.process(part))

    def notes_of(self, start: int, stop: int | None = None) -> bytes:
        """Returns the texts of some commands, each ended by a 0."""
        return b"".join(note.encode() + b"\0" for note in self.notes[start:stop])


def a_day(seed: int, length: int = 120) -> Script:
    """Returns random orders, cancels and replaces."""
    chance, script = random.Random(seed), Script()
    for _ in range(length):
        target = chance.randint(1, len(script.notes))
        if chance.random() < 0.7:
            script.order(chance.choice([1, 2]), chance.randint(1, 9), 18_920 + chance.randint(-3, 3))
        elif chance.random() < 0.7:
            script.add(CommandType.CANCEL_ORDER, target=target, node=2)
        else:
            script.add(CommandType.REPLACE_ORDER, target=target, node=2, quantity=chance.randint(1, 12))
    return script


def living(venue: Venue) -> dict[int, Report]:
    """Returns the orders that live, by id."""
    found = {number: venue.live_order(number) for number in range(1, venue.last_command + 1)}
    return {number: order for number, order in found.items() if order is not None}


def keys(venue: Venue) -> dict[int, int]:
    """Returns the order that each client key leads to; a script's keys are numbers of commands."""
    found = {key: venue.orders.key_order(key) for key in range(1, venue.last_command + 1)}
    return {key: order for key, order in found.items() if order}
