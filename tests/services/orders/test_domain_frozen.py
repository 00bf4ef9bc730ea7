"""A venue that is read back from its text is the one that was written, and goes on like it."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.orders.samples import a_listing
from tests.services.orders.script import CONFIG, Script, a_day
from tickmesh.native.engine import NONE, CommandType, Engine, EngineConfig
from tickmesh.services.orders.domain import texts
from tickmesh.services.orders.domain.frozen import ROWS_MAX, OtherVersion, freeze, from_lines, to_lines
from tickmesh.services.orders.domain.tree import STRATEGY, Node
from tickmesh.services.orders.domain.venue import Venue


def a_busy_day(seed: int) -> Script:
    """Returns random orders, and among them everything else that the venue remembers."""
    script = a_day(seed, 40)
    euro = json.dumps({"currency": "EUR", "rate": "13/12"})
    listing = texts.part(texts.LISTING, a_listing(1, "SAP").to_text())
    node = texts.part(texts.NODE, Node(3, STRATEGY, "demo/slow", 2).to_text())
    for part in range(3):
        script.order(1, 5, 18_900 - part)
        number = len(script.notes) + 1
        request = texts.part(texts.REQUEST, json.dumps([f"r-{part}", "digest", number]))
        script.add(CommandType.MASS_CANCEL, node=2, instrument=NONE, note=request)
        if part == 1:
            script.add(CommandType.LIST_INSTRUMENT, instrument=1, price=9_000, quantity=7, note=listing)
            script.add(CommandType.ADD_NODE, node=3, target=2, note=node)
            script.add(CommandType.SET_UNIT_VALUE, quantity=999, note=texts.part(texts.RATE, euro))
        for number in range(30):
            script.order(1 + number % 2, 3, 18_915 + 7 * number % 11)
    return script


def known(venue: Venue) -> tuple[Any, ...]:
    """Returns everything that a venue remembers."""
    places = (venue.listings.by_index, venue.listings.rates, venue.tree.by_index, venue.journaled)
    orders = (list(venue.live.items()), venue.by_key, venue.shadowed, venue.books)
    answers = (list(venue.requests.items()), venue.mass_cancels)
    return places, orders, answers, (venue.last_command, venue.last_time_ns, venue.last_report)


def thawed(venue: Venue) -> Venue:
    return from_lines(to_lines(freeze(venue)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 140))
def test_a_venue_read_back_after_any_command_goes_on_like_the_one_that_was_written(
    seed: int, place: int
) -> None:
    script = a_busy_day(seed)
    with Engine(CONFIG) as engine:
        venue = Venue()
        script.run_row(venue, engine, 0, place)
        again = thawed(venue)
        assert known(again) == known(venue)
        with Engine.restore(CONFIG, engine.snapshot()) as engine_again:
            outcome = script.run_row(again, engine_again, place)
            assert outcome == script.run_row(venue, engine, place)
            assert engine_again.state_hash() == engine.state_hash()
        assert known(again) == known(venue)


def test_a_copy_stays_as_it_was_while_the_venue_goes_on() -> None:
    script = a_busy_day(1)
    with Engine(CONFIG) as engine:
        venue = Venue()
        script.run_row(venue, engine, 0, 60)
        copied = freeze(venue)
        text = list(to_lines(copied))
        script.run_row(venue, engine, 60)
        assert list(to_lines(copied)) == text


def test_what_the_door_noted_ahead_of_the_journal_is_left_out() -> None:
    script = a_busy_day(2)
    with Engine(CONFIG) as engine:
        venue = Venue()
        script.run_row(venue, engine, 0)
        before = known(thawed(venue))
        venue.add_node(venue.tree.next(STRATEGY, "demo/new", 2))
        venue.list_instrument(a_listing(2, "NEW"))
        venue.listings.rates["EUR"] = venue.listings.rates["JPY"] = Fraction(1, 150)
        venue.by_key[77] = venue.last_command + 1
        assert known(thawed(venue)) == before


def test_a_key_that_two_live_orders_have_still_leads_to_the_older_one() -> None:
    script = Script()
    older = script.order(1, 5, 18_900)
    for _ in range(3):
        script.order(1, 5, 18_900)
    told = {"key": older, "price": 18_900, "quantity": 5, "node": 2, "side": 1, "sort": 2}
    younger = script.add(CommandType.NEW_ORDER, **told, time_in_force=1, note="again")
    with Engine(EngineConfig(**{**_as_told(), "client_keys": 2})) as engine:
        venue = Venue()
        script.run_row(venue, engine, 0)
        assert {older, younger} <= venue.live.keys()
        assert thawed(venue).by_key == venue.by_key
        assert venue.by_key[older] == older
        script.add(CommandType.CANCEL_ORDER, target=older, node=2)
        script.run_row(venue, engine, len(script.notes) - 1)
        assert thawed(venue).by_key == venue.by_key
        assert older not in venue.by_key


def _as_told() -> dict[str, Any]:
    return {"orders": 500, "instruments": 4, "pages": 64, "nodes": 16, "positions": 64}


def test_no_line_is_long() -> None:
    script = Script()
    for number in range(3 * ROWS_MAX // 2):
        script.order(1, 1, 10_000 + number)
    with Engine(EngineConfig(**{**_as_told(), "orders": 1_000})) as engine:
        venue = Venue()
        script.run_row(venue, engine, 0)
    sections = [json.loads(line) for line in to_lines(freeze(venue))][1:]
    sizes = {name: [len(rows) for section, rows in sections if section == name] for name, _ in sections}
    assert sizes["order"] == sizes["bid"] == [ROWS_MAX, ROWS_MAX // 2]


def test_an_empty_venue_is_read_back_empty() -> None:
    assert known(thawed(Venue())) == known(Venue())


def test_text_of_another_version_is_refused() -> None:
    head, *rest = to_lines(freeze(Venue()))
    told = json.loads(head)
    with pytest.raises(OtherVersion):
        from_lines([json.dumps(told | {"version": told["version"] + 1}).encode(), *rest])
