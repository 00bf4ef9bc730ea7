"""Reports and answers at random, edges and nonsense included."""

import string
from decimal import Decimal
from random import Random

from tests.native.venue.telling import WORDS, Told, a_listing
from tickmesh.native.engine import Reason, TimeInForce
from tickmesh.services.orders.domain.listings import Listing
from tickmesh.services.orders.domain.orders import (
    LIMIT_REASONS,
    ExecType,
    Liquidity,
    Report,
    RiskFigures,
    State,
    Status,
    Ticket,
)
from tickmesh.services.orders.domain.tree import Node
from tickmesh.services.orders.domain.venue import Answer

UNITS_MAX = 1 << 46
INT64_MAX = 2**63 - 1
PLACES_MAX = 24
ODD = "\"'\\{}[]<>%&;:,. ~`\x7f"
IDS = string.ascii_letters + string.digits + "-_" + ODD
CONTRACT_TIMES_IN_FORCE = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
DESKS = 2


class Tales:
    """Draws reports and answers about some instruments and places."""

    def __init__(self, seed: int, instruments: int = 40, portfolios: int = 6) -> None:
        self.random = Random(seed)
        self.listings = [self.listing(index) for index in range(instruments)]
        self.nodes = self.tree(portfolios)
        self.owners = [node for node in self.nodes if node.level in ("portfolio", "strategy")]

    def listing(self, index: int) -> Listing:
        """Draws an instrument, every number of places at some index."""
        places = (index % (PLACES_MAX + 1), self.random.randint(0, PLACES_MAX))
        price, quantity = (Decimal(self.factor()).scaleb(-count) for count in places)
        return a_listing(index, self.text(f"S{index}", 24), price, quantity)

    def factor(self) -> int:
        """Draws what an increment is a power of ten of."""
        draw = self.random
        return draw.choice((1, 5, 25, 10 ** draw.randint(0, 18), draw.randint(1, INT64_MAX), INT64_MAX))

    def tree(self, portfolios: int) -> list[Node]:
        """Draws a firm with desks, portfolios and a strategy each."""
        places = [("firm", "")] + [("desk", self.text(f"d{index}", 48)) for index in range(DESKS)]
        for index in range(portfolios):
            name = self.text(f"p{index}", 48)
            places += [("portfolio", name), ("strategy", f"{name}/{self.text('s', 48)}")]
        return [Node(index, level, name, parent=0) for index, (level, name) in enumerate(places)]

    def text(self, begin: str, length_max: int, letters: str = string.ascii_lowercase) -> str:
        """Draws text of up to so many letters."""
        length = self.random.choice((len(begin), length_max, self.random.randint(len(begin), length_max)))
        return begin + "".join(self.random.choices(letters, k=length - len(begin)))

    def units(self) -> int:
        """Draws ticks or lots."""
        draw = self.random
        return draw.choice(
            (0, 1, draw.randint(0, 1_000), 1 << draw.randint(0, 46), draw.randint(0, UNITS_MAX))
        )

    def figure(self) -> int:
        """Draws a figure of a limit, sometimes one that no engine gives."""
        draw = self.random
        edges = (0, 1, 10**6, -1, INT64_MAX, -INT64_MAX - 1)
        return draw.choice((draw.choice(edges), self.units(), draw.randint(0, INT64_MAX)))

    def moment(self) -> int:
        """Draws a moment, sometimes one on a second or before 1970."""
        draw = self.random
        second = draw.randint(0, 4 * 10**9) * 10**9
        return draw.choice((second, second + draw.randint(0, 10**9 - 1), 0, -1, INT64_MAX, -INT64_MAX - 1))

    def ticket(self) -> Ticket:
        """Draws what never changes about an order."""
        draw = self.random
        return Ticket(
            order_id=draw.randint(0, 1 << draw.randint(1, 64)) % 2**64,
            client_order_id=self.text("", 64, IDS),
            node=draw.choice(self.owners),
            listing=draw.choice(self.listings),
            side=draw.randint(0, 2),
            order_type=draw.choice((1, 2, draw.randint(0, 255))),
            time_in_force=draw.choice(CONTRACT_TIMES_IN_FORCE),
            post_only=draw.random() < 0.3,
            submit_time_ns=self.moment(),
        )

    def state(self, reason: str) -> State:
        """Draws an order as it is at one moment."""
        draw = self.random
        traded = draw.choice((0, self.units(), 2 ** draw.randint(0, 20) * 5 ** draw.randint(0, 10)))
        value = traded * self.units() + draw.choice((0, traded // 2, draw.randint(0, traded)))
        status = Status.REJECTED if reason else draw.choice(list(Status))
        return State(self.units(), self.units(), self.units(), status, traded, value, reason)

    def report(self) -> Told:
        """Draws one thing that happened."""
        draw = self.random
        limit = draw.choice(list(LIMIT_REASONS)) if draw.random() < 0.3 else None
        reason = limit.name if limit else draw.choice(("", draw.choice(list(WORDS.values())[1:])))
        ticket = self.ticket()
        figures = self.figures(limit) if limit else None
        report = Report(
            sequence=draw.randint(0, 2**64 - 1),
            command=draw.randint(0, 2**64 - 1),
            exec_type=draw.choice(list(ExecType)),
            ticket=ticket,
            state=self.state(reason),
            time_ns=self.moment(),
            last_lots=self.units(),
            last_ticks=self.units(),
            liquidity=draw.choice(list(Liquidity)),
            trade=draw.randint(0, 2**64 - 1),
            risk=figures.texts(ticket.listing) if figures else None,
        )
        return Told(report, figures)

    def figures(self, reason: Reason) -> RiskFigures:
        """Draws what a limit says."""
        node = self.random.choice(self.nodes)
        return RiskFigures(reason, node, self.figure(), self.figure(), self.figure())

    def reports(self, count: int) -> list[Told]:
        """Draws so many reports."""
        return [self.report() for _ in range(count)]

    def answers(self, reports: list[Told], count: int) -> list[Answer]:
        """Draws so many answers, about half of them with a report."""
        return [self.answer(reports) for _ in range(count)]

    def answer(self, reports: list[Told]) -> Answer:
        """Draws an answer."""
        draw = self.random
        command = draw.randint(0, 1 << draw.randint(1, 64)) % 2**64
        if draw.random() < 0.5:
            return Answer(command, draw.choice(reports).report)
        return Answer(command, reason=draw.choice(("", draw.choice(list(WORDS.values())[1:]))))
