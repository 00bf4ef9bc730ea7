"""Messages cut up as bytes, checked against the protobuf library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.orders.desk import actions, an_order
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.router.domain.frames import Malformed, frames, repeated


def test_each_action_of_a_batch_is_a_frame_of_its_own() -> None:
    request = actions(an_order(), pb.CancelOrderRequest(order_id="7"), an_order(quantity="9" * 18))
    content = request.SerializeToString()
    found = [pb.OrderAction.FromString(content[frame.body : frame.end]) for frame in frames(content)]
    assert found == list(request.actions)


def test_frames_put_together_are_the_message() -> None:
    timing = pb.Timing(queue_ns=1 << 40, journal_ns=300)
    content = pb.SubmitOrdersResponse(
        results=[pb.ActionResult(order_id="1")], timing=timing
    ).SerializeToString()
    assert b"".join(content[frame.start : frame.end] for frame in frames(content)) == content


def test_fields_of_every_kind_are_passed_over() -> None:
    content = bytes([0x08, 0x96, 0x01, 0x11, *range(8), 0x1A, 0x02, 0xFF, 0xFF, 0x25, *range(4)])
    assert [(frame.number, frame.end - frame.body) for frame in frames(content)] == [
        (1, 2),
        (2, 8),
        (3, 2),
        (4, 4),
    ]


@pytest.mark.parametrize("content", [b"\x0a\x05abc", b"\x0a", b"\x80" * 11, b"\x0b", b"\x11\x00"])
def test_what_is_no_message_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        list(frames(content))


@given(st.binary(max_size=200))
def test_no_bytes_are_read_past_their_end(content: bytes) -> None:
    try:
        found = list(frames(content))
    except Malformed:
        with pytest.raises(Malformed):
            repeated(content, 1)
        return
    assert [frame.start for frame in found] == [0, *(frame.end for frame in found[:-1])][: len(found)]
    assert not found or found[-1].end == len(content)


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(1, 3), st.integers(0, 1 << 63))
def test_repeated_fields_are_found_as_frames_find_them(bodies: list[bytes], number: int, other: int) -> None:
    timing = pb.Timing(queue_ns=other, publish_ns=7).SerializeToString()
    content = b"".join(field(1 + place % 3, body) for place, body in enumerate(bodies)) + timing
    expected = [
        (frame.start, frame.body, frame.end)
        for frame in frames(content)
        if frame.number == number and content[frame.start] & 7 == 2
    ]
    assert repeated(content, number) == expected


def field(number: int, body: bytes) -> bytes:
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    return bytes([number << 3 | 2]) + length + body
