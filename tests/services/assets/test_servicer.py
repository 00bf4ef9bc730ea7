"""The assets service as its clients see it: over gRPC, with its errors and their details."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from tests.services.assets.samples import DETAILS, Stub, an_instrument
from tickmesh.assets.v1 import assets_pb2 as pb
from tickmesh.services.runtime.errors import RemoteError, describe

pytestmark = pytest.mark.usefixtures("on_both_databases")

APPLE = "US0378331005"


async def refused(call: Any) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return describe(caught.value)


async def create(stub: Stub, *args: Any, request_id: str = "", **changes: Any) -> pb.Instrument:
    message = an_instrument(*args, **changes)
    return await stub.CreateInstrument(pb.CreateInstrumentRequest(request_id=request_id, instrument=message))


async def get(stub: Stub, symbol: str) -> pb.Instrument:
    return await stub.GetInstrument(pb.GetInstrumentRequest(symbol=symbol))


async def update(
    stub: Stub, paths: list[str], version: int = 0, request_id: str = "", **changes: Any
) -> pb.Instrument:
    return await stub.UpdateInstrument(
        pb.UpdateInstrumentRequest(
            request_id=request_id,
            instrument=pb.Instrument(**{"symbol": "IBM", **changes}),
            update_mask=FieldMask(paths=paths),
            version=version,
        )
    )


async def listing(stub: Stub, **request: Any) -> pb.ListInstrumentsResponse:
    return await stub.ListInstruments(pb.ListInstrumentsRequest(**request))


def symbols(response: pb.ListInstrumentsResponse) -> list[str]:
    return [instrument.symbol for instrument in response.instruments]


@pytest.mark.parametrize("asset_type", DETAILS)
async def test_what_was_listed_is_found_again(stub: Stub, asset_type: str) -> None:
    made = await create(stub, "XYZ.1", asset_type, attributes={"b": "2", "a": "1"})
    assert made.version == 1
    assert made.create_time == made.update_time
    assert made.WhichOneof("detail") == asset_type.lower()
    assert await get(stub, "XYZ.1") == made
    assert list((await listing(stub)).instruments) == [made]


async def test_what_was_left_out_gets_its_default(stub: Stub) -> None:
    made = await create(stub)
    assert (made.cfi, made.multiplier, made.minimum_notional) == ("ESXXXX", "1", "0")


async def test_decimals_come_back_in_one_way_of_writing(stub: Stub) -> None:
    made = await create(stub, price_increment="0.010", quantity_increment="1.00", reference_price="158.5")
    assert (made.price_increment, made.quantity_increment, made.reference_price) == ("0.01", "1", "158.50")


async def test_a_symbol_is_listed_once(stub: Stub) -> None:
    await create(stub)
    error = await refused(create(stub))
    assert (error.code, error.reason) == (grpc.StatusCode.ALREADY_EXISTS, "SYMBOL_IN_USE")
    assert error.fields[0].field == "instrument.symbol"


async def test_an_isin_belongs_to_one_instrument(stub: Stub) -> None:
    await create(stub, "AAPL", isin=APPLE)
    error = await refused(create(stub, "APC", isin=APPLE))
    assert (error.code, error.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ISIN_IN_USE")
    assert error.metadata == {"isin": APPLE, "symbol": "AAPL"}
    await create(stub, "IBM")
    assert (await refused(update(stub, ["isin"], isin=APPLE))).reason == "ISIN_IN_USE"


async def test_a_bad_check_digit_names_the_field_and_the_digit(stub: Stub) -> None:
    error = await refused(create(stub, isin="US0378331009"))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_CHECK_DIGIT")
    assert [item.field for item in error.fields] == ["instrument.isin"]
    assert error.metadata["expected_digit"] == "5"
    assert (await listing(stub)).total_size == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"symbol": "aapl"}, "instrument.symbol"),
        ({"symbol": "A" * 25}, "instrument.symbol"),
        ({"name": ""}, "instrument.name"),
        ({"name": "n" * 201}, "instrument.name"),
        ({"currency": "dollars"}, "instrument.currency"),
        ({"price_increment": "NaN"}, "instrument.price_increment"),
        ({"price_increment": "-0.01"}, "instrument.price_increment"),
        ({"price_increment": "1e-2"}, "instrument.price_increment"),
        ({"price_increment": ""}, "instrument.price_increment"),
        ({"price_increment": "0.0000000000000000001"}, "instrument.price_increment"),
        ({"reference_price": "1" * 19}, "instrument.reference_price"),
        ({"reference_price": "Infinity"}, "instrument.reference_price"),
        ({"reference_price": "٣.١٤"}, "instrument.reference_price"),
        ({"minimum_notional": "-1"}, "instrument.minimum_notional"),
        ({"isin": APPLE * 2}, "instrument.isin"),
        ({"mic": "NYSE!"}, "instrument.mic"),
        ({"calendar": ""}, "instrument.calendar"),
        ({"attributes": {"k": "v" * 1001}}, 'instrument.attributes["k"]'),
        ({"attributes": {str(n): "" for n in range(65)}}, "instrument.attributes"),
        ({"stock": {"country": "USA"}}, "instrument.stock.country"),
    ],
)
async def test_bad_input_is_refused_by_field_and_changes_nothing(
    stub: Stub, changes: dict[str, Any], field: str
) -> None:
    error = await refused(create(stub, **changes))
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert [item.field.replace("[k]", '["k"]') for item in error.fields] == [field]
    assert (await listing(stub)).total_size == 0


async def test_a_request_without_an_instrument_is_refused(stub: Stub) -> None:
    error = await refused(stub.CreateInstrument(pb.CreateInstrumentRequest()))
    assert [item.field for item in error.fields] == ["instrument"]


async def test_the_same_request_again_gets_the_first_answer(stub: Stub) -> None:
    first = await create(stub, request_id="r-1")
    assert await create(stub, request_id="r-1") == first
    changed = await update(stub, ["name"], request_id="r-2", name="New")
    assert await update(stub, ["name"], request_id="r-2", name="New") == changed
    assert changed.version == 2
    error = await refused(create(stub, "OTHER", request_id="r-1"))
    assert error.reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize("symbol", ["NOPE", "lower", "a\x00b", "' OR 1=1 --", "ÄÖÜ"])
async def test_a_symbol_that_is_not_listed_is_not_found(stub: Stub, symbol: str) -> None:
    error = await refused(get(stub, symbol))
    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_INSTRUMENT")
    assert error.metadata == {"symbol": symbol}


async def test_an_update_changes_what_the_mask_names_and_nothing_else(stub: Stub) -> None:
    made = await create(stub, attributes={"old": "1"})
    await get(stub, "IBM")
    changed = await update(
        stub,
        ["name", "attributes", "stock.industry"],
        name="IBM Corp.",
        currency="EUR",
        attributes={"new": "2"},
        stock=pb.Stock(industry="Software", sector="ignored"),
    )
    assert (changed.name, changed.currency, dict(changed.attributes)) == ("IBM Corp.", "USD", {"new": "2"})
    assert (changed.stock.industry, changed.stock.sector) == ("Software", made.stock.sector)
    assert (changed.version, changed.create_time) == (2, made.create_time)
    assert await get(stub, "IBM") == changed


async def test_an_update_needs_the_version_it_is_based_on(stub: Stub) -> None:
    await create(stub)
    await update(stub, ["name"], version=1, name="Second")
    error = await refused(update(stub, ["name"], version=1, name="Third"))
    assert (error.code, error.reason) == (grpc.StatusCode.ABORTED, "STALE_VERSION")
    assert error.metadata == {"symbol": "IBM", "version": "2"}
    assert (await get(stub, "IBM")).name == "Second"


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (["symbol"], "IMMUTABLE_FIELD"),
        (["price_increment"], "IMMUTABLE_FIELD"),
        (["name", "currency"], "IMMUTABLE_FIELD"),
        (["version"], "IMMUTABLE_FIELD"),
        (["update_time.seconds"], "IMMUTABLE_FIELD"),
        (["colour"], "UNKNOWN_MASK_PATH"),
        (["*"], "UNKNOWN_MASK_PATH"),
        (["attributes.key"], "UNKNOWN_MASK_PATH"),
        ([""], "UNKNOWN_MASK_PATH"),
        ([], "UNKNOWN_MASK_PATH"),
        (["name"], "INVALID_REQUEST"),
        (["reference_price"], "INVALID_REQUEST"),
        (["stock"], "MISSING_DETAIL"),
        (["bond.issuer"], "INVALID_REQUEST"),
    ],
)
async def test_an_update_that_may_not_be_is_refused(stub: Stub, paths: list[str], reason: str) -> None:
    made = await create(stub)
    error = await refused(update(stub, paths))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert error.fields
    assert await get(stub, "IBM") == made


async def test_an_update_of_what_is_not_listed_is_not_found(stub: Stub) -> None:
    assert (await refused(update(stub, ["name"], name="x"))).code is grpc.StatusCode.NOT_FOUND
    assert (await refused(update(stub, ["name"], symbol="", name="x"))).code is grpc.StatusCode.NOT_FOUND


async def test_the_pages_make_up_the_list(seeded: Stub) -> None:
    whole = await listing(seeded, page_size=1000)
    walked: list[str] = []
    token = ""
    while True:
        page = await listing(seeded, page_size=7, page_token=token)
        assert page.total_size == whole.total_size == len(whole.instruments)
        walked += symbols(page)
        token = page.next_page_token
        if not token:
            break
    assert walked == symbols(whole) == sorted(walked)


async def test_a_page_ends_before_it_is_too_large_to_send(stub: Stub) -> None:
    heavy = {f"key {number}": "x" * 1_000 for number in range(64)}
    await asyncio.gather(*(create(stub, f"S{number:03}", attributes=heavy) for number in range(80)))
    first = await listing(stub, page_size=1000)
    assert (first.total_size, first.ByteSize() < 5 << 20) == (80, True)
    second = await listing(stub, page_size=1000, page_token=first.next_page_token)
    assert symbols(first) + symbols(second) == [f"S{number:03}" for number in range(80)]


async def test_a_list_is_filtered_by_type(seeded: Stub) -> None:
    response = await listing(seeded, asset_type=pb.Instrument.FOREX)
    assert symbols(response) == ["AUDUSD", "EURGBP", "EURUSD", "GBPUSD", "USDCHF", "USDJPY"]
    assert response.total_size == 6


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("apple", ["AAPL", "AAPL-4.65-2046-02"]),
        ("us0378331005", ["AAPL"]),
        ("bbg000b9xry4", ["AAPL"]),
        ("2046251", ["AAPL"]),
        ("nestlé", ["NESN"]),
        ("NESTLÉ", ["NESN"]),
        ("PENCE", ["SHEL"]),
        ("%", ["AAPL-4.65-2046-02", "UST-4.375-2028-11"]),
        ("_", []),
        ("'; DROP TABLE instruments; --", []),
    ],
)
async def test_a_search_finds_text_in_any_case(seeded: Stub, query: str, found: list[str]) -> None:
    assert symbols(await listing(seeded, query=query))[: len(found) or None][:2] == found


@pytest.mark.parametrize(
    ("request_fields", "reason"),
    [
        ({"page_size": 1001}, "INVALID_REQUEST"),
        ({"page_token": "nonsense"}, "PAGE_TOKEN_INVALID"),
        ({"page_token": "WzFd"}, "PAGE_TOKEN_INVALID"),
        ({"page_token": "WyJhXHUwMDAwYiJd"}, "PAGE_TOKEN_INVALID"),
        ({"query": "x" * 101}, "INVALID_REQUEST"),
        ({"query": "a\x00b"}, "MALFORMED_FIELD"),
        ({"asset_type": 99}, "INVALID_REQUEST"),
    ],
)
async def test_a_list_request_that_makes_no_sense_is_refused(
    stub: Stub, request_fields: dict[str, Any], reason: str
) -> None:
    error = await refused(listing(stub, **request_fields))
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)


async def test_many_clients_list_side_by_side_and_nothing_is_lost(stub: Stub) -> None:
    answers = await asyncio.gather(*(create(stub, f"S{number}") for number in range(20)))
    assert {answer.version for answer in answers} == {1}
    assert (await listing(stub)).total_size == 20
    outcomes = await asyncio.gather(*(create(stub, "SAME") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, pb.Instrument) for outcome in outcomes) == 1
