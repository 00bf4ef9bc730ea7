"""The small parts of the commands that are plain functions."""

from argparse import ArgumentTypeError
from decimal import Decimal

import grpc
import pytest

from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.cli.bench import price_below, quantile
from tickmesh.services.cli.command import CommandError
from tickmesh.services.cli.session import refusal
from tickmesh.services.cli.tokens import duration_s
from tickmesh.services.cli.trading import price_of
from tickmesh.services.cli.watching import View
from tickmesh.services.runtime.errors import FieldViolation, RemoteError


@pytest.mark.parametrize("words", [["@", "189.20"], ["@189.20"]])
def test_a_price_follows_the_at_sign(words: list[str]) -> None:
    assert price_of(words) == "189.20"


def test_no_price_means_the_market() -> None:
    assert price_of([]) == ""


def test_a_number_without_the_sign_is_no_price() -> None:
    with pytest.raises(CommandError, match=r"189\.20"):
        price_of(["189.20"])


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1_800), ("12h", 43_200), ("7d", 604_800)])
def test_a_time_has_a_unit(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["12", "h", "-1h", "1.5h", "400d", ""])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        duration_s(text)


def test_a_refusal_names_reason_field_and_the_rest_once() -> None:
    fields = [FieldViolation("price", "not a multiple of 0.01")]
    error = RemoteError(grpc.StatusCode.INVALID_ARGUMENT, "OFF_TICK", "off the grid", {"limit": "7"}, fields)
    ended = refusal(error, "here:1")
    assert str(ended) == "OFF_TICK: off the grid (field price: not a multiple of 0.01) [limit=7]"
    assert ended.exit_code == 1


def test_a_field_that_the_message_names_is_not_repeated() -> None:
    fields = [FieldViolation("price", "too fine")]
    error = RemoteError(grpc.StatusCode.INVALID_ARGUMENT, "OFF_TICK", "price: too fine", {}, fields)
    assert str(refusal(error, "here:1")) == "OFF_TICK: price: too fine"


def test_nobody_there_is_an_exit_code_of_its_own() -> None:
    error = RemoteError(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "connection refused")
    ended = refusal(error, "here:1")
    assert ended.exit_code == 3
    assert "here:1" in str(ended)


def test_a_price_below_the_market_fits_the_increment() -> None:
    assert price_below(Decimal("189.21"), Decimal("0.05")) == "179.70"


def test_a_price_below_the_market_is_never_zero() -> None:
    assert price_below(Decimal("0.01"), Decimal("0.01")) == "0.01"


def test_quantiles_are_values_that_were_measured() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1.0)) == (50.0, 99.0, 100.0)


def a_level(price: str, quantity: str) -> pb.BookLevel:
    return pb.BookLevel(price=price, quantity=quantity, order_count=1)


def test_a_watched_book_follows_its_updates() -> None:
    view = View("AAPL")
    book = pb.Book(
        symbol="AAPL", bids=[a_level("10.1", "5"), a_level("9.9", "1")], asks=[a_level("10.3", "2")]
    )
    view.apply_book(pb.StreamBookResponse(snapshot=pb.BookSnapshot(books=[book])))
    change = pb.BookUpdate(symbol="AAPL", bids=[a_level("10.1", "0"), a_level("10.0", "4")])
    view.apply_book(pb.StreamBookResponse(update=pb.BookUpdates(updates=[change])))
    bids, asks = view.best(10)
    assert [(level.price, level.quantity) for level in bids] == [("10.0", "4"), ("9.9", "1")]
    assert [level.price for level in asks] == ["10.3"]


def test_a_new_snapshot_replaces_a_watched_book() -> None:
    view = View("AAPL")
    for price in ("10.1", "10.2"):
        book = pb.Book(symbol="AAPL", bids=[a_level(price, "5")])
        view.apply_book(pb.StreamBookResponse(snapshot=pb.BookSnapshot(books=[book])))
    assert [level.price for level in view.best(10)[0]] == ["10.2"]
