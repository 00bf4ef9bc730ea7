"""What C tells about orders is, byte for byte, what protobuf would write."""

from collections.abc import Sequence

import pytest

from tests.native.venue import reference_tell as reference
from tests.native.venue.tales import Tales
from tests.native.venue.telling import Teller, Told, report_rows
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders.domain.orders import ExecType
from tickmesh.services.orders.domain.venue import Answer

SEEDS = range(12)


@pytest.fixture(params=SEEDS)
def tales(request: pytest.FixtureRequest) -> Tales:
    return Tales(request.param)


@pytest.fixture
def teller(tales: Tales) -> Teller:
    return Teller(tales.listings, tales.nodes)


def expected(reports: Sequence[Told]) -> bytes:
    return reference.reports_bytes([told.report for told in reports])


def test_reports_are_written_as_protobuf_writes_them(tales: Tales, teller: Teller) -> None:
    for told in tales.reports(600):
        written = teller.reports([told])
        assert pb.ExecutionReports.FromString(written) == reference.reports([told.report])
        assert written == expected([told])


def test_the_order_of_a_report_is_written_as_protobuf_writes_it(tales: Tales, teller: Teller) -> None:
    for told in tales.reports(200):
        order = reference.reports([told.report]).reports[0].order
        assert teller.order(told) == order.SerializeToString(deterministic=True)


def test_many_reports_are_written_one_after_the_other(tales: Tales, teller: Teller) -> None:
    reports = tales.reports(300)
    assert teller.reports(reports) == expected(reports)
    assert teller.reports([]) == b""


def test_results_are_written_as_protobuf_writes_them(tales: Tales, teller: Teller) -> None:
    reports = tales.reports(200)
    answers = tales.answers(reports, 600)
    written, stopped = teller.results(answers, reports)
    assert pb.SubmitOrdersResponse.FromString(written) == reference.results(answers)
    assert written == reference.results_bytes(answers)
    assert stopped == len(answers)


def test_results_stop_before_one_that_only_the_tables_know(tales: Tales, teller: Teller) -> None:
    reports = tales.reports(5)
    answers = tales.answers(reports, 10)
    answers[4] = Answer(17, first_order_id=3)
    assert teller.results(answers, reports) == (reference.results_bytes(answers[:4]), 4)
    assert teller.results(answers[4:], reports) == (b"", 0)


def test_reports_go_on_where_the_last_call_stopped(tales: Tales, teller: Teller) -> None:
    reports = tales.reports(50)
    rows, place, pieces = report_rows(reports), 0, []
    while place < len(reports):
        piece, place, written = teller.some_reports(rows, len(reports), limit=7, start=place)
        assert 0 < written <= 7
        pieces.append(piece)
    assert b"".join(pieces) == expected(reports)
    assert len(pieces) == 8


def test_no_report_is_told_where_none_is_left_or_wanted(tales: Tales, teller: Teller) -> None:
    rows = report_rows(tales.reports(3))
    assert teller.some_reports(rows, 3, limit=5, start=3) == (b"", 3, 0)
    assert teller.some_reports(rows, 3, limit=5, start=9) == (b"", 9, 0)
    assert teller.some_reports(rows, 3, limit=0, start=1) == (b"", 1, 0)


def test_a_filter_passes_the_kinds_that_it_names(tales: Tales, teller: Teller) -> None:
    reports = tales.reports(60)
    wanted = {ExecType.TRADE, ExecType.CANCELED}
    bits = sum(1 << kind for kind in wanted)
    chosen = [told for told in reports if told.report.exec_type in wanted]
    told = teller.some_reports(report_rows(reports), len(reports), limit=60, exec_types=bits)
    assert told == (expected(chosen), len(reports), len(chosen))


def test_a_kind_beyond_the_bits_passes_only_without_a_filter(tales: Tales, teller: Teller) -> None:
    rows = report_rows(tales.reports(1))
    for kind in (32, 33, 255):
        rows[0].exec_type = kind
        assert teller.some_reports(rows, 1, limit=1, exec_types=2**32 - 1)[2] == 0
        assert teller.some_reports(rows, 1, limit=1)[2] == 1


def test_a_filter_passes_a_portfolio_with_its_strategies(tales: Tales, teller: Teller) -> None:
    reports = tales.reports(80)
    rows = report_rows(reports)
    for node in tales.nodes:
        mine = [told for told in reports if told.report.ticket.node.portfolio_id == node.id]
        chosen = mine if node.level == "portfolio" else []
        told = teller.some_reports(rows, len(reports), limit=80, portfolio=node.index)
        assert told == (expected(chosen), len(reports), len(chosen))


def test_a_filter_finds_what_it_passes_from_any_place_on(tales: Tales, teller: Teller) -> None:
    reports = tales.reports(80)
    portfolio = next(node for node in tales.nodes if node.level == "portfolio")
    found, place = b"", 0
    while place < len(reports):
        bits = 1 << ExecType.TRADE | 1 << ExecType.NEW
        piece, place, written = teller.some_reports(
            report_rows(reports),
            len(reports),
            limit=1,
            start=place,
            exec_types=bits,
            portfolio=portfolio.index,
        )
        assert written == bool(piece)
        found += piece
    kinds = (ExecType.TRADE, ExecType.NEW)
    mine = [told for told in reports if told.report.ticket.node.portfolio_id == portfolio.id]
    assert found == expected([told for told in mine if told.report.exec_type in kinds])
