"""Hub, envelope and follower: nothing is lost in silence."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickmesh.assets.v1 import assets_pb2 as pb
from tickmesh.services.runtime.errors import TickmeshError
from tickmesh.services.runtime.streams import (
    Beat,
    Follower,
    Gap,
    Hub,
    InvalidResumeToken,
    SlowReader,
    Snapshot,
    Updates,
    make_token,
    read_token,
    respond,
)

NEVER_S = 60.0
AT_ONCE_S = 0.01


def a_hub(capacity: int = 100, silence_s: float = NEVER_S) -> Hub[int]:
    return Hub(capacity, epoch="e", silence_s=silence_s)


def publish(hub: Hub[int], *items: int) -> None:
    for item in items:
        hub.publish(item)


async def take(events: AsyncIterator[Any], count: int) -> list[Any]:
    async with asyncio.timeout(5):
        return [await anext(events) for _ in range(count)]


async def test_a_reader_gets_a_snapshot_and_what_follows_it() -> None:
    hub = a_hub()
    publish(hub, 1, 2)
    events = hub.follow("", snapshot=lambda: "all")
    assert await take(events, 1) == [Snapshot("all", "e.2")]
    publish(hub, 3, 4)
    assert await take(events, 1) == [Updates([3, 4], "e.4", "e.2")]


async def test_a_token_resumes_without_a_snapshot_and_without_loss() -> None:
    hub = a_hub()
    publish(hub, 1, 2, 3)
    events = hub.follow("e.1", snapshot=lambda: "all")
    assert await take(events, 1) == [Updates([2, 3], "e.3", "e.1")]


async def test_a_token_too_old_is_told_what_is_lost() -> None:
    hub = a_hub(capacity=2)
    publish(hub, 1, 2, 3, 4)
    gap, snapshot = await take(hub.follow("e.1", snapshot=lambda: "all"), 2)
    assert (gap.from_position, gap.to_position) == (2, 5)
    assert snapshot == Snapshot("all", "e.4")
    assert (await take(hub.follow("e.2"), 1)) == [Updates([3, 4], "e.4", "e.2")]


async def test_who_is_cut_off_between_a_gap_and_its_snapshot_gets_one_when_it_resumes() -> None:
    hub = a_hub()
    publish(hub, 1)
    (gap,) = await take(hub.follow("other.3", snapshot=lambda: "all"), 1)
    assert await take(hub.follow(gap.token, snapshot=lambda: "all"), 1) == [Snapshot("all", "e.1")]


async def test_who_is_cut_off_behind_a_gap_without_a_snapshot_goes_on_there() -> None:
    hub = a_hub()
    publish(hub, 1)
    (gap,) = await take(hub.follow("other.3"), 1)
    assert gap.token == "e.1"


@pytest.mark.parametrize("token", ["other.3", "e.99"])
async def test_a_token_of_another_life_of_the_source_is_a_gap(token: str) -> None:
    hub = a_hub()
    publish(hub, 1)
    (gap,) = await take(hub.follow(token), 1)
    assert isinstance(gap, Gap)
    assert gap.from_position == 0


@pytest.mark.parametrize("token", ["x", ".5", "e.", "e.-1", "e.1.5x", "e.٣", "e." + "9" * 20, "e.1e3", "\0"])
def test_text_that_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidResumeToken):
        read_token(token)


def test_a_token_reads_back() -> None:
    assert read_token(make_token("2024.eu", 7)) == ("2024.eu", 7)


async def test_silence_is_told_by_heartbeats() -> None:
    hub = a_hub(silence_s=AT_ONCE_S)
    assert await take(hub.follow(""), 2) == [Beat("e.0"), Beat("e.0")]


async def test_updates_that_a_reader_does_not_select_are_silence_and_move_its_token() -> None:
    hub = a_hub(silence_s=AT_ONCE_S)
    events = hub.follow("", select=lambda item: item < 0)

    async def chatter() -> None:
        while True:
            hub.publish(1)
            await asyncio.sleep(0)

    task = asyncio.create_task(chatter())
    first, second = await take(events, 2)
    task.cancel()
    assert isinstance(first, Beat)
    assert isinstance(second, Beat)
    assert read_token(second.token)[1] > read_token(first.token)[1] > 0


async def test_a_slow_reader_of_executions_is_disconnected_and_counted() -> None:
    hub = a_hub(capacity=3)
    publish(hub, 1)
    events = hub.follow("e.0")
    assert await take(events, 1) == [Updates([1], "e.1", "e.0")]
    publish(hub, 2, 3, 4, 5)
    with pytest.raises(SlowReader):
        await anext(events)
    assert hub.disconnected == 1


async def test_a_slow_reader_of_prices_gets_the_newest_of_each_and_the_rest_is_counted() -> None:
    hub = a_hub()
    events = hub.follow("", snapshot=lambda: "all", conflate=lambda item: item % 10)
    await take(events, 1)
    publish(hub, 11, 12, 21, 31)
    assert await take(events, 1) == [Updates([31, 12], "e.4", "e.0")]
    assert hub.conflated == 2


async def test_a_reader_of_prices_that_was_left_behind_starts_afresh() -> None:
    hub = a_hub(capacity=2)
    events = hub.follow("", snapshot=lambda: "all", conflate=lambda item: item)
    await take(events, 1)
    publish(hub, 1, 2, 3, 4)
    assert await take(events, 1) == [Snapshot("all", "e.4")]
    assert hub.conflated == 4


async def test_many_readers_get_everything_whatever_their_pace() -> None:
    hub = a_hub(capacity=10_000)

    async def read(yields: int) -> list[int]:
        seen: list[int] = []
        async for event in hub.follow("e.0"):
            assert isinstance(event, Updates)
            seen += event.items
            for _ in range(yields):
                await asyncio.sleep(0)
            if seen[-1] == 999:
                return seen
        raise AssertionError("a hub ends never")

    readers = [asyncio.create_task(read(yields)) for yields in (0, 1, 2, 7, 20)]
    for number in range(1_000):
        hub.publish(number)
        if number % 3 == 0:
            await asyncio.sleep(0)
    async with asyncio.timeout(10):
        assert all(seen == list(range(1_000)) for seen in await asyncio.gather(*readers))


async def test_a_long_backlog_comes_in_parts_that_each_can_be_resumed() -> None:
    hub = a_hub(capacity=5_000)
    publish(hub, *range(2_500))
    parts = await take(hub.follow("e.0"), 3)
    assert [part.token for part in parts] == ["e.1000", "e.2000", "e.2500"]
    assert [part.token_before for part in parts] == ["e.0", "e.1000", "e.2000"]
    assert [item for part in parts for item in part.items] == list(range(2_500))


def test_positions_only_rise() -> None:
    hub = a_hub()
    assert hub.publish(1, 5) == 5
    for wrong in (5, 4, 0):
        with pytest.raises(ValueError, match="does not follow"):
            hub.publish(1, wrong)


def a_hub_of_rows(capacity: int) -> Hub[list[int]]:
    return Hub(capacity, epoch="e", silence_s=NEVER_S, weigh=len)


@given(st.integers(0, 20), st.lists(st.lists(st.integers(), min_size=1, max_size=9), max_size=30))
def test_a_hub_keeps_the_newest_items_that_weigh_no_more_than_it_may(
    capacity: int, items: list[list[int]]
) -> None:
    hub = a_hub_of_rows(capacity)
    for number, item in enumerate(items, start=1):
        hub.publish(item, 10 * number)
    kept: list[tuple[int, list[int]]] = []
    for number, item in reversed(list(enumerate(items, start=1))):
        if sum(len(other) for _, other in kept) + len(item) > capacity:
            break
        kept.insert(0, (10 * number, item))
    begins = 10 * (len(items) - len(kept))
    assert hub.since(begins) == kept
    assert hub.keeps(begins)
    assert not hub.keeps(begins - 1) or not begins
    assert hub.position == 10 * len(items)


async def test_an_item_that_weighs_more_than_all_that_may_be_kept_is_lost_to_who_waits_for_it() -> None:
    hub = a_hub_of_rows(3)
    events = hub.follow("", snapshot=lambda: "all", conflate=lambda item: item[0])
    assert await take(events, 1) == [Snapshot("all", "e.0")]
    hub.publish([1, 2, 3, 4])
    assert await take(events, 1) == [Snapshot("all", "e.1")]
    hub.publish([5])
    assert await take(events, 1) == [Updates([[5]], "e.2", "e.1")]


@given(st.lists(st.integers(0, 99), unique=True), st.integers(-1, 100))
def test_the_last_item_up_to_a_value_is_found_as_far_as_it_is_kept(values: list[int], value: int) -> None:
    values.sort()
    hub = a_hub(capacity=8)
    publish(hub, *values)
    expected = [item for item in values[-8:] if item <= value]
    assert hub.last_up_to(value, lambda item: item) == (expected[-1] if expected else None)


async def test_who_is_ahead_of_the_news_waits_until_it_has_passed() -> None:
    hub = a_hub()
    waiting = asyncio.create_task(hub.wait(2, NEVER_S))
    for number in (1, 2):
        publish(hub, number)
        for _ in range(3):
            await asyncio.sleep(0)
        assert not waiting.done()
    publish(hub, 3)
    assert await waiting


@pytest.mark.parametrize("within_s", [-1.0, 0.0, 0.01])
async def test_who_waits_in_vain_is_told_so(within_s: float) -> None:
    hub = a_hub()
    assert not await hub.wait(0, within_s)
    publish(hub, 1)
    assert not await hub.wait(1, within_s)
    assert await hub.wait(0, within_s)


async def test_the_envelope_counts_and_fills_one_of_each_kind() -> None:
    async def events() -> AsyncIterator[Any]:
        yield Snapshot(["A"], "t.1")
        yield Updates(["B", "C"], "t.3", "t.1")
        yield Gap(4, 9, "lost", "t.8")
        yield Beat("t.8")

    responses = [
        response
        async for response in respond(
            events(),
            pb.StreamInstrumentsResponse,
            update=lambda items: [pb.Instrument(symbol=item) for item in items],
            snapshot=lambda value: pb.InstrumentSnapshot(
                instruments=[pb.Instrument(symbol=item) for item in value]
            ),
            clock=lambda: 5_000_000_001,
        )
    ]
    assert [response.sequence for response in responses] == [1, 2, 3, 4, 5]
    kinds = [response.WhichOneof("event") for response in responses]
    assert kinds == ["snapshot", "update", "update", "gap", "heartbeat"]
    # Resuming after the first part of a batch brings the batch again, not the loss of its rest.
    assert [response.resume_token for response in responses] == ["t.1", "t.1", "t.3", "t.8", "t.8"]
    assert (responses[3].gap.from_position, responses[3].gap.to_position) == (4, 9)
    assert responses[4].heartbeat.time.nanos == 1


async def test_the_source_is_closed_with_the_envelope() -> None:
    closed: list[bool] = []

    async def events() -> AsyncIterator[Any]:
        try:
            yield Beat("t.1")
            yield Beat("t.1")
        finally:
            closed.append(True)

    responses: Any = respond(events(), pb.StreamInstrumentsResponse, update=list)
    await anext(responses)
    await responses.aclose()
    assert closed == [True]


def a_response(sequence: int, symbol: str = "") -> pb.StreamInstrumentsResponse:
    response = pb.StreamInstrumentsResponse(sequence=sequence, resume_token=f"t.{sequence}")
    if symbol:
        response.update.symbol = symbol
    else:
        response.heartbeat.SetInParent()
    return response


class Script:
    """A stream that does one thing at each connection, and remembers with which tokens it was opened."""

    def __init__(self, *connections: list[Any]) -> None:
        self._connections = list(connections)
        self.tokens: list[str] = []

    async def __call__(self, token: str) -> AsyncIterator[pb.StreamInstrumentsResponse]:
        self.tokens.append(token)
        for step in self._connections.pop(0):
            if isinstance(step, Exception):
                raise step
            yield step


def an_error(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "said by the test")


async def symbols(follower: Follower[Any], count: int) -> list[str]:
    responses = aiter(follower)
    return [response.update.symbol for response in await take(responses, count)]


async def test_a_follower_reconnects_with_its_last_token_and_swallows_heartbeats() -> None:
    lost = an_error(grpc.StatusCode.UNAVAILABLE)
    script = Script([a_response(1, "A"), a_response(2), lost], [a_response(1, "B"), a_response(2, "C")])
    follower = Follower(script)
    assert await symbols(follower, 3) == ["A", "B", "C"]
    assert (script.tokens, follower.reconnects) == (["", "t.2"], 1)


async def test_a_follower_yields_heartbeats_to_who_asks_for_them() -> None:
    script = Script([a_response(1, "A"), a_response(2), a_response(3, "B")])
    assert await symbols(Follower(script, heartbeats=True), 3) == ["A", "", "B"]


async def test_a_follower_opens_again_when_a_response_is_missing() -> None:
    script = Script([a_response(1, "A"), a_response(3, "C")], [a_response(1, "B")])
    assert await symbols(Follower(script), 2) == ["A", "B"]
    assert script.tokens == ["", "t.1"]


async def test_a_follower_opens_again_when_the_server_ends_the_stream() -> None:
    assert await symbols(Follower(Script([a_response(1, "A")], [a_response(1, "B")])), 2) == ["A", "B"]


async def test_a_token_moves_only_after_its_response_was_worked_on() -> None:
    follower = Follower(Script([a_response(1, "A"), a_response(2, "B")]), token="t.0")
    responses = aiter(follower)
    await anext(responses)
    assert follower.token == "t.0"
    await anext(responses)
    assert follower.token == "t.1"


@pytest.mark.parametrize("code", sorted(Follower.FATAL, key=lambda code: code.name))
async def test_what_repeating_cannot_mend_is_raised(code: grpc.StatusCode) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await symbols(Follower(Script([an_error(code)])), 1)
    assert caught.value.code() == code


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
    ],
)
async def test_what_may_pass_is_tried_again(code: grpc.StatusCode) -> None:
    assert await symbols(Follower(Script([an_error(code)], [a_response(1, "A")])), 1) == ["A"]


async def test_a_follower_counts_gaps() -> None:
    response = pb.StreamInstrumentsResponse(sequence=1, resume_token="t.9")
    response.gap.from_position = 3
    follower = Follower(Script([response]))
    await take(aiter(follower), 1)
    assert follower.gaps == 1


def test_a_slow_reader_is_told_how_to_go_on() -> None:
    error: TickmeshError = SlowReader("resume")
    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SLOW_READER")
