"""A venue that is read back from its bytes is the one that was written, and goes on like it."""

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.services.orders.samples import a_listing
from tests.services.orders.script import CONFIG, VENUE, Script, a_day, a_venue, keys, living
from tickmesh.native.engine import NONE, CommandType, Engine
from tickmesh.services.orders.domain import texts
from tickmesh.services.orders.domain.frozen import Unreadable, freeze, thaw, to_bytes
from tickmesh.services.orders.domain.tree import STRATEGY, Node
from tickmesh.services.orders.domain.venue import Venue

LENGTH = struct.Struct("<Q")


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
    orders = (living(venue), keys(venue), venue.orders.order_count())
    answers = (list(venue.requests.items()), venue.mass_cancels)
    return places, orders, answers, (venue.last_command, venue.last_time_ns, venue.last_report)


def thawed(venue: Venue) -> Venue:
    again = a_venue()
    thaw(to_bytes(freeze(venue)), again)
    return again


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 140))
def test_a_venue_read_back_after_any_command_goes_on_like_the_one_that_was_written(
    seed: int, place: int
) -> None:
    script = a_busy_day(seed)
    with Engine(CONFIG) as engine:
        venue = a_venue()
        script.run_row(venue, engine, 0, place)
        again = thawed(venue)
        assert known(again) == known(venue)
        assert to_bytes(freeze(again)) == to_bytes(freeze(venue))
        with Engine.restore(CONFIG, engine.snapshot()) as engine_again:
            outcome, expected = (
                script.run_row(again, engine_again, place),
                script.run_row(venue, engine, place),
            )
            assert outcome.reports.tobytes() == expected.reports.tobytes()
            assert outcome.applied.answers.tobytes() == expected.applied.answers.tobytes()
            assert engine_again.state_hash() == engine.state_hash()
        assert known(again) == known(venue)


def test_a_copy_stays_as_it_was_while_the_venue_goes_on() -> None:
    script = a_busy_day(1)
    with Engine(CONFIG) as engine:
        venue = a_venue()
        script.run_row(venue, engine, 0, 60)
        copied = freeze(venue)
        content = to_bytes(copied)
        script.run_row(venue, engine, 60)
        assert to_bytes(copied) == content


def test_what_the_door_noted_ahead_of_the_journal_is_left_out() -> None:
    script = a_busy_day(2)
    with Engine(CONFIG) as engine:
        venue = a_venue()
        script.run_row(venue, engine, 0)
        before = known(thawed(venue))
        venue.add_node(venue.tree.next(STRATEGY, "demo/new", 2))
        venue.list_instrument(a_listing(2, "NEW"))
        venue.listings.rates["EUR"] = venue.listings.rates["JPY"] = Fraction(1, 150)
        venue.orders.note_key(77, venue.last_command + 1)
        assert known(thawed(venue)) == before


def test_a_key_that_two_live_orders_have_still_leads_to_the_older_one() -> None:
    script = Script()
    older = script.order(1, 5, 18_900)
    for _ in range(3):
        script.order(1, 5, 18_900)
    told = {"key": older, "price": 18_900, "quantity": 5, "node": 2, "side": 1, "sort": 2}
    younger = script.add(CommandType.NEW_ORDER, **told, time_in_force=1, note="again")
    with Engine(replace(CONFIG, client_keys=2)) as engine:
        venue = a_venue()
        script.run_row(venue, engine, 0)
        assert {older, younger} <= living(venue).keys()
        assert keys(thawed(venue)) == keys(venue)
        assert keys(venue)[older] == older
        script.add(CommandType.CANCEL_ORDER, target=older, node=2)
        script.run_row(venue, engine, len(script.notes) - 1)
        assert keys(thawed(venue)) == keys(venue)
        assert older not in keys(venue)


def test_an_empty_venue_is_read_back_empty() -> None:
    assert known(thawed(a_venue())) == known(a_venue())


def test_a_venue_with_less_room_refuses_what_it_cannot_hold() -> None:
    script = Script()
    for number in range(20):
        script.order(1, 1, 100 + number)
    with Engine(CONFIG) as engine:
        venue = a_venue()
        script.run_row(venue, engine, 0)
    with pytest.raises(Unreadable):
        thaw(to_bytes(freeze(venue)), Venue(replace(VENUE, orders=5)))


def some_bytes() -> bytes:
    script = a_busy_day(3)
    with Engine(CONFIG) as engine:
        venue = a_venue()
        script.run_row(venue, engine, 0)
        return to_bytes(freeze(venue))


CONTENT = some_bytes()
WORDS_END = LENGTH.size + LENGTH.unpack_from(CONTENT)[0]
WORDS: dict[str, Any] = json.loads(CONTENT[LENGTH.size : WORDS_END])


def with_words(words: Any) -> bytes:
    """Returns the bytes of a venue that says something else in words."""
    content = words if isinstance(words, bytes) else json.dumps(words).encode()
    return LENGTH.pack(len(content)) + content + CONTENT[WORDS_END:]


def refuses(content: bytes) -> bool:
    """Says whether bytes are refused; anything but Unreadable fails the test."""
    try:
        thaw(content, a_venue())
    except Unreadable:
        return True
    return False


@pytest.mark.parametrize("version", [WORDS["version"] + 1, 1, None, "2", 2.5])
def test_bytes_of_another_version_are_refused(version: Any) -> None:
    assert refuses(with_words(WORDS | {"version": version}))


@given(st.integers(0, len(CONTENT) - 1))
def test_bytes_that_end_early_are_refused(length: int) -> None:
    assert refuses(CONTENT[:length])


@given(st.integers(0, len(CONTENT[WORDS_END:]) - 1), st.integers(1, 255))
def test_orders_of_which_a_byte_was_changed_are_refused(place: int, change: int) -> None:
    spoiled = bytearray(CONTENT)
    spoiled[WORDS_END + place] ^= change
    assert refuses(bytes(spoiled))


@settings(max_examples=200)
@given(st.integers(0, WORDS_END - 1), st.integers(1, 255))
def test_words_of_which_a_byte_was_changed_are_refused_or_say_something_else(place: int, change: int) -> None:
    spoiled = bytearray(CONTENT)
    spoiled[place] ^= change
    refuses(bytes(spoiled))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


@settings(max_examples=200)
@given(st.sampled_from([name for name in WORDS if name != "version"]), JSON)
def test_words_of_another_kind_are_refused_or_taken_whole(name: str, value: Any) -> None:
    refuses(with_words(WORDS | {name: value}))


@pytest.mark.parametrize("name", WORDS)
def test_words_of_which_one_is_missing_are_refused(name: str) -> None:
    assert refuses(with_words({key: value for key, value in WORDS.items() if key != name}))


STRANGE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a length alone": lambda: LENGTH.pack(0),
    "a length past the end": lambda: LENGTH.pack((1 << 64) - 1) + CONTENT[LENGTH.size :],
    "a list": lambda: with_words([]),
    "no text": lambda: with_words(b"\xff\xfe"),
    "a depth without end": lambda: with_words(b"[" * 100_000),
    "a listing twice": lambda: with_words(WORDS | {"listings": WORDS["listings"] * 2}),
    "a listing left out": lambda: with_words(WORDS | {"listings": WORDS["listings"][1:]}),
    "a node that skips an index": lambda: with_words(WORDS | {"nodes": WORDS["nodes"][1:]}),
    "a word for a number": lambda: with_words(WORDS | {"command": "seven"}),
    "a rate of nothing": lambda: with_words(WORDS | {"rates": [["EUR", "1/0"]]}),
}


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
def test_bytes_that_no_venue_wrote_are_refused(content: Callable[[], bytes]) -> None:
    assert refuses(content())
