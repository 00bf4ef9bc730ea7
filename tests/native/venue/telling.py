"""A venue in C that tells reports and answers, fed with those of the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tickmesh.native._engine import ffi, lib
from tickmesh.native.engine import NONE, OrderFlag, Reason
from tickmesh.services.orders.domain import faults
from tickmesh.services.orders.domain.listings import Listing
from tickmesh.services.orders.domain.orders import Report, RiskFigures
from tickmesh.services.orders.domain.tree import Node
from tickmesh.services.orders.domain.venue import Answer
from tickmesh.services.values import Increment

END_OF_DAY = 255
WORDS = {reason: reason.name for reason in Reason} | {END_OF_DAY: "END_OF_DAY"}
NUMBERS = {name: number for number, name in WORDS.items()} | {"": 0}


@dataclass(frozen=True, slots=True)
class Told:
    """A report, and the figures of the limit that refused its order."""

    report: Report
    figures: RiskFigures | None = None


def a_listing(index: int, symbol: str, price: Decimal, quantity: Decimal) -> Listing:
    """Returns an instrument with these increments."""
    increments = Increment(price), Increment(quantity)
    return Listing(index, symbol, "USD", *increments, Decimal(1), Decimal(0), reference_ticks=100)


def parts(increment: Increment) -> tuple[int, int]:
    """Returns the factor and the places of an increment: it is factor / 10**places."""
    places = max(0, -int(increment.value.as_tuple().exponent))
    return int(increment.value.scaleb(places)), places


class Teller:
    """A venue that knows some instruments and places."""

    def __init__(self, listings: Sequence[Listing], nodes: Sequence[Node]) -> None:
        counts = {"orders": 1, "waiting": 1, "instruments": len(listings), "nodes": len(nodes)}
        self.venue = ffi.gc(lib.venue_new(ffi.new("struct venue_config *", counts)), lib.venue_free)
        for listing in listings:
            assert lib.venue_list(self.venue, instrument_of(listing))
        for node in nodes:
            texts = (node.name, *owner(node))
            assert lib.venue_add_node(self.venue, *(part for text in texts for part in text_and_length(text)))
        for number, name in WORDS.items():
            self.word(number, name, faults.sentence(name))

    def word(self, number: int, name: str, sentence: str) -> None:
        """Says what a reason is called and means."""
        assert lib.venue_word(self.venue, number, *text_and_length(name), *text_and_length(sentence))

    def results(self, answers: Sequence[Answer], reports: Sequence[Told] = ()) -> tuple[bytes, int]:
        """Returns the answers as they go over the wire, and where it stopped."""
        places = {id(told.report): place for place, told in enumerate(reports)}
        rows = ffi.new("struct answer[]", [answer_row(answer, places) for answer in answers])
        into = ffi.new("uint8_t[]", len(answers) * lib.VENUE_RESULT_MAX)
        stopped = ffi.new("uint32_t *")
        size = lib.venue_results(self.venue, rows, report_rows(reports), 0, len(answers), into, stopped)
        return bytes(ffi.buffer(into, size)), stopped[0]

    def reports(self, reports: Sequence[Told]) -> bytes:
        """Returns reports as they go over the wire."""
        told, place, written = self.some_reports(report_rows(reports), len(reports), limit=len(reports))
        assert place == written == len(reports)
        return told

    def order(self, told: Told) -> bytes:
        """Returns the order of a report as it goes over the wire."""
        into = ffi.new("uint8_t[]", lib.VENUE_REPORT_MAX)
        return bytes(ffi.buffer(into, lib.venue_report_order(self.venue, report_rows([told]), into)))

    def some_reports(
        self, rows: Any, count: int, limit: int, start: int = 0, exec_types: int = 0, portfolio: int = NONE
    ) -> tuple[bytes, int, int]:
        """Returns what one call tells, where to go on, and how many reports that were."""
        chosen = ffi.new("struct venue_filter *", {"exec_types": exec_types, "portfolio": portfolio})
        place, written = ffi.new("uint64_t *", start), ffi.new("uint32_t *")
        into = ffi.new("uint8_t[]", limit * lib.VENUE_REPORT_MAX + 1)
        size = lib.venue_reports(self.venue, rows, count, chosen, limit, place, written, into)
        assert size <= written[0] * lib.VENUE_REPORT_MAX
        return bytes(ffi.buffer(into, size)), place[0], written[0]


def owner(node: Node) -> tuple[str, str]:
    """Returns the portfolio and the strategy of a place; nothing where orders do not belong."""
    return (node.portfolio_id, node.strategy_id) if node.level in ("portfolio", "strategy") else ("", "")


def text_and_length(text: str) -> tuple[bytes, int]:
    """Returns text as C takes it."""
    return text.encode(), len(text.encode())


def instrument_of(listing: Listing) -> Any:
    """Returns a listing as a struct."""
    price, quantity = parts(listing.price_increment), parts(listing.quantity_increment)
    return instrument(listing.symbol, price, quantity)


def instrument(symbol: str, price: tuple[int, int], quantity: tuple[int, int]) -> Any:
    """Returns an instrument whose increments are factor and places."""
    return ffi.new(
        "struct venue_instrument *",
        {
            "symbol": symbol.encode(),
            "symbol_length": len(symbol.encode()),
            "price_factor": price[0],
            "price_places": price[1],
            "quantity_factor": quantity[0],
            "quantity_places": quantity[1],
        },
    )


def answer_row(answer: Answer, places: dict[int, int]) -> dict[str, int]:
    """Returns an answer as a struct; `places` says where its report stands."""
    return {
        "command": answer.command,
        "first_order": answer.first_order_id,
        "report": -1 if answer.report is None else places[id(answer.report)],
        "reason": NUMBERS[answer.reason],
        "limit_node": NONE,
    }


def report_rows(reports: Sequence[Told]) -> Any:
    """Returns reports as structs."""
    return ffi.new("struct report[]", [report_row(told) for told in reports])


def report_row(told: Told) -> dict[str, Any]:
    """Returns a report as a struct."""
    return happening(told.report) | order(told.report) | figures(told.figures)


def happening(report: Report) -> dict[str, Any]:
    """Returns what happened."""
    return {
        "sequence": report.sequence,
        "command": report.command,
        "time_ns": report.time_ns,
        "last_lots": report.last_lots,
        "last_ticks": report.last_ticks,
        "trade": report.trade,
        "exec_type": report.exec_type,
        "liquidity": report.liquidity,
    }


def order(report: Report) -> dict[str, Any]:
    """Returns the order that it happened to."""
    ticket, state = report.ticket, report.state
    return {
        "order": ticket.order_id,
        "submit_time_ns": ticket.submit_time_ns,
        "quantity": state.quantity,
        "price": state.price,
        "leaves": state.leaves,
        "cumulative": state.cumulative,
        "value_low": state.value & 2**64 - 1,
        "value_high": state.value >> 64,
        "key": 1,
        "instrument": ticket.listing.index,
        "node": ticket.node.index,
        "status": state.status,
        "reason": NUMBERS[state.reason],
        "side": ticket.side,
        "kind": ticket.order_type,
        "time_in_force": ticket.time_in_force,
        "flags": OrderFlag.POST_ONLY if ticket.post_only else 0,
        "text_length": len(ticket.client_order_id),
        "text": ticket.client_order_id.encode(),
    }


def figures(figures: RiskFigures | None) -> dict[str, int]:
    """Returns the limit that refused it."""
    if figures is None:
        return {"limit_node": NONE}
    return {
        "limit_node": figures.node.index,
        "limit": figures.limit,
        "used": figures.used,
        "asked": figures.asked,
    }
