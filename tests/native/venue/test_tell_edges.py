"""What is told at the edges: halves that are rounded, the longest messages, numbers that have no word."""

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from tests.native.venue.telling import Teller, Told, a_listing, instrument, report_row
from tickmesh.native._engine import ffi, lib
from tickmesh.native.engine import NONE, Reason, TimeInForce
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders.domain.orders import ExecType, Report, State, Status, Ticket
from tickmesh.services.orders.domain.tree import Node

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
FACTORS = (1, 5, 25, 10**18, 3**39, INT64_MAX)
LONGEST = 48 * "p"
NODES = (
    Node(0, "firm", "", NONE),
    Node(1, "portfolio", LONGEST, 0),
    Node(2, "strategy", f"{LONGEST}/{LONGEST}", 1),
)


def a_teller(price: tuple[int, int] = (1, 2), quantity: tuple[int, int] = (1, 0)) -> Teller:
    listing = a_listing(
        0, 24 * "X", *(Decimal(factor).scaleb(-places) for factor, places in (price, quantity))
    )
    return Teller([listing], NODES)


def a_row(**fields: Any) -> dict[str, Any]:
    listing = a_listing(0, "X", Decimal("0.01"), Decimal(1))
    ticket = Ticket(7, "id", NODES[1], listing, 1, 2, TimeInForce.DAY, False, 0)
    told = Told(Report(1, 1, ExecType.NEW, ticket, State(10, 100, 10, Status.NEW), 0))
    return report_row(told) | fields


def tell(teller: Teller, **fields: Any) -> pb.ExecutionReport:
    told, _, _ = teller.some_reports(ffi.new("struct report[]", [a_row(**fields)]), 1, limit=1)
    return pb.ExecutionReports.FromString(told).reports[0]


def traded(value: int, cumulative: int) -> dict[str, int]:
    return {"cumulative": cumulative, "value_low": value & 2**64 - 1, "value_high": value >> 64}


def test_what_an_order_was_told_by_hand() -> None:
    order = tell(a_teller(), price=10_125, cumulative=3, leaves=7, value_low=30_376, status=2).order
    assert (order.order_id, order.client_order_id, order.symbol) == ("7", "id", 24 * "X")
    assert (order.price, order.quantity, order.cum_quantity, order.leaves_quantity) == (
        "101.25",
        "10",
        "3",
        "7",
    )
    assert order.average_price == "101.253333333333"
    assert order.status == pb.Order.PARTIALLY_FILLED


@pytest.mark.parametrize(
    ("value", "cumulative", "places", "average"),
    [
        (1, 2, 12, "0"),  # half of the last digit goes to the even one
        (3, 2, 12, "0.000000000002"),
        (5, 2, 12, "0.000000000002"),
        (5_000_000_000_001, 10, 12, "0.5"),
        (5_000_000_000_005, 10, 12, "0.5"),
        (5_000_000_000_006, 10, 12, "0.500000000001"),
        (5, 1, 13, "0"),
        (15, 1, 13, "0.000000000002"),
        (25, 1, 13, "0.000000000002"),
        (51, 10, 13, "0.000000000001"),  # more than a half, by what the places do not show
        (50, 10, 13, "0"),
        (1, 2**14, 0, "0.000061035156"),  # 0.00006103515625
        (3, 2**14, 0, "0.000183105469"),  # 0.00018310546875
        (3 * 10**12 - 1, 3, 0, "999999999999.666666666667"),
        (2 * 10**13 - 1, 2 * 10**13, 0, "1"),  # a half below one becomes even: one
        (10**25 - 1, 10**25 // 10**12, 0, "1000000000000"),
        (2**46 * 10**6, 10**6, 0, "70368744177664"),
    ],
)
def test_an_average_is_rounded_half_even(value: int, cumulative: int, places: int, average: str) -> None:
    told = tell(a_teller(price=(1, places)), **traded(value, cumulative)).order
    assert told.average_price == average


@pytest.mark.parametrize("places", range(25))
def test_averages_of_anything_are_those_of_fractions(places: int) -> None:
    random = Random(places)
    for factor in (*FACTORS, random.randint(1, INT64_MAX)):
        teller = a_teller(price=(factor, places))
        rows = [random_trades(random) for _ in range(200)]
        told, _, _ = teller.some_reports(
            ffi.new("struct report[]", [a_row(**traded(*row)) for row in rows]), len(rows), limit=len(rows)
        )
        reports = pb.ExecutionReports.FromString(told).reports
        for (value, cumulative), report in zip(rows, reports, strict=True):
            exact = Fraction(value, cumulative) * factor / 10**places
            digits = round(exact * 10**12)  # half even
            assert Fraction(report.order.average_price) == Fraction(digits, 10**12)
            assert "." not in report.order.average_price or report.order.average_price[-1] != "0"


def random_trades(random: Random) -> tuple[int, int]:
    """Draws a value and what traded, often with a mean that ends in a half."""
    cumulative = random.choice((1, 2, 2 ** random.randint(0, 62), 10 ** random.randint(0, 18), INT64_MAX))
    cumulative = random.choice((cumulative, random.randint(1, 2**46)))
    ticks = random.randint(0, 1 << random.randint(0, 46))
    rest = random.choice((0, cumulative // 2, cumulative - 1, random.randint(0, cumulative - 1)))
    return ticks * cumulative + rest, cumulative


@pytest.mark.parametrize(
    ("engine", "contract"),
    [
        (TimeInForce.DAY, pb.Order.DAY),
        (TimeInForce.GTC, pb.Order.GTC),
        (TimeInForce.IOC, pb.Order.IOC),
        (TimeInForce.FOK, pb.Order.FOK),
        *((other, pb.Order.TIME_IN_FORCE_UNSPECIFIED) for other in (2, 5, 6, 7, 11, 255)),
    ],
)
def test_a_time_in_force_has_the_number_of_the_contract(engine: int, contract: int) -> None:
    assert tell(a_teller(), time_in_force=engine).order.time_in_force == contract


def test_only_its_own_flag_makes_an_order_post_only() -> None:
    assert tell(a_teller(), flags=0b11).order.post_only
    assert not tell(a_teller(), flags=0b11111110).order.post_only


def test_a_reason_that_nobody_named_is_not_told() -> None:
    assert tell(a_teller(), reason=200).order.reason == ""
    assert tell(a_teller(), reason=0).order.reason == ""
    assert tell(a_teller(), reason=255).order.reason == "END_OF_DAY"


def test_figures_that_no_limit_has_are_told_as_they_are() -> None:
    fields = {"limit": INT64_MAX, "used": INT64_MIN, "asked": INT64_MIN, "limit_node": 2}
    row = fields | {"exec_type": ExecType.REJECTED}
    notional = tell(a_teller(), reason=Reason.ORDER_NOTIONAL_LIMIT, **row).order.risk_decision
    assert notional.headroom == "18446744073709.551615"
    assert notional.used == notional.asked == "-9223372036854.775808"
    lots = tell(a_teller(quantity=(INT64_MAX, 24)), reason=Reason.POSITION_LIMIT, **row).order.risk_decision
    assert Fraction(lots.headroom) == Fraction((2**64 - 1) * INT64_MAX, 10**24)
    assert Fraction(lots.used) == Fraction(INT64_MIN * INT64_MAX, 10**24)
    rate = tell(a_teller(), reason=Reason.ORDER_RATE_LIMIT, **row).order.risk_decision
    assert (rate.limit, rate.headroom) == (str(INT64_MAX), str(2**64 - 1))


def a_longest_row(places: int) -> dict[str, Any]:
    """Returns a report of which every part is as long as it can be."""
    units = ("quantity", "price", "leaves", "last_lots", "last_ticks", "limit", "used", "asked")
    words = ("sequence", "order", "trade", "command")
    kinds = ("exec_type", "status", "liquidity", "side", "kind")
    row: dict[str, Any] = (
        dict.fromkeys(units, INT64_MIN) | dict.fromkeys(words, 2**64 - 1) | dict.fromkeys(kinds, 255)
    )
    row |= {
        "time_ns": -1,
        "submit_time_ns": -1,
        "text": 64 * b"x",
        "text_length": 64,
        "node": 2,
        "limit_node": 2,
    }
    row |= {"cumulative": INT64_MIN, "value_low": 2**64 - 1, "value_high": 2**64 - 1, "flags": 1}
    return row | {"reason": Reason.POSITION_LIMIT if places else Reason.ORDER_NOTIONAL_LIMIT}


@pytest.mark.parametrize("places", [0, 1, 12, 13, 24])
def test_the_longest_messages_fit_the_room_that_they_are_promised(places: int) -> None:
    teller = a_teller(price=(INT64_MAX, places), quantity=(INT64_MAX, places))
    row = a_row(**a_longest_row(places))
    teller.word(row["reason"], 40 * "R", 200 * "s")
    for cumulative in (INT64_MIN, INT64_MAX, 1, -1):
        rows = ffi.new("struct report[]", [row | {"cumulative": cumulative, "status": Status.REJECTED}])
        told, _, written = teller.some_reports(rows, 1, limit=1)
        assert written == 1
        assert 850 < len(told) <= lib.VENUE_REPORT_MAX
        answers = ffi.new("struct answer[]", [{"command": 2**64 - 1, "report": 0}])
        into = ffi.new("uint8_t[]", lib.VENUE_RESULT_MAX)
        size = lib.venue_results(teller.venue, answers, rows, 0, 1, into, ffi.new("uint32_t *"))
        assert 300 < size <= lib.VENUE_RESULT_MAX
        assert (
            len(pb.SubmitOrdersResponse.FromString(bytes(ffi.buffer(into, size))).results[0].message) == 200
        )


@pytest.mark.parametrize(("factor", "places"), [(0, 2), (2**63, 2), (2**64 - 1, 0), (1, 25), (1, 255)])
def test_an_instrument_whose_increment_is_out_of_bounds_is_not_listed(factor: int, places: int) -> None:
    counts = {"orders": 1, "waiting": 1, "instruments": 1, "nodes": 1}
    venue = ffi.gc(lib.venue_new(ffi.new("struct venue_config *", counts)), lib.venue_free)
    for wrong, right in (((factor, places), (1, 2)), ((1, 2), (factor, places))):
        assert not lib.venue_list(venue, instrument("X", wrong, right))
    assert lib.venue_list(venue, instrument("X", (INT64_MAX, 24), (1, 0)))
