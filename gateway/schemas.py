"""JSON schemas of messages: what the protos say about types, bounds and meaning, as OpenAPI 3.1 wants it."""

from collections.abc import Callable

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from tickmesh.third_party.buf.validate import validate_pb2

Schema = dict[str, object]
Rules = validate_pb2.FieldRules

_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string", "description": "Names of fields, separated by commas."},
}
_INT32: Schema = {"type": "integer", "format": "int32"}
_UINT32: Schema = {"type": "integer", "minimum": 0, "maximum": (1 << 32) - 1}
_INT64: Schema = {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}
_UINT64: Schema = {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}
_SCALARS: dict[int, Schema] = {
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    **dict.fromkeys(
        (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_SFIXED32), _INT32
    ),
    **dict.fromkeys((FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_FIXED32), _UINT32),
    **dict.fromkeys(
        (FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_SINT64, FieldDescriptor.TYPE_SFIXED64), _INT64
    ),
    **dict.fromkeys((FieldDescriptor.TYPE_UINT64, FieldDescriptor.TYPE_FIXED64), _UINT64),
}


class Schemas:
    """The schemas of all messages and enums that something refers to."""

    def __init__(self, comments: dict[str, str]) -> None:
        self._comments = comments
        self.components: dict[str, Schema] = {}

    def message(self, message: Descriptor) -> Schema:
        """Returns a schema for a message: a reference, unless the message has a JSON form of its own."""
        if message.full_name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[message.full_name])
        return self._reference(message.full_name, lambda: self._object(message))

    def field(self, field: FieldDescriptor) -> Schema:
        """Returns the schema of a field, with its comment and its rules."""
        rules = rules_of(field)
        schema = self._shape(field, rules)
        comment = self._comments.get(field.full_name)
        return {**schema, "description": comment} if comment else schema

    def _reference(self, full_name: str, make: Callable[[], Schema]) -> Schema:
        name = _short(full_name)
        if name not in self.components:
            self.components[name] = {}  # a message that refers to itself finds its name taken
            self.components[name] = make()
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, message: Descriptor) -> Schema:
        schema: Schema = {
            "type": "object",
            "properties": {field.name: self.field(field) for field in message.fields},
        }
        notes = [self._comments.get(message.full_name, ""), *_choices(message)]
        if text := " ".join(note for note in notes if note):
            schema["description"] = text
        if message.name.endswith("Request"):
            schema["additionalProperties"] = False
            schema |= {"required": required} if (required := required_fields(message)) else {}
        return schema

    def _shape(self, field: FieldDescriptor, rules: Rules) -> Schema:
        message = field.message_type
        if message is not None and message.GetOptions().map_entry:
            values = self._single(message.fields_by_name["value"], rules.map.values)
            bound: Schema = {"maxProperties": rules.map.max_pairs} if rules.map.HasField("max_pairs") else {}
            return {"type": "object", "additionalProperties": values, **bound}
        if field.is_repeated:
            return {"type": "array", "items": self._single(field, rules.repeated.items), **_count(rules)}
        return self._single(field, rules)

    def _single(self, field: FieldDescriptor, rules: Rules) -> Schema:
        if field.message_type is not None:
            return self.message(field.message_type)
        if (enum := field.enum_type) is not None:
            return self._reference(enum.full_name, lambda: self._enum(enum))
        return {**_SCALARS[field.type], **_bounds(rules)}

    def _enum(self, enum: EnumDescriptor) -> Schema:
        lines = [self._comments.get(enum.full_name, "")]
        for value in enum.values:
            comment = self._comments.get(f"{enum.full_name}.{value.name}")
            lines += [f"- `{value.name}`: {comment}"] if comment else []
        text = "\n".join(line for line in lines if line)
        schema: Schema = {"type": "string", "enum": [value.name for value in enum.values]}
        return {**schema, "description": text} if text else schema


def rules_of(field: FieldDescriptor) -> Rules:
    """Returns the rules that the proto gives a field."""
    rules: Rules = field.GetOptions().Extensions[validate_pb2.field]
    return rules if rules.ignore != validate_pb2.IGNORE_ALWAYS else Rules()


def required_fields(message: Descriptor) -> list[str]:
    """Returns the fields that a valid message cannot leave empty."""
    return [field.name for field in message.fields if _is_required(field)]


def _is_required(field: FieldDescriptor) -> bool:
    rules = rules_of(field)
    if rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE:
        return False
    text = rules.string
    needs_text = text.min_len > 0 or text.pattern.startswith("^(0|") or text.pattern.startswith("^[")
    return rules.required or needs_text or 0 in rules.enum.not_in or rules.repeated.min_items > 0


def _bounds(rules: Rules) -> Schema:
    """Returns the bounds of text or of a number. A rule that spares the empty value has it in the pattern."""
    schema: Schema = {}
    text, number = rules.string, rules.uint32
    if text.HasField("min_len"):
        schema["minLength"] = text.min_len
    if text.HasField("max_len"):
        schema["maxLength"] = text.max_len
    if text.HasField("pattern"):
        spares_empty = rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE
        schema["pattern"] = f"^$|{text.pattern}" if spares_empty else text.pattern
    if number.HasField("lte"):
        schema["maximum"] = number.lte
    if number.HasField("gte"):
        schema["minimum"] = number.gte
    members = [*getattr(number, "in")]
    return {**schema, "enum": members} if members else schema


def _count(rules: Rules) -> Schema:
    schema: Schema = {}
    if rules.repeated.HasField("min_items"):
        schema["minItems"] = rules.repeated.min_items
    if rules.repeated.HasField("max_items"):
        schema["maxItems"] = rules.repeated.max_items
    return schema


def _choices(message: Descriptor) -> list[str]:
    """Returns a sentence for each oneof."""
    names = [[field.name for field in choice.fields] for choice in message.oneofs]
    return [f"At most one of {', '.join(each)}." for each in names if len(each) > 1]


def _short(full_name: str) -> str:
    """Names a schema: "orders.Order.Side" for tickmesh.orders.v1.Order.Side."""
    return full_name.removeprefix("tickmesh.").replace(".v1.", ".")
