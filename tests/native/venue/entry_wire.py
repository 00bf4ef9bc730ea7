"""Protobuf messages taken apart and written again, so that a test can write what no client would."""

from dataclasses import dataclass, replace

VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it stands in a message; the paddings are bytes that its numbers do not need."""

    number: int
    wire_type: int
    value: int | bytes
    tag_padding: int = 0
    value_padding: int = 0

    def encode(self) -> bytes:
        """Returns its bytes."""
        tag = varint(self.number << 3 | self.wire_type, self.tag_padding)
        if isinstance(self.value, int):
            return tag + varint(self.value, self.value_padding)
        if self.wire_type == DELIMITED:
            return tag + varint(len(self.value), self.value_padding) + self.value
        return tag + self.value

    def but(self, **changes: int | bytes) -> "Field":
        """Returns it with other values."""
        return replace(self, **changes)  # type: ignore[arg-type]


def varint(value: int, padding: int = 0) -> bytes:
    """Returns a number as a varint."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F)
    groups += [0] * padding
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    """Returns a number and where it ends. Fails with IndexError where the data ends first."""
    value = shift = 0
    while True:
        byte = data[place]
        place, value, shift = place + 1, value | (byte & 0x7F) << shift, shift + 7
        if byte < 0x80:
            return value, place


def parse(data: bytes) -> list[Field]:
    """Returns the fields of a message that a client wrote: varints and what has a length."""
    fields, place = [], 0
    while place < len(data):
        tag, place = read_varint(data, place)
        value: int | bytes
        number, place = read_varint(data, place)
        value = number
        if tag & 7 == DELIMITED:
            value, place = data[place : place + number], place + number
            assert len(value) == number
        fields.append(Field(tag >> 3, tag & 7, value))
    return fields


def encode(fields: list[Field]) -> bytes:
    """Returns fields as a message."""
    return b"".join(field.encode() for field in fields)


def batch(actions: list[bytes]) -> bytes:
    """Returns actions as a SubmitOrdersRequest."""
    return encode([Field(1, DELIMITED, action) for action in actions])
