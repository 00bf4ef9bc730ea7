"""Messages as JSON: the same as protobuf's own, in the order of the proto."""

from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp

from tickmesh.assets.v1 import assets_pb2
from tickmesh.gateway.descriptors import load_contract
from tickmesh.gateway.http.answers import to_json, to_value
from tickmesh.orders.v1 import orders_pb2
from tickmesh.pricing.v1 import pricing_pb2


def theirs(message: Any) -> Any:
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


ORDER = orders_pb2.Order(order_id="1", side=orders_pb2.Order.SELL, submit_time=Timestamp(seconds=5, nanos=7))
MESSAGES = [
    ORDER,
    orders_pb2.StreamExecutionsResponse(
        sequence=1 << 60,
        update=orders_pb2.ExecutionReports(
            reports=[orders_pb2.ExecutionReport(order=ORDER, last_price="1.5")]
        ),
    ),
    orders_pb2.EngineStatus(commands_per_second=1.5),
    orders_pb2.EngineStatus(commands_per_second=float("inf")),
    assets_pb2.Instrument(
        attributes={"a": "ä", "b": ""}, crypto=assets_pb2.Crypto(base_asset="BTC"), reference_time=Timestamp()
    ),
    assets_pb2.UpdateInstrumentRequest(update_mask={"paths": ["name", "reference_price"]}),
    pricing_pb2.StreamTicksResponse(
        update=pricing_pb2.TickColumns(kind=b"\x01\xff", instruments=[{"index": 3}])
    ),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.DESCRIPTOR.name)
def test_a_message_looks_as_protobuf_says(message: Any) -> None:
    assert to_value(message) == theirs(message)


def test_every_empty_answer_looks_as_protobuf_says() -> None:
    for route in load_contract().routes:
        assert to_value(route.response_class()) == theirs(route.response_class())


def test_fields_come_in_the_order_of_the_proto() -> None:
    unset = ("update_time", "risk_decision")
    assert list(to_value(ORDER)) == [each.name for each in ORDER.DESCRIPTOR.fields if each.name not in unset]


def test_text_is_utf8_and_compact() -> None:
    text = to_json(orders_pb2.Trade(trade_id="ä", price="1"))
    assert text.startswith('{"trade_id":"ä","price":"1",'.encode())
