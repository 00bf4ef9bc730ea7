"""Between the messages of the contract and the instruments of the domain."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask

from tickmesh.assets.v1 import assets_pb2 as pb

from ..runtime.errors import FieldViolation, InvalidArgument
from ..values import Increment, Symbol, decimal_text, time_ns, timestamp
from .domain import details
from .domain.details import AssetType, Detail
from .domain.instruments import ONE, Instrument

TEXT = ("name", "currency", "mic", "isin", "figi", "cusip", "sedol", "cfi", "calendar")


class UnknownMaskPath(InvalidArgument):
    """An update mask that names no field of an instrument, or none at all."""

    reason = "UNKNOWN_MASK_PATH"

    def __init__(self, path: str) -> None:
        problem = (
            f"{path!r} is no field of an instrument" if path else "names the fields to change, such as name"
        )
        super().__init__(f"update_mask: {problem}", fields=[FieldViolation("update_mask", problem)])
        self.metadata = {"path": path}


def from_proto(message: pb.Instrument) -> Instrument:
    """Returns the instrument that a validated message describes. What the server sets is left out."""
    return Instrument(
        symbol=Symbol(message.symbol),
        asset_type=asset_type(message.asset_type),
        price_increment=Decimal(message.price_increment),
        quantity_increment=Decimal(message.quantity_increment),
        reference_price=Decimal(message.reference_price),
        minimum_notional=Decimal(message.minimum_notional or "0"),
        multiplier=Decimal(message.multiplier) if message.multiplier else ONE,
        reference_time_ns=time_ns(message.reference_time) if message.HasField("reference_time") else None,
        attributes=dict(message.attributes),
        detail=_detail_from_proto(message),
        **{name: getattr(message, name) for name in TEXT},
    )


def asset_type(number: int) -> AssetType:
    """Returns a type by its number in the contract."""
    return AssetType(pb.Instrument.AssetType.Name(cast(pb.Instrument.AssetType.ValueType, number)))


def _detail_from_proto(message: pb.Instrument) -> Detail | None:
    name = message.WhichOneof("detail")
    if name is None:
        return None
    plain: dict[str, Any] = json_format.MessageToDict(
        getattr(message, name), preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return details.from_plain(AssetType(name.upper()), plain)


def to_proto(instrument: Instrument) -> pb.Instrument:
    """Returns an instrument as the contract describes it: prices with the digits of their increment."""
    increment = Increment(instrument.price_increment)
    message = pb.Instrument(
        symbol=instrument.symbol,
        asset_type=pb.Instrument.AssetType.Value(instrument.asset_type.value),
        price_increment=decimal_text(instrument.price_increment),
        quantity_increment=decimal_text(instrument.quantity_increment),
        minimum_notional=decimal_text(instrument.minimum_notional),
        multiplier=decimal_text(instrument.multiplier),
        reference_price=increment.to_text(increment.floor_units(instrument.reference_price)),
        attributes=instrument.attributes,
        version=instrument.version,
        create_time=timestamp(instrument.create_time_ns),
        update_time=timestamp(instrument.update_time_ns),
        shard=instrument.shard,
        **{name: getattr(instrument, name) for name in TEXT},
    )
    if instrument.reference_time_ns is not None:
        message.reference_time.CopyFrom(timestamp(instrument.reference_time_ns))
    if instrument.detail is not None:
        target = getattr(message, details.field_of(instrument.asset_type))
        target.SetInParent()
        json_format.ParseDict(details.to_plain(instrument.detail), target)
    return message


def mask_paths(mask: FieldMask) -> list[str]:
    """Returns the paths of an update mask. Fails with UnknownMaskPath when one is no field, or for none."""
    for path in mask.paths or [""]:
        if not FieldMask(paths=[path]).IsValidForDescriptor(pb.Instrument.DESCRIPTOR):
            raise UnknownMaskPath(path)
    return list(mask.paths)


def merged(current: pb.Instrument, changes: pb.Instrument, paths: Iterable[str]) -> pb.Instrument:
    """Returns a copy of an instrument in which the fields of the paths have their new values."""
    result, given = pb.Instrument(), pb.Instrument()
    result.CopyFrom(current)
    given.CopyFrom(changes)
    for path in paths:
        root, _, inner = path.partition(".")
        if inner:  # a field inside a message that was left out is empty, not untouched
            getattr(given, root).SetInParent()
    FieldMask(paths=list(paths)).MergeMessage(given, result, True, True)
    return result
