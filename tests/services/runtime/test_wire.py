"""What is serialised in pieces is what protobuf would have made of the whole."""

from hypothesis import given
from hypothesis import strategies as st

from tickmesh.pricing.v1 import pricing_pb2 as pb
from tickmesh.services.runtime import wire


@given(st.integers(0, 2**64 - 1), st.text(max_size=30), st.binary(max_size=300), st.binary(max_size=40))
def test_a_message_in_pieces_is_the_message_byte_for_byte(
    sequence: int, token: str, kinds: bytes, prices: bytes
) -> None:
    columns = {"kind": kinds, "price_ticks": prices}
    whole = pb.StreamTicksResponse(sequence=sequence, resume_token=token, update=pb.TickColumns(**columns))
    head = pb.StreamTicksResponse(sequence=sequence, resume_token=token)
    pieces = wire.Pieces(
        piece
        for name, column in columns.items()
        if column
        for piece in (wire.header(pb.TickColumns, name, len(column)), column)
    )
    assert wire.enclosed(head, "update", pieces) == whole.SerializeToString()


def test_sizes_past_one_byte_and_past_two_are_written_as_protobuf_writes_them() -> None:
    for size in (0, 127, 128, 16_383, 16_384, 2_097_152):
        column = bytes(size)
        written = wire.header(pb.TickColumns, "time_ns", size) + column
        assert pb.TickColumns.FromString(written) == pb.TickColumns(time_ns=column)


def test_a_serialiser_lets_bytes_through_and_serialises_messages() -> None:
    serialise = wire.serializer(pb.Quote.SerializeToString)
    assert serialise(b"as it is") == b"as it is"
    assert serialise(pb.Quote(symbol="A")) == pb.Quote(symbol="A").SerializeToString()
