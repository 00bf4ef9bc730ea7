"""Checks that JSON has the shape of a message, and names every place where it has not.

protobuf's JSON parser refuses unknown fields, but it stops at the first, takes `[]` for an empty message, and
skips letters that are not base64. This walk goes before it.
"""

import binascii
import difflib
import math
import re
from base64 import b64decode
from dataclasses import dataclass, field
from functools import cache

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from tickmesh.services.runtime.errors import FieldViolation

VIOLATIONS_MAX = 20
AS_TEXT = ("google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,19})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_SIGNED_32 = (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_SFIXED32)
_SIGNED_64 = (FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_SINT64, FieldDescriptor.TYPE_SFIXED64)
_UNSIGNED_32 = (FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_FIXED32)
_UNSIGNED_64 = (FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_FIXED64)
_RANGES = {
    **dict.fromkeys(_SIGNED_32, (-(1 << 31), (1 << 31) - 1)),
    **dict.fromkeys(_SIGNED_64, (-(1 << 63), (1 << 63) - 1)),
    **dict.fromkeys(_UNSIGNED_32, (0, (1 << 32) - 1)),
    **dict.fromkeys(_UNSIGNED_64, (0, (1 << 64) - 1)),
}


def violations(value: object, message: Descriptor) -> list[FieldViolation]:
    """Returns where a JSON value differs in shape from a message: at most 20 places, empty for nowhere."""
    walk = _Walk()
    walk.message(value, message, "")
    return walk.found[:VIOLATIONS_MAX]


@cache
def fields_by_key(message: Descriptor) -> dict[str, FieldDescriptor]:
    """Returns the fields of a message by the keys that JSON may use: the proto's name and its camelCase."""
    return {key: item for item in message.fields for key in (item.json_name, item.name)}


def map_value(item: FieldDescriptor) -> FieldDescriptor | None:
    """Returns the field of a map's values, and None for a field that is no map."""
    message = item.message_type
    return message.fields_by_name["value"] if message and message.GetOptions().map_entry else None


def has_fields(item: FieldDescriptor) -> bool:
    """Says whether a field is one message that JSON shows as an object."""
    message = item.message_type
    return message is not None and not item.is_repeated and message.full_name not in AS_TEXT


@dataclass(slots=True)
class _Walk:
    found: list[FieldViolation] = field(default_factory=list)

    def refuse(self, path: str, description: str) -> None:
        self.found.append(FieldViolation(path, description))

    def message(self, value: object, message: Descriptor, path: str) -> None:
        if message.full_name in AS_TEXT:
            if not isinstance(value, str):
                self.refuse(path, f"must be a string, the JSON form of {message.name}, not {_kind(value)}")
        elif not isinstance(value, dict):
            self.refuse(path or "(body)", f"must be an object, not {_kind(value)}")
        else:
            self._fields(value, message, path)

    def _fields(self, value: dict[str, object], message: Descriptor, path: str) -> None:
        known = fields_by_key(message)
        seen: set[str] = set()
        for key, content in value.items():
            if len(self.found) >= VIOLATIONS_MAX:
                return
            where = f"{path}.{key}" if path else key
            item = known.get(key)
            if item is None:
                self.refuse(where, _unknown(key, message))
            elif content is not None:
                self._once(item, seen, where)
                self._field(content, item, where)

    def _once(self, item: FieldDescriptor, seen: set[str], path: str) -> None:
        """Refuses a second spelling of the same field, and a second field of a oneof."""
        choice = item.containing_oneof
        if item.name in seen:
            self.refuse(path, "is given twice")
        elif choice is not None and f"oneof {choice.name}" in seen:
            self.refuse(path, f"only one of {', '.join(each.name for each in choice.fields)} can be given")
        seen.add(item.name)
        if choice is not None:
            seen.add(f"oneof {choice.name}")

    def _field(self, value: object, item: FieldDescriptor, path: str) -> None:
        content = map_value(item)
        if content is not None:
            self._map(value, content, path)
        elif item.is_repeated:
            self._list(value, item, path)
        else:
            self._single(value, item, path)

    def _map(self, value: object, content: FieldDescriptor, path: str) -> None:
        if not isinstance(value, dict):
            self.refuse(path, f"must be an object, not {_kind(value)}")
            return
        for key, each in value.items():
            self._single(each, content, f"{path}[{key}]")

    def _list(self, value: object, item: FieldDescriptor, path: str) -> None:
        if not isinstance(value, list):
            self.refuse(path, f"must be an array, not {_kind(value)}")
            return
        for number, each in enumerate(value):
            if len(self.found) >= VIOLATIONS_MAX:
                return
            self._single(each, item, f"{path}[{number}]")

    def _single(self, value: object, item: FieldDescriptor, path: str) -> None:
        if value is None:
            self.refuse(path, "must not be null")
        elif item.message_type is not None:
            self.message(value, item.message_type, path)
        elif wrong := _scalar_problem(value, item):
            self.refuse(path, wrong)


def _unknown(key: str, message: Descriptor) -> str:
    near = difflib.get_close_matches(key, [item.name for item in message.fields], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"is not a field of {message.name}{hint}"


def _scalar_problem(value: object, item: FieldDescriptor) -> str:
    """Returns what is wrong with a scalar value, or nothing."""
    if item.enum_type is not None:
        return _enum_problem(value, item.enum_type)
    if item.type == FieldDescriptor.TYPE_BOOL:
        return "" if isinstance(value, bool) else f"must be true or false, not {_kind(value)}"
    if item.type == FieldDescriptor.TYPE_STRING:
        return _string_problem(value)
    if item.type == FieldDescriptor.TYPE_BYTES:
        return _bytes_problem(value)
    if item.type in _RANGES:
        return _integer_problem(value, *_RANGES[item.type])
    return _number_problem(value)


def _enum_problem(value: object, enum: EnumDescriptor) -> str:
    if isinstance(value, str) and value in enum.values_by_name:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and value in enum.values_by_number:
        return ""
    shown = f"{value[:40]!r}" if isinstance(value, str) else _kind(value)
    names = ", ".join(each.name for each in enum.values if each.number != 0)
    return f"must be one of {names}, not {shown}"


def _string_problem(value: object) -> str:
    if not isinstance(value, str):
        return f"must be a string, not {_kind(value)}"
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        return "must be valid Unicode; it has half of a surrogate pair"
    return ""


def _bytes_problem(value: object) -> str:
    if not isinstance(value, str):
        return f"must be a string in base64, not {_kind(value)}"
    try:
        standard = value.replace("-", "+").replace("_", "/").rstrip("=")
        b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return "must be base64"
    return ""


def _integer_problem(value: object, least: int, most: int) -> str:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return f"must be a whole number, not {_kind(value)}"
    return "" if least <= value <= most else f"must be between {least} and {most}"


def _number_problem(value: object) -> str:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"must be a finite number, not {_kind(value)}"
    return ""


def _kind(value: object) -> str:
    """Names the JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {dict: "an object", list: "an array", str: "a string", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)
