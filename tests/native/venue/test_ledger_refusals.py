"""What the ledger refuses: rows and bytes that say what cannot be."""

import numpy as np
import pytest

from tests.native.venue.ledger import Ledger, Unfit
from tests.native.venue.ledger_desk import INSTRUMENTS, NODES, Desk
from tickmesh.native.engine import EVENT_DTYPE, Side

ORDERS = 100


@pytest.fixture
def desk() -> Desk:
    return Desk(ORDERS)


def refuses(desk: Desk, text: bytes | None = None) -> bool:
    """Says whether the ledger refuses the row that waits."""
    commands, notes, events = desk.run()
    try:
        desk.ledger.apply_text(
            commands, b"".join(note + b"\0" for note in notes) if text is None else text, events
        )
    except Unfit:
        return True
    return False


@pytest.mark.parametrize("fields", [{"instrument": INSTRUMENTS}, {"node": NODES}])
def test_an_order_that_names_what_is_not_known_does_not_fit(desk: Desk, fields: dict[str, int]) -> None:
    desk.order(Side.BUY, 1, 900, **fields)
    assert refuses(desk)


def test_a_client_order_id_has_64_bytes_at_most(desk: Desk) -> None:
    desk.order(Side.BUY, 1, 900, b"x" * 64)
    assert not refuses(desk)
    desk.order(Side.BUY, 1, 900, b"x" * 65)
    assert refuses(desk)


@pytest.mark.parametrize("text", [b"", b"a", b"a\0\0"])
def test_notes_are_as_many_as_commands(desk: Desk, text: bytes) -> None:
    desk.order(Side.BUY, 1, 900)
    assert refuses(desk, text)


def test_a_row_that_comes_again_does_not_fit(desk: Desk) -> None:
    desk.order(Side.BUY, 1, 900)
    row = desk.run()
    desk.ledger.apply(*row)
    with pytest.raises(Unfit):
        desk.ledger.apply(*row)


def test_an_order_of_no_list_is_decided_at_once(desk: Desk) -> None:
    desk.order(Side.BUY, 1, 900)
    commands, notes, _ = desk.run()
    with pytest.raises(Unfit):
        desk.ledger.apply(commands, notes, np.zeros(0, EVENT_DTYPE))


@pytest.mark.parametrize("field", ["command", "order"])
def test_an_event_of_something_unknown_does_not_fit(desk: Desk, field: str) -> None:
    desk.order(Side.BUY, 1, 900)
    commands, notes, events = desk.run()
    events[field][0] += 1
    with pytest.raises(Unfit):
        desk.ledger.apply(commands, notes, events)


def saved(desk: Desk) -> bytes:
    for place in range(3):
        desk.order(Side.BUY, 1, 900 + place, b"order" * place)
    desk.row()
    return desk.ledger.save()


def test_a_ledger_without_orders_is_saved_too(desk: Desk) -> None:
    assert Ledger(ORDERS).restore(desk.ledger.save())


@pytest.mark.parametrize(
    ("orders", "instruments", "nodes"),
    [(1, INSTRUMENTS, NODES), (ORDERS, 0, NODES), (ORDERS, INSTRUMENTS, 1)],
)
def test_orders_are_not_restored_where_they_have_no_place(
    desk: Desk, orders: int, instruments: int, nodes: int
) -> None:
    data = saved(desk)
    assert not Ledger(orders, 1, instruments, nodes).restore(data)
    assert Ledger(ORDERS, 1, INSTRUMENTS, NODES).restore(data)


def test_orders_are_restored_into_an_empty_ledger_only(desk: Desk) -> None:
    data = saved(desk)
    assert not desk.ledger.restore(data)


def test_no_damaged_byte_and_no_missing_one_goes_unseen(desk: Desk) -> None:
    data = saved(desk)
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        assert not Ledger(ORDERS, 1, INSTRUMENTS, NODES).restore(bytes(damaged))
        assert not Ledger(ORDERS, 1, INSTRUMENTS, NODES).restore(data[:place])
