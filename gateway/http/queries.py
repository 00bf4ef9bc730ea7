"""Query parameters: fields of the request, by name. A parameter that is no field is refused."""

from urllib.parse import parse_qsl

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tickmesh.services.runtime.errors import FieldViolation

from ..descriptors import Route
from . import shapes
from .bodies import to_message
from .problems import bad_request

_PARAMETERS_MAX = 2_000


def to_request(query: bytes, route: Route, variables: dict[str, str]) -> Message:
    """Returns a query and the path's variables as the request. Fails with 400 and every wrong parameter."""
    wrong: list[FieldViolation] = []
    value: dict[str, object] = {}
    for name, text in _pairs(query):
        if problem := _place(value, name, text, route.request):
            wrong.append(FieldViolation(name[:200], problem))
        if len(wrong) >= shapes.VIOLATIONS_MAX:
            break
    if wrong:
        first = f"{wrong[0].field} {wrong[0].description}"
        raise bad_request("INVALID_PARAMETERS", first, wrong)
    return to_message(value, route, variables)


def refuse_any(query: bytes) -> None:
    """Fails with 400 when there are parameters: a call whose fields are in the body takes none."""
    wrong = [FieldViolation(name[:200], "belongs in the body") for name, _ in _pairs(query)]
    if wrong:
        message = f"{wrong[0].field} is not a parameter of this call; its fields are in the body"
        raise bad_request("INVALID_PARAMETERS", message, wrong[: shapes.VIOLATIONS_MAX])


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS_MAX
        )
    except UnicodeDecodeError:
        raise bad_request("QUERY_MALFORMED", "the query is not UTF-8") from None
    except ValueError:
        raise bad_request(
            "QUERY_MALFORMED", f"the query has more than {_PARAMETERS_MAX} parameters"
        ) from None


def _place(value: dict[str, object], name: str, text: str, message: Descriptor) -> str:
    """Puts one parameter into the JSON form of the request. Returns what is wrong with it, or nothing."""
    *parents, last = name.split(".")
    for parent in parents:
        field = shapes.fields_by_key(message).get(parent)
        if field is None or not shapes.has_fields(field):
            return "is not a parameter of this call"
        inner = value.setdefault(field.name, {})
        if not isinstance(inner, dict):
            return "is given twice"
        assert field.message_type is not None
        value, message = inner, field.message_type
    field = shapes.fields_by_key(message).get(last)
    if field is None or shapes.map_value(field) is not None:
        return "is not a parameter of this call"
    return _put(value, field, text)


def _put(value: dict[str, object], field: FieldDescriptor, text: str) -> str:
    content = _converted(field, text)
    if field.is_repeated:
        items = value.setdefault(field.name, [])
        assert isinstance(items, list)
        items.append(content)
        return ""
    if field.name in value:
        return "is given twice"
    value[field.name] = content
    return ""


def _converted(field: FieldDescriptor, text: str) -> object:
    """Returns text as JSON would have it: true and false become booleans, all else stays text."""
    if field.type == FieldDescriptor.TYPE_BOOL:
        return {"true": True, "false": False}.get(text.lower(), text)
    return text
