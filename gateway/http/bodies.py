"""Request bodies: strict JSON in, messages out. What the contract does not know is refused by name."""

import json
import math
import re
from collections.abc import Mapping

from google.protobuf import json_format
from google.protobuf.message import Message

from tickmesh.services.runtime.errors import FieldViolation

from ..descriptors import Route
from . import shapes
from .problems import ProblemError, bad_request

DEPTH_MAX = 32
_FIELD_MASK = "google.protobuf.FieldMask"
_SNAKE = re.compile(r"_([a-z0-9])")
_PLACE = re.compile(r' at "?(\w+(?:[.\[][\w.\[\]-]*)?)"?\.*$')


class _RefusedError(ValueError):
    """JSON that Python's parser would take and we do not."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def parse_json(body: bytes) -> object:
    """Returns the value of a JSON text. Fails with 400 for anything that strict JSON is not."""
    try:
        text = body.decode("utf-8")
        value: object = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
    except UnicodeDecodeError:
        raise bad_request("BODY_NOT_UTF8", "the body is not UTF-8") from None
    except RecursionError:
        raise _too_deep() from None
    except _RefusedError as error:
        raise bad_request(error.reason, str(error)) from None
    except json.JSONDecodeError as error:
        message = f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise bad_request("BODY_NOT_JSON", message) from None
    except ValueError:
        raise bad_request("NUMBER_TOO_LARGE", "the body has a number with too many digits") from None
    if _depth(value) > DEPTH_MAX:
        raise _too_deep()
    return value


def _too_deep() -> ProblemError:
    return bad_request("BODY_TOO_DEEP", f"the body is nested more than {DEPTH_MAX} deep")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RefusedError("DUPLICATE_KEY", f"the key {twice[:100]!r} is given twice in one object")
    return result


def _no_constant(text: str) -> None:
    raise _RefusedError("NUMBER_NOT_FINITE", f"{text} is not a number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _RefusedError("NUMBER_NOT_FINITE", f"the number {text[:40]} is too large")
    return value


def _depth(value: object) -> int:
    """Returns how deep arrays and objects are nested, level by level; stops just past the bound."""
    depth, level = 0, [value]
    while level and depth <= DEPTH_MAX:
        level = [inner for each in level for inner in _children(each)]
        depth += 1
    return depth


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def to_message(value: object, route: Route, variables: Mapping[str, str]) -> Message:
    """Returns a JSON value and the path's variables as the request. Fails with 400 and every wrong field."""
    if wrong := shapes.violations(value, route.request):
        raise _invalid(wrong)
    assert isinstance(value, dict)
    wrong = [each for path, text in variables.items() if (each := _put(value, path, text, route))]
    if wrong:
        raise _invalid(wrong)
    _spell_masks(value, route)
    message = route.request_class()
    try:
        json_format.ParseDict(value, message, ignore_unknown_fields=False)
    except json_format.ParseError as error:
        raise _invalid([_violation(error)]) from None
    return message


def _spell_masks(value: dict[str, object], route: Route) -> None:
    """Lets a field mask name fields as the proto does; protobuf's parser knows camelCase alone."""
    for key, field in shapes.fields_by_key(route.request).items():
        text = value.get(key)
        if isinstance(text, str) and field.message_type and field.message_type.full_name == _FIELD_MASK:
            value[key] = _SNAKE.sub(lambda found: found[1].upper(), text)


def _invalid(wrong: list[FieldViolation]) -> ProblemError:
    first = f"{wrong[0].field} {wrong[0].description}"
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return bad_request("INVALID_FIELDS", first + more, wrong)


def _put(value: dict[str, object], path: str, text: str, route: Route) -> FieldViolation | None:
    """Puts a variable of the path where the body has no value; a body that says otherwise is refused."""
    message, parts = route.request, path.split(".")
    for part in parts[:-1]:
        field = message.fields_by_name[part]
        key = _key(value, field.name, field.json_name)
        if value.get(key) is None:
            value[key] = {}
        inner, inside = value[key], field.message_type
        assert isinstance(inner, dict) and inside is not None
        value, message = inner, inside
    field = message.fields_by_name[parts[-1]]
    key = _key(value, field.name, field.json_name)
    if value.get(key) not in (None, "", text):
        return FieldViolation(path, f"is {value[key]!r} in the body and {text!r} in the path")
    value[key] = text
    return None


def _key(value: dict[str, object], name: str, json_name: str) -> str:
    return json_name if json_name in value else name


def _violation(error: json_format.ParseError) -> FieldViolation:
    """Returns protobuf's complaint as the path of the field and the rest of the sentence."""
    text = str(error).split("\n")[0].rstrip(".")
    place = _PLACE.search(text)
    field = place[1].partition(".")[2] if place else ""
    description = _PLACE.sub("", text).split(" field: ")[-1]
    return FieldViolation(field or "(body)", f"cannot be read: {description}")
