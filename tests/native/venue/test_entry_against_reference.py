"""The door in C stamps what its slow reference stamps, or sets an action aside that is not plain."""

from collections.abc import Iterable
from random import Random

import pytest

from tests.native.venue.entry_messages import ODD_NUMBERS, ODD_TEXTS, Messages
from tests.native.venue.entry_pair import Pair, is_plain
from tests.native.venue.entry_wire import DELIMITED, VARINT, Field, batch, encode, parse
from tests.native.venue.reference_entry import client_key
from tickmesh.native.engine import CommandType
from tickmesh.orders.v1 import orders_pb2 as pb

A_SUBMIT = pb.OrderAction(
    submit=pb.SubmitOrderRequest(
        client_order_id="order 1",
        portfolio_id="demo",
        strategy_id="mean-reversion",
        symbol="ACME",
        side=pb.Order.SELL,
        order_type=pb.Order.LIMIT,
        quantity="12",
        price="101.25",
        time_in_force=pb.Order.GTC,
        post_only=True,
    )
)
A_CANCEL = pb.OrderAction(
    cancel=pb.CancelOrderRequest(order_id="12", portfolio_id="demo", client_order_id="order 1")
)
A_REPLACE = pb.OrderAction(
    replace=pb.ReplaceOrderRequest(order_id="1", portfolio_id="7", quantity="25", price="99.5")
)
ACTIONS = [A_SUBMIT, A_CANCEL, A_REPLACE]
each_kind = pytest.mark.parametrize("action", ACTIONS, ids=["submit", "cancel", "replace"])


def messages(seed: int) -> tuple[Pair, Messages]:
    pair = Pair()
    names = pair.rest(50)
    return pair, Messages(Random(seed), pair.entry, names)


def a_pair() -> Pair:
    pair = Pair()
    pair.rest(1)
    return pair


def with_fields(action: pb.OrderAction, fields: Iterable[Field]) -> bytes:
    """Returns an action with other fields in its request."""
    [outer] = parse(action.SerializeToString())
    return outer.but(value=encode(list(fields))).encode()


def fields_of(action: pb.OrderAction) -> list[Field]:
    [outer] = parse(action.SerializeToString())
    assert isinstance(outer.value, bytes)
    return parse(outer.value)


@pytest.mark.parametrize("seed", range(12))
def test_ten_thousand_broken_actions_are_stamped_as_the_reference_does(seed: int) -> None:
    pair, source = messages(seed)
    taken = sum(pair.agree(source.mutated()) for _ in range(10_000))
    assert taken > 1_000


@pytest.mark.parametrize("seed", range(4))
def test_what_clients_send_is_never_set_aside(seed: int) -> None:
    pair, source = messages(100 + seed)
    actions = [source.action().SerializeToString() for _ in range(2_000)]
    assert all(is_plain(action) for action in actions)
    assert sum(pair.agree(action) for action in actions) > 1_000


@each_kind
def test_every_field_with_every_odd_value_is_stamped_as_the_reference_does(action: pb.OrderAction) -> None:
    pair, fields = a_pair(), fields_of(action)
    for number in range(1, 12):
        others = [field for field in fields if field.number != number]
        odd = [Field(number, DELIMITED, text) for text in ODD_TEXTS]
        odd += [Field(number, VARINT, value) for value in ODD_NUMBERS]
        for field in odd:
            pair.agree(with_fields(action, [*others, field]))
            pair.agree(with_fields(action, [*fields, field]))


@each_kind
def test_every_byte_may_be_any_other(action: pb.OrderAction) -> None:
    pair, data = a_pair(), action.SerializeToString()
    for place in range(len(data)):
        for byte in range(256):
            pair.agree(data[:place] + bytes([byte]) + data[place + 1 :])


@each_kind
def test_an_action_may_end_anywhere(action: pb.OrderAction) -> None:
    pair, data = a_pair(), action.SerializeToString()
    [outer] = parse(data)
    assert isinstance(outer.value, bytes)
    for end in range(len(data)):
        pair.agree(data[:end])
    for end in range(len(outer.value)):
        pair.agree(outer.but(value=outer.value[:end]).encode())


@each_kind
def test_fields_may_come_in_any_order(action: pb.OrderAction) -> None:
    pair, fields, random = a_pair(), fields_of(action), Random(1)
    for _ in range(200):
        assert pair.agree(with_fields(action, random.sample(fields, len(fields))))


def test_a_field_that_is_there_but_empty_is_as_one_that_is_not() -> None:
    pair = Pair()
    fields = [field for field in fields_of(A_SUBMIT) if field.number not in (3, 9, 10)]
    empty = [Field(3, DELIMITED, b""), Field(9, VARINT, 0), Field(10, VARINT, 0)]
    assert pair.agree(with_fields(A_SUBMIT, fields + empty))


@pytest.mark.parametrize("seed", range(20))
def test_batches_are_stamped_as_the_reference_does_however_small_the_rows(seed: int) -> None:
    pair, source = messages(1_000 + seed)
    actions = [
        source.action().SerializeToString() if source.random.random() < 0.6 else source.mutated()
        for _ in range(300)
    ]
    capacity = source.random.choice([1, 2, 7, 300])
    notes = source.random.choice([65, 100, 1_000])
    stamped = pair.read_all(batch(actions), capacity, notes)
    alone = Pair()
    alone.rest(50)
    assert stamped == [one for action in actions if (one := alone.entry.act(action)) is not None]


def test_an_order_is_cancelled_by_its_client_order_id_in_the_message_that_makes_it() -> None:
    pair = Pair()
    cancel = pb.CancelOrderRequest(portfolio_id="demo", client_order_id="order 1")
    actions = [A_SUBMIT, A_SUBMIT, pb.OrderAction(cancel=cancel)]
    message = batch([action.SerializeToString() for action in actions])
    [first, second, last] = [command for command, _ in pair.read_all(message, 10, 1_000)]
    assert first.client_key == second.client_key == client_key("demo", "order 1")
    assert (last.type, last.target) == (CommandType.CANCEL_ORDER, first.sequence)


def test_an_order_that_is_on_its_way_is_replaced_the_long_way() -> None:
    pair = Pair()
    pair.agree(A_SUBMIT.SerializeToString())
    replace = pb.ReplaceOrderRequest(portfolio_id="demo", client_order_id="order 1", price="99")
    assert not pair.agree(pb.OrderAction(replace=replace).SerializeToString())


def test_a_replace_that_keeps_something_is_worth_what_is_kept() -> None:
    pair = Pair()
    names = pair.rest(20)
    for portfolio, name in names:
        for words in ({"price": "0.5"}, {"quantity": "10"}, {"price": "1000", "quantity": "250"}):
            replace = pb.ReplaceOrderRequest(portfolio_id=portfolio, client_order_id=name, **words)
            pair.agree(pb.OrderAction(replace=replace).SerializeToString())
