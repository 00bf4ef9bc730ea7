"""Where the door in C stops, and what it leaves as it was."""

import pytest

from tests.native.venue.entry_pair import Pair
from tests.native.venue.entry_row import Row, Stop, count_actions, reading
from tests.native.venue.entry_wire import DELIMITED, Field, batch
from tests.native.venue.entry_world import the_listings, the_tree, the_venue
from tests.native.venue.test_entry_against_reference import A_CANCEL, A_SUBMIT
from tickmesh.native._engine import ffi, lib
from tickmesh.orders.v1 import orders_pb2 as pb

SUBMIT = A_SUBMIT.SerializeToString()
CANCEL = A_CANCEL.SerializeToString()
BROKEN = b"\x22\x00"


def a_submit(order_id: str) -> bytes:
    action = pb.OrderAction()
    action.CopyFrom(A_SUBMIT)
    action.submit.client_order_id = order_id
    return action.SerializeToString()


def test_a_message_of_nothing_is_done_at_once() -> None:
    pair, position = Pair(), reading(b"")
    row = pair.new_row()
    assert row.read(pair.venue, position) is Stop.DONE
    assert (row.stamped(), position.cursor.action) == ([], 0)


def test_what_is_aside_is_named_and_leaves_no_trace() -> None:
    pair, row = Pair(), Row(10, 1_000, sequence=7)
    position = reading(batch([SUBMIT, BROKEN, CANCEL]))
    assert row.read(pair.venue, position) is Stop.ASIDE
    assert (position.aside, position.cursor.action) == (BROKEN, 2)
    assert row.row.sequence == 8
    assert row.read(pair.venue, position) is Stop.DONE
    assert position.cursor.action == 3
    assert [command.sequence for command, _ in row.stamped()] == [8, 9]
    assert [note for _, note in row.stamped()] == ["order 1", ""]


def test_a_row_that_is_full_is_left_for_the_next() -> None:
    pair, first, position = Pair(), Row(1, 1_000), reading(batch([SUBMIT, CANCEL]))
    assert first.read(pair.venue, position) is Stop.FULL
    assert first.read(pair.venue, position) is Stop.FULL
    assert (len(first.stamped()), position.cursor.action) == (1, 1)
    second = Row(1, 1_000, sequence=first.row.sequence)
    assert second.read(pair.venue, position) is Stop.DONE
    assert [command.sequence for command, _ in second.stamped()] == [2]


@pytest.mark.parametrize(("notes_capacity", "stop"), [(64, Stop.FULL), (65, Stop.DONE)])
def test_a_row_has_room_while_the_longest_note_fits(notes_capacity: int, stop: Stop) -> None:
    pair, row = Pair(), Row(10, notes_capacity)
    assert row.read(pair.venue, reading(batch([a_submit("x" * 64)]))) is stop


def test_a_full_table_of_keys_sets_aside_what_would_need_another() -> None:
    venue = the_venue(the_listings(), the_tree(), orders=4, waiting=4)
    row, position = Row(100, 10_000), reading(batch([a_submit(f"order {index}") for index in range(50)]))
    assert row.read(venue, position) is Stop.ASIDE
    taken = len(row.stamped())
    assert taken >= 8
    key = lib.venue_client_key(b"demo", 4, b"order %d" % taken, len(b"order %d" % taken))
    assert lib.venue_key_order(venue, key) == 0
    assert row.read(venue, reading(batch([a_submit("order 0"), CANCEL]))) is Stop.DONE


def test_the_first_order_of_a_key_keeps_it() -> None:
    pair, row = Pair(), Row(10, 1_000, sequence=41)
    assert row.read(pair.venue, reading(batch([SUBMIT, SUBMIT]))) is Stop.DONE
    assert lib.venue_key_order(pair.venue, lib.venue_client_key(b"demo", 4, b"order 1", 7)) == 42


@pytest.mark.parametrize(
    "message",
    [
        b"\x0a",
        b"\x0a\x01",
        b"\x0a\x80\x00",
        b"\x0a\x80\x80\x80\x80\x00",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x8a\x00\x00",
        b"\x08\x00",
        b"\x12\x00",
        batch([SUBMIT]) + b"\x12\x00",
    ],
)
def test_a_message_that_is_not_plain_at_its_top_has_no_count_and_is_set_aside(message: bytes) -> None:
    assert count_actions(message) == -1
    pair, row, position = Pair(), Row(10, 1_000), reading(message)
    assert row.read(pair.venue, position) is Stop.ASIDE
    assert message.endswith(position.aside)
    assert position.cursor.offset == len(message)
    assert row.read(pair.venue, position) is Stop.DONE


def test_actions_are_counted_whatever_they_are() -> None:
    actions = [b"", BROKEN, SUBMIT, CANCEL, b"\xff" * 200, b"\0" * 20_000, b"x" * 3_000_000]
    for count in range(len(actions) + 1):
        assert count_actions(batch(actions[:count])) == count


def test_a_cursor_behind_the_end_is_done() -> None:
    pair, position = Pair(), reading(batch([SUBMIT]))
    position.cursor.offset = 1_000
    assert pair.new_row().read(pair.venue, position) is Stop.DONE


def test_a_strategy_that_has_no_place_yet_is_set_aside() -> None:
    action = pb.OrderAction()
    action.CopyFrom(A_SUBMIT)
    action.submit.strategy_id = "new-one"
    pair, position = Pair(), reading(batch([action.SerializeToString()]))
    assert pair.new_row().read(pair.venue, position) is Stop.ASIDE


def test_a_place_where_orders_do_not_belong_takes_none() -> None:
    listings, tree = the_listings(), the_tree()
    venue = the_venue(listings, tree)
    name = b"strategy/orphan/of-nobody"
    assert lib.venue_add_node(venue, name, len(name), b"orphan", 6, b"of-nobody", 9)
    action = pb.OrderAction()
    action.CopyFrom(A_SUBMIT)
    action.submit.portfolio_id, action.submit.strategy_id = "orphan", "of-nobody"
    assert Row(1, 100).read(venue, reading(batch([action.SerializeToString()]))) is Stop.ASIDE


def test_an_increment_that_is_none_is_not_listed() -> None:
    listings, tree = the_listings(), the_tree()
    venue = the_venue(listings, tree)
    for factor, places in [(0, 2), (1 << 63, 2), (1, 25)]:
        for name in ("price", "quantity"):
            words = {"symbol": b"NEW", "symbol_length": 3, "price_factor": 1, "quantity_factor": 1}
            words |= {f"{name}_factor": factor, f"{name}_places": places}
            assert lib.venue_list(venue, ffi.new("struct venue_instrument *", words)) == 0


def test_lengths_are_read_up_to_four_bytes() -> None:
    long = Field(1, DELIMITED, b"x" * 20_000).encode()
    assert count_actions(long) == 1
    assert count_actions(Field(1, DELIMITED, b"x" * 20_000, value_padding=1).encode()) == -1
