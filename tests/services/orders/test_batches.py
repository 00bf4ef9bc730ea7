"""Messages of many actions: the fast way and the slow way answer alike, whatever bytes come."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import DecodeError

from tests.services.orders.desk import BUY, SELL, Desk, actions, an_order, open_desk
from tests.services.orders.following import random_batch
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.runtime.errors import RemoteError, describe

ROW_COMMANDS = 7  # few, so that most messages end in the middle of a row
NOON_NS = 20_000 * 86_400 * 10**9 + 43_200 * 10**9


@pytest.fixture
def short_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_ROW_COMMANDS_MAX", str(ROW_COMMANDS))


@pytest.fixture(params=[ROW_COMMANDS, 2_048], ids=["short-rows", "long-rows"])
async def desk(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    monkeypatch.setenv("TICKMESH_ORDERS_ROW_COMMANDS_MAX", str(request.param))
    async with open_desk(tmp_path) as desk:
        yield desk


def answers_to(desk: Desk, *messages: bytes) -> AsyncIterator[pb.SubmitOrdersResponse]:
    """Sends bytes as the messages of one stream, whatever they are."""
    assert desk.channel is not None
    method: Any = desk.channel.stream_stream(
        "/tickmesh.orders.v1.OrdersService/SubmitOrders",
        response_deserializer=pb.SubmitOrdersResponse.FromString,
    )
    return aiter(method(iter(messages)))


async def send_bytes(desk: Desk, *messages: bytes) -> list[pb.SubmitOrdersResponse]:
    """Sends bytes as messages; returns the answers."""
    return [response async for response in answers_to(desk, *messages)]


async def refusal_of_bytes(desk: Desk, message: bytes) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await send_bytes(desk, message)
    return describe(failure.value)


def varint(number: int) -> bytes:
    return bytes([*(number >> 7 * place & 0x7F | 0x80 for place in range(3)), number >> 21])


def framed(content: bytes) -> bytes:
    """Returns an action of a SubmitOrdersRequest, by its bytes."""
    size = len(content)
    return b"\x0a" + (bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])) + content


def wasteful(content: bytes) -> bytes:
    """Returns an action whose length takes more bytes than it needs, which protobuf allows."""
    return b"\x0a" + varint(len(content)) + content


def an_action(**more: Any) -> bytes:
    return pb.OrderAction(submit=an_order(**more)).SerializeToString()


UNKNOWN_FIELD = b"\xf2\x3f\x03abc"  # number 1022, three bytes


async def test_unknown_fields_change_nothing_wherever_they_stand(desk: Desk) -> None:
    order = an_order(SELL).SerializeToString()
    messages = [
        UNKNOWN_FIELD + framed(an_action()),
        framed(an_action()) + UNKNOWN_FIELD,
        framed(an_action() + UNKNOWN_FIELD),
        framed(b"\x0a" + bytes([len(order) + len(UNKNOWN_FIELD)]) + order + UNKNOWN_FIELD),
        wasteful(an_action()),
    ]
    answers = await send_bytes(desk, *messages)
    results = [result for answer in answers for result in answer.results]
    assert [result.status for result in results] == [
        pb.Order.NEW,
        pb.Order.NEW,
        pb.Order.NEW,
        3,
        pb.Order.NEW,
    ]


async def test_of_a_field_that_comes_twice_the_last_counts(desk: Desk) -> None:
    order = (
        an_order(quantity="5").SerializeToString() + pb.SubmitOrderRequest(quantity="6").SerializeToString()
    )
    twice = b"\x0a" + bytes([len(order)]) + order
    (answer,) = await send_bytes(desk, framed(twice))
    assert answer.results[0].leaves_quantity == "6"
    target = answer.results[0].order_id
    cancel = pb.OrderAction(cancel=pb.CancelOrderRequest(order_id=target)).SerializeToString()
    (answer,) = await send_bytes(desk, framed(an_action() + cancel))  # a oneof: the last that is set
    assert (answer.results[0].order_id, answer.results[0].status) == (target, pb.Order.CANCELED)


async def test_plain_and_unusual_actions_are_answered_in_their_order(desk: Desk) -> None:
    plain, strange = an_order(price="180.00"), an_order(price="181.00", strategy_id="never-seen")
    mine = {"portfolio_id": "demo", "client_order_id": strange.client_order_id}
    results = await desk.batch(
        plain,
        strange,
        pb.ReplaceOrderRequest(**mine, quantity="7"),  # of an order that waits: the slow way
        an_order(quantity="0.5"),
        pb.CancelOrderRequest(portfolio_id="demo", client_order_id=plain.client_order_id),
        pb.CancelOrderRequest(order_id="x"),
        an_order(strategy_id="never-seen"),
        pb.CancelOrderRequest(**mine),
    )
    expected = ["", "", "", "OFF_LOT", "", "UNKNOWN_ORDER", "", ""]
    assert [result.reason for result in results] == expected
    commands = [result.command for result in results if result.command]
    assert commands == sorted(commands)
    assert (results[2].leaves_quantity, results[7].status) == ("7", pb.Order.CANCELED)


@pytest.mark.parametrize("seed", range(4))
async def test_bytes_that_are_no_message_refuse_it_or_one_action_and_nothing_else(
    desk: Desk, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        message = bytearray(random_batch(chance, 5).SerializeToString())
        for _ in range(chance.randint(1, 3)):
            message[chance.randrange(len(message))] = chance.choice(
                [0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)]
            )
        del message[chance.choice([len(message), chance.randrange(len(message))]) :]
        await assert_taken_or_refused(desk, bytes(message))
    assert (await desk.submit(price="1.00")).status == pb.Order.NEW


async def assert_taken_or_refused(desk: Desk, message: bytes) -> None:
    """Sends bytes. As many actions are answered as protobuf finds there, or the message is refused."""
    try:
        (answer,) = await send_bytes(desk, message)
    except grpc.aio.AioRpcError as failure:
        error = describe(failure)
        assert error.code is grpc.StatusCode.INVALID_ARGUMENT
        assert error.reason in ("MALFORMED_MESSAGE", "BATCH_TOO_LARGE")
        return
    try:
        count = len(pb.SubmitOrdersRequest.FromString(message).actions)
    except DecodeError:  # an action alone is malformed, and refused alone
        assert "MALFORMED_MESSAGE" in [result.reason for result in answer.results]
    else:
        assert len(answer.results) == count


async def test_an_action_of_bytes_that_are_none_is_refused_alone(desk: Desk) -> None:
    (answer,) = await send_bytes(desk, framed(an_action()) + framed(b"\xff\xff\xff") + framed(an_action()))
    assert [result.reason for result in answer.results] == ["", "MALFORMED_MESSAGE", ""]
    assert (await refusal_of_bytes(desk, framed(an_action()) + b"\x0a\x7f")).reason == "MALFORMED_MESSAGE"
    assert len(await desk.orders()) == 2


@pytest.mark.parametrize("seed", range(2))
async def test_bytes_that_are_no_order_are_refused_alone_too(desk: Desk, seed: int) -> None:
    assert desk.channel is not None
    submit: Any = desk.channel.unary_unary(
        "/tickmesh.orders.v1.OrdersService/SubmitOrder", response_deserializer=pb.Order.FromString
    )
    unknown = await submit(an_order(quantity="5").SerializeToString() + UNKNOWN_FIELD)
    twice = await submit(an_order(quantity="5").SerializeToString() + b"\x3a\x016")
    assert (unknown.quantity, twice.quantity) == ("5", "6")
    chance = random.Random(seed)
    for _ in range(60):
        content = bytearray(an_order().SerializeToString())
        content[chance.randrange(len(content))] = chance.choice([0, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        del content[chance.choice([len(content), chance.randrange(len(content))]) :]
        try:
            order = await submit(bytes(content))
        except grpc.aio.AioRpcError as failure:
            reason = describe(failure).reason
            assert reason not in ("INTERNAL", "UNKNOWN")
            assert reason == "MALFORMED_MESSAGE" or pb.SubmitOrderRequest.FromString(bytes(content))
        else:
            asked = pb.SubmitOrderRequest.FromString(bytes(content))
            assert (order.client_order_id, order.side) == (asked.client_order_id, asked.side)


async def test_a_message_that_is_refused_ends_the_stream_after_the_answers_before_it(desk: Desk) -> None:
    good = framed(an_action())
    answers = []
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        async for answer in answers_to(desk, good, good + b"\xff", good):
            answers.append(answer)
    assert describe(failure.value).reason == "MALFORMED_MESSAGE"
    assert len(answers) == 1
    assert len(await desk.orders()) == 1


@pytest.mark.parametrize("kept", [200_000, 1], ids=["in-memory", "in-the-tables"])
@pytest.mark.usefixtures("short_rows")
async def test_ids_that_come_again_get_the_first_answer_wherever_it_is_kept(
    tmp_path: Path, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKMESH_ORDERS_EXECUTIONS_KEPT", str(kept))
    async with open_desk(tmp_path) as desk:
        rests, trades = an_order(SELL, "5"), an_order(BUY, "3", time_in_force=pb.Order.IOC)
        refused = an_order(quantity="9999", price="190.00", time_in_force=pb.Order.FOK)
        sent = [rests, trades, refused]
        first = await desk.batch(*sent)
        inside = await desk.batch(*sent, *sent, an_order(price="1.00"), *sent)
        over = [await desk.batch(request) for request in sent]
    for again in (inside[:3], inside[3:6], inside[7:], [results[0] for results in over]):
        assert [without_command(result) for result in again] == [without_command(result) for result in first]
    assert (inside[6].status, first[2].reason) == (pb.Order.NEW, "FOK_NOT_FILLABLE")


async def test_an_id_that_comes_again_in_its_own_message_gets_the_first_answer(desk: Desk) -> None:
    request = an_order(SELL, "5")
    results = await desk.batch(*[request] * 20, an_order(BUY, "2"), request)
    assert {without_command(result).SerializeToString() for result in results[:20]} == {
        without_command(results[0]).SerializeToString()
    }
    assert (results[21].leaves_quantity, results[21].status) == ("5", pb.Order.NEW)  # as it was when it came


def without_command(result: pb.ActionResult) -> pb.ActionResult:
    """Returns a result without the number of the command that asked."""
    copy = pb.ActionResult()
    copy.CopyFrom(result)
    copy.command = 0
    return copy


async def one_by_one(desk: Desk, request: pb.SubmitOrdersRequest) -> list[pb.ActionResult]:
    """Sends each action as the unary call of its own; returns what a batch would answer."""
    results = []
    for action in request.actions:
        kind = action.WhichOneof("action")
        method = {"submit": "SubmitOrder", "cancel": "CancelOrder", "replace": "ReplaceOrder"}[kind]
        try:
            order = await getattr(desk.stub, method)(getattr(action, kind))
        except grpc.aio.AioRpcError as failure:
            error = describe(failure)
            order_id = error.metadata.get("order_id", "") if kind == "submit" else ""
            results.append(pb.ActionResult(reason=error.reason, order_id=order_id))
        else:
            told = {name: getattr(order, name) for name in ("order_id", "cum_quantity", "leaves_quantity")}
            results.append(pb.ActionResult(status=order.status, **told))
    return results


class Numbers:
    """Names orders by when they are first heard of.

    In a batch a cancel may be in line together with what ends its order; alone it is refused at the door
    without a command, so that numbers of commands differ, and with them those of orders.
    """

    def __init__(self) -> None:
        self._known: dict[str, int] = {"": 0}

    def of(self, order_id: str) -> int:
        return self._known.setdefault(order_id, len(self._known))

    def told(self, results: list[pb.ActionResult]) -> list[tuple[Any, ...]]:
        """Returns what the slow way tells too: a refusal's reason and order, or the order."""
        return [
            (result.reason, self.of(result.order_id))
            if result.reason
            else (self.of(result.order_id), result.status, result.cum_quantity, result.leaves_quantity)
            for result in results
        ]

    def happened(self, reports: list[pb.ExecutionReport]) -> list[tuple[Any, ...]]:
        """Returns what reports say of orders, without the numbers of commands and events."""
        return [
            (self.of(report.order.order_id), report.exec_type, report.last_quantity, report.last_price,
             report.order.client_order_id, report.order.leaves_quantity, report.order.reason)
            for report in reports
        ]  # fmt: skip


def odd_batch(chance: random.Random) -> pb.SubmitOrdersRequest:
    """Returns random actions, some of them wrong or unusual."""
    request = random_batch(chance, 60)
    for action in request.actions:
        if action.WhichOneof("action") != "submit" or chance.random() < 0.7:
            continue
        name, value = chance.choice(
            [
                ("strategy_id", f"s-{chance.randint(1, 3)}"),
                ("strategy_id", "Not A Slug"),
                ("quantity", chance.choice(["0", "-1", "1.5", "1e3", "007", "99999999999999999999", ""])),
                ("price", chance.choice(["0", "189.123", "189.1", "x", "-1", "1e2"])),
                ("symbol", chance.choice(["MSFT", "NONE", ""])),
                ("client_order_id", chance.choice(["c 1", "~" * 64, "é", "a\nb", "~" * 65])),
                ("post_only", True),
                ("portfolio_id", chance.choice(["nobody", "DEMO", ""])),
                ("side", chance.choice([0, 7])),
                ("time_in_force", chance.choice([1, 2, 9])),
            ]
        )
        setattr(action.submit, name, value)
    return request


def odd_batches(seed: int) -> list[pb.SubmitOrdersRequest]:
    return [odd_batch(random.Random(10 * seed + number)) for number in range(4)]


@pytest.mark.usefixtures("short_rows")
@pytest.mark.parametrize("seed", range(2))
async def test_a_batch_does_and_answers_what_its_actions_do_one_by_one(tmp_path: Path, seed: int) -> None:
    batches, seen = odd_batches(seed), []
    for name, way in (("fast", Desk.send), ("slow", one_by_one)):
        async with open_desk(tmp_path / name, lambda: NOON_NS) as desk:
            numbers = Numbers()
            results = [numbers.told(await way(desk, batch)) for batch in batches]
            seen.append((results, numbers.happened(await desk.executions()), await desk.levels()))
    assert seen[0] == seen[1]
    assert len(seen[0][1]) > 100


@pytest.mark.usefixtures("short_rows")
@pytest.mark.parametrize("seed", range(3))
async def test_the_fast_way_and_the_slow_way_of_a_message_are_the_same(tmp_path: Path, seed: int) -> None:
    """A field that nobody knows changes nothing but the way: every action is taken one by one."""
    messages, seen = [batch.SerializeToString() for batch in odd_batches(seed)], []
    for name, tail in (("fast", b""), ("slow", UNKNOWN_FIELD)):
        async with open_desk(tmp_path / name, lambda: NOON_NS) as desk:
            answers = [(await send_bytes(desk, message + tail))[0] for message in messages]
            results = [list(answer.results) for answer in answers]
            status = await desk.status()
            seen.append((results, status.state_hash, status.command_sequence, await desk.executions()))
    assert seen[0] == seen[1]
    assert len(seen[0][3]) > 100


@pytest.mark.usefixtures("short_rows")
async def test_many_streams_at_once_are_answered_each_in_its_order(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:

        async def trade(seed: int) -> None:
            chance = random.Random(seed)
            batches = [random_batch(chance, 25) for _ in range(8)]
            answers = [answer async for answer in desk.stub.SubmitOrders(iter(batches))]
            assert [len(answer.results) for answer in answers] == [25] * 8
            commands = [r.command for answer in answers for r in answer.results if r.command]
            assert commands == sorted(set(commands))

        await asyncio.gather(*(trade(seed) for seed in range(5)))
        reports, status = await desk.executions(), await desk.status()
        assert status.projected_sequence == status.event_sequence
        assert len({report.execution_id for report in reports}) == len(reports)


async def test_a_message_of_too_many_actions_or_none_is_refused(desk: Desk) -> None:
    for message in (b"", UNKNOWN_FIELD, actions(*[an_order()] * 1_001).SerializeToString()):
        assert (await refusal_of_bytes(desk, message)).reason == "BATCH_TOO_LARGE"
