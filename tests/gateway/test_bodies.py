"""What JSON is taken, what is refused, and how the refusal names the place."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickmesh.assets.v1 import assets_pb2
from tickmesh.gateway.descriptors import Route, load_contract
from tickmesh.gateway.http import bodies, queries, shapes
from tickmesh.gateway.http.problems import ProblemError
from tickmesh.orders.v1 import orders_pb2
from tickmesh.pricing.v1 import pricing_pb2


def route(method: str) -> Route:
    return next(each for each in load_contract().routes if each.method == method and each.is_primary)


def parsed(method: str, value: object, **variables: str) -> Any:
    return bodies.to_message(value, route(method), variables)


def refusal(method: str, value: object, **variables: str) -> dict[str, str]:
    with pytest.raises(ProblemError) as problem:
        parsed(method, value, **variables)
    assert problem.value.http_status == 400
    return {item.field: item.description for item in problem.value.fields}


def reason(body: bytes) -> str:
    with pytest.raises(ProblemError) as problem:
        bodies.parse_json(body)
    assert problem.value.http_status == 400
    return problem.value.reason


def asked(method: str, query: bytes, **variables: str) -> Any:
    return queries.to_request(query, route(method), variables)


def query_refusal(method: str, query: bytes) -> dict[str, str]:
    with pytest.raises(ProblemError) as problem:
        asked(method, query)
    assert problem.value.http_status == 400
    return {item.field: item.description for item in problem.value.fields}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", "BODY_NOT_JSON"),
        (b"", "BODY_NOT_JSON"),
        (b"{} {}", "BODY_NOT_JSON"),
        (b"{'a': 1}", "BODY_NOT_JSON"),
        (b"\xff\xfe", "BODY_NOT_UTF8"),
        (b'{"a": 1, "a": 1}', "DUPLICATE_KEY"),
        (b'{"a": NaN}', "NUMBER_NOT_FINITE"),
        (b'{"a": -Infinity}', "NUMBER_NOT_FINITE"),
        (b'{"a": 1e400}', "NUMBER_NOT_FINITE"),
        (b"1" + b"0" * 5_000, "NUMBER_TOO_LARGE"),
        (b"[" * 40 + b"]" * 40, "BODY_TOO_DEEP"),
        (b"[" * 200_000, "BODY_TOO_DEEP"),
        (b'{"a":' * 100_000, "BODY_TOO_DEEP"),
    ],
)
def test_what_is_not_strict_json_is_refused(body: bytes, expected: str) -> None:
    assert reason(body) == expected


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    try:
        bodies.parse_json(body)
    except ProblemError as problem:
        assert problem.http_status == 400


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["symbol", "actions", "submit", "cancel", "order_id", "price", "x"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_any_json_is_a_request_or_refused_with_a_field(value: object) -> None:
    for method in ("SubmitOrder", "SubmitOrders", "CreateInstrument", "PublishTicks"):
        try:
            bodies.to_message(json.loads(json.dumps(value)), route(method), {})
        except ProblemError as problem:
            assert problem.http_status == 400
            assert problem.fields


def test_every_unknown_field_is_named_with_its_path() -> None:
    value = {"actions": [{"submit": {"symbol": "A"}}, {"submit": {"post_onyl": True}, "x": 1}], "y": 2}
    assert refusal("SubmitOrders", value) == {
        "actions[1].submit.post_onyl": "is not a field of SubmitOrderRequest; did you mean post_only?",
        "actions[1].x": "is not a field of OrderAction",
        "y": "is not a field of SubmitOrdersRequest",
    }


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("quantity", 100, "must be a string, not a number"),
        ("quantity", ["1"], "must be a string, not an array"),
        ("side", "BYE", "must be one of BUY, SELL, not 'BYE'"),
        ("side", 9, "must be one of BUY, SELL, not a number"),
        ("side", True, "must be one of BUY, SELL, not true"),
        ("post_only", "true", "must be true or false, not a string"),
        ("post_only", 1, "must be true or false, not a number"),
        ("symbol", "\ud800", "must be valid Unicode; it has half of a surrogate pair"),
    ],
)
def test_a_wrong_type_is_refused_with_the_field(field: str, value: object, complaint: str) -> None:
    assert refusal("SubmitOrder", {field: value}) == {field: complaint}


def test_messages_lists_and_maps_must_look_like_it() -> None:
    assert refusal("SubmitOrder", []) == {"(body)": "must be an object, not an array"}
    assert refusal("CreateInstrument", {"instrument": ""}) == {
        "instrument": "must be an object, not a string"
    }
    assert refusal("SubmitOrders", {"actions": {}}) == {"actions": "must be an array, not an object"}
    assert refusal("SubmitOrders", {"actions": [None]}) == {"actions[0]": "must not be null"}
    attributes = {"instrument": {"attributes": {"a": 1}}}
    assert refusal("CreateInstrument", attributes) == {
        "instrument.attributes[a]": "must be a string, not a number"
    }


def test_numbers_keep_their_bounds() -> None:
    frequency = {"instrument": {"bond": {"coupon_frequency": 1 << 32}}}
    assert list(refusal("CreateInstrument", frequency)) == ["instrument.bond.coupon_frequency"]
    assert parsed("UpdateInstrument", {"version": "18446744073709551615"}).version == (1 << 64) - 1
    for wrong in (-1, 1.5, "1.0", "0x1", " 1", "1_0", "", 1 << 64):
        assert list(refusal("UpdateInstrument", {"version": wrong})) == ["version"]


def test_bytes_must_be_base64() -> None:
    assert parsed("PublishTicks", {"ticks": {"kind": "AQI="}}).ticks.kind == b"\x01\x02"
    for wrong in ("AQ*=", "A", 5):
        assert list(refusal("PublishTicks", {"ticks": {"kind": wrong}})) == ["ticks.kind"]


def test_one_of_a_choice_and_one_spelling_of_a_field() -> None:
    both = {"actions": [{"submit": {}, "cancel": {}}]}
    assert list(refusal("SubmitOrders", both)) == ["actions[0].cancel"]
    twice = {"client_order_id": "a", "clientOrderId": "b"}
    assert refusal("SubmitOrder", twice) == {"clientOrderId": "is given twice"}


def test_times_and_masks_are_text() -> None:
    value = {"instrument": {"reference_time": "2024-01-02T03:04:05Z"}, "update_mask": "name,reference_price"}
    message = parsed("UpdateInstrument", value)
    assert message.instrument.reference_time.seconds == 1_704_164_645
    assert list(message.update_mask.paths) == ["name", "reference_price"]
    wrong = {"instrument": {"reference_time": "yesterday"}}
    assert list(refusal("UpdateInstrument", wrong)) == ["instrument.reference_time"]
    assert list(refusal("UpdateInstrument", {"update_mask": 5})) == ["update_mask"]


def test_the_path_fills_the_body_and_must_agree_with_it() -> None:
    names = {"instrument.symbol": "AAPL"}
    assert parsed("UpdateInstrument", {}, **names).instrument.symbol == "AAPL"
    assert parsed("UpdateInstrument", {"instrument": {"symbol": "AAPL"}}, **names).instrument.symbol == "AAPL"
    value = {"instrument": {"symbol": "MSFT"}}
    assert refusal("UpdateInstrument", value, **names) == {
        "instrument.symbol": "is 'MSFT' in the body and 'AAPL' in the path"
    }


def test_at_most_twenty_places_are_named() -> None:
    assert len(shapes.violations({f"x{n}": 1 for n in range(1_000)}, orders_pb2.Order.DESCRIPTOR)) == 20


def test_query_parameters_become_fields() -> None:
    request = asked("ListOrders", b"portfolio_id=demo&status=NEW&open_only=true&page_size=5")
    assert request == orders_pb2.ListOrdersRequest(
        portfolio_id="demo", status=orders_pb2.Order.NEW, open_only=True, page_size=5
    )
    quotes = asked("ListQuotes", b"symbols=AAPL&symbols=BTC-USD")
    assert list(quotes.symbols) == ["AAPL", "BTC-USD"]
    bars = asked("ListBars", b"interval=MINUTE_1&start_time=2024-01-02T03:04:05Z", symbol="AAPL")
    assert (bars.symbol, bars.interval, bars.start_time.seconds) == (
        "AAPL",
        pricing_pb2.Bar.MINUTE_1,
        1_704_164_645,
    )


def test_wrong_parameters_are_refused_by_name() -> None:
    assert query_refusal("ListOrders", b"pagesize=1&x=2") == {
        "pagesize": "is not a parameter of this call",
        "x": "is not a parameter of this call",
    }
    assert query_refusal("ListOrders", b"symbol=A&symbol=B") == {"symbol": "is given twice"}
    for query in (b"page_size=many", b"page_size=-1", b"open_only=maybe", b"status=GONE"):
        assert list(query_refusal("ListOrders", query)) == [query.split(b"=")[0].decode()]
    assert query_refusal("ListBars", b"start_time.seconds=5") == {
        "start_time.seconds": "is not a parameter of this call"
    }


def test_nested_parameters_are_reached_with_dots() -> None:
    nested = replace(route("ListOrders"), request=assets_pb2.UpdateInstrumentRequest.DESCRIPTOR)
    message: Any = queries.to_request(b"instrument.name=Apple&instrument.stock.sector=IT", nested, {})
    assert (message.instrument.name, message.instrument.stock.sector) == ("Apple", "IT")
