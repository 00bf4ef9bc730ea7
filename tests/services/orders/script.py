"""Days of the order path without anything around it: commands, their texts, an engine and a venue."""

import random

from tests.services.orders.samples import a_listing
from tickmesh.native.engine import COMMAND_SIZE, COMMAND_STRUCT, NONE, CommandType, Engine, EngineConfig
from tickmesh.services.orders.domain import texts
from tickmesh.services.orders.domain.orders import Report
from tickmesh.services.orders.domain.tree import DESK, FIRM, PORTFOLIO, Node
from tickmesh.services.orders.domain.venue import Outcome, Venue

CONFIG = EngineConfig(orders=500, instruments=4, pages=64, nodes=16, positions=64, client_keys=1_000)
NODES = [Node(0, FIRM, "", NONE), Node(1, DESK, "desk", 0), Node(2, PORTFOLIO, "demo", 1)]


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

    def run(self, cuts: list[int]) -> tuple[Venue, list[Report], list[Outcome], int]:
        """Runs the commands in rows that end at the cuts."""
        venue, reports, outcomes = Venue(), [], []
        with Engine(CONFIG) as engine:
            for start, end in zip([0, *cuts], [*cuts, len(self.notes)], strict=True):
                outcome = self.run_row(venue, engine, start, end)
                outcomes.append(outcome)
                reports += outcome.reports
            return venue, reports, outcomes, engine.status().orders

    def run_row(self, venue: Venue, engine: Engine, start: int, end: int | None = None) -> Outcome:
        """Runs the commands from one place up to another, which is the end of all unless it is told."""
        stop = len(self.notes) if end is None else end
        part = bytes(self.payload[start * COMMAND_SIZE : stop * COMMAND_SIZE])
        return venue.apply(part, self.notes[start:stop], engine.process(part))


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
