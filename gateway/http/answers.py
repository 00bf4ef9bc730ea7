"""Messages out as JSON: snake_case, plain enum values, fields in the order of the proto.

The same as protobuf's MessageToDict with preserving_proto_field_name and
always_print_fields_with_no_presence, several times as fast: what to do with a field is
found out once for each message type.
"""

import json
import math
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from .shapes import AS_TEXT, map_value

Convert = Callable[[Any], object]

_AS_STRING = (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64)
_FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)


def to_value(message: Message) -> dict[str, object]:
    """Returns a message as a JSON object: all scalars and lists, and the sub-messages that are set."""
    value: dict[str, object] = {}
    for name, has_presence, convert in _plan(message.DESCRIPTOR):
        if not has_presence or message.HasField(name):
            value[name] = convert(getattr(message, name))
    return value


def to_bytes(value: object) -> bytes:
    """Returns a JSON value as compact UTF-8 text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def to_json(message: Message) -> bytes:
    """Returns a message as compact JSON text."""
    return to_bytes(to_value(message))


@cache
def _plan(message: Descriptor) -> list[tuple[str, bool, Convert]]:
    return [(field.name, field.has_presence, _converter(field)) for field in message.fields]


def _converter(field: FieldDescriptor) -> Convert:
    content = map_value(field)
    one = _single(content or field)
    if content is not None:
        return lambda entries: {_key(key): one(entries[key]) for key in entries}
    if not field.is_repeated:
        return one
    return list if one is _same else lambda items: [one(item) for item in items]


def _single(field: FieldDescriptor) -> Convert:
    if field.message_type is not None:
        return _text if field.message_type.full_name in AS_TEXT else to_value
    if field.enum_type is not None:
        names = {value.number: value.name for value in field.enum_type.values}
        return lambda number: names.get(number, number)
    if field.cpp_type in _AS_STRING:
        return str
    if field.cpp_type in _FLOATS:
        return _number
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda value: b64encode(value).decode("ascii")
    return _same


def _same(value: object) -> object:
    return value


def _text(message: Any) -> object:
    return message.ToJsonString()


def _number(value: float) -> float | str:
    """JSON has no infinity: protobuf's form of it is a string."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
