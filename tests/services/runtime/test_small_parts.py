"""Page tokens, settings, errors and logs."""

import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickmesh.services.runtime import errors, paging, settings

KEYS = st.tuples(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.integers(-(2**62), 2**62)
)


@given(KEYS)
def test_a_page_token_reads_back(key: tuple[str, int]) -> None:
    assert paging.decode(paging.encode(*key), (str, int)) == key


@given(st.text(max_size=40))
def test_any_text_is_a_page_token_or_refused(text: str) -> None:
    try:
        key = paging.decode(text, (str,))
    except paging.InvalidPageToken:
        return
    assert key is None or (len(key) == 1 and isinstance(key[0], str))


@pytest.mark.parametrize(
    "key", [["a"], ["a", True], ["a", 1.0], [1, "a"], {"a": 1}, ["a", 2**63], ["\0", 1], ["\ud800", 1], None]
)
def test_a_page_token_of_another_list_is_refused(key: object) -> None:
    token = base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
    with pytest.raises(paging.InvalidPageToken):
        paging.decode(token, (str, int))


def test_no_page_token_is_the_first_page_and_no_size_the_default() -> None:
    assert paging.decode("", (str,)) is None
    assert (paging.page_limit(0), paging.page_limit(7)) == (100, 7)


@dataclass(frozen=True, slots=True)
class Kitchen:
    oven_c: int = 180
    is_open: bool = True
    wait_s: float = 1.5
    price: Decimal = Decimal("1.10")
    book: Path = Path("recipes")


def test_settings_come_from_variables_and_defaults() -> None:
    environ = {"TICKMESH_OVEN_C": "220", "TICKMESH_IS_OPEN": "No", "TICKMESH_BOOK": "/b", "OVEN_C": "1"}
    assert settings.load(Kitchen, environ) == Kitchen(oven_c=220, is_open=False, book=Path("/b"))
    assert settings.load(Kitchen, {}) == Kitchen()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OVEN_C", "hot"),
        ("OVEN_C", "1.5"),
        ("IS_OPEN", "perhaps"),
        ("WAIT_S", "nan"),
        ("WAIT_S", "inf"),
        ("PRICE", "x"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(name: str, text: str) -> None:
    with pytest.raises(settings.SettingsError, match=f"TICKMESH_{name}"):
        settings.load(Kitchen, {f"TICKMESH_{name}": text})


def test_the_keys_lie_in_the_data_folder_unless_told_otherwise() -> None:
    assert settings.RuntimeSettings(data_dir=Path("d")).keys == Path("d/keys")
    assert settings.RuntimeSettings(key_dir=Path("k")).keys == Path("k")
    with pytest.raises(settings.SettingsError, match="sales"):
        settings.RuntimeSettings().address("sales")


def test_an_error_survives_the_wire() -> None:
    error = errors.FailedPrecondition(
        "AAPL is halted",
        reason="HALTED",
        metadata={"symbol": "AAPL"},
        fields=[errors.FieldViolation("symbol", "halted")],
    )
    trailers = grpc.aio.Metadata((errors.STATUS_KEY, errors.to_status(error).SerializeToString()))
    failed = grpc.aio.AioRpcError(error.code, grpc.aio.Metadata(), trailers, error.message)
    described = errors.describe(failed)
    assert (described.code, described.reason, described.message) == (error.code, "HALTED", "AAPL is halted")
    assert (described.metadata, described.fields) == ({"symbol": "AAPL"}, error.fields)


def test_an_error_is_passed_on_as_it_was_said() -> None:
    error = errors.ResourceExhausted(
        "too much", reason="OVERLOADED", metadata={"a": "b"}, retry_after_s=0.25,
        fields=[errors.FieldViolation("actions", "too many")],
    )  # fmt: skip
    trailers = grpc.aio.Metadata((errors.STATUS_KEY, errors.to_status(error).SerializeToString()))
    failed = grpc.aio.AioRpcError(error.code, grpc.aio.Metadata(), trailers, error.message)
    passed_on = errors.again(errors.describe(failed))
    assert passed_on.code is error.code
    assert errors.to_status(passed_on) == errors.to_status(error)


def test_shards_are_where_the_settings_say_and_a_single_one_is_where_orders_are() -> None:
    single = settings.load(settings.RuntimeSettings, {"TICKMESH_ORDERS_ADDRESS": "a:1,b:1"})
    assert (single.shard_addresses, single.shard_count) == (["a:1,b:1"], 1)
    several = settings.load(settings.RuntimeSettings, {"TICKMESH_ORDERS_SHARDS": "a:1;b:1,c:1"})
    assert several.shard_addresses == ["a:1", "b:1,c:1"]


@pytest.mark.parametrize("text", ["a:1;", ";", ";".join(["a:1"] * 33)])
def test_addresses_of_shards_that_cannot_be_are_named(text: str) -> None:
    with pytest.raises(settings.SettingsError, match="TICKMESH_ORDERS_SHARDS"):
        _ = settings.load(settings.RuntimeSettings, {"TICKMESH_ORDERS_SHARDS": text}).shard_addresses


@pytest.mark.parametrize("details", [b"", b"\xff\xff nonsense"])
def test_the_error_of_a_stranger_is_described_by_its_code(details: bytes) -> None:
    trailers = grpc.aio.Metadata((errors.STATUS_KEY, details))
    failed = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), trailers, None)
    described = errors.describe(failed)
    assert (described.reason, described.message, described.fields) == ("UNAVAILABLE", "", [])


def test_a_status_fits_into_a_header_however_much_is_wrong() -> None:
    fields = [errors.FieldViolation("f" * 9_000, "d" * 9_000)] * 9_000
    error = errors.InvalidArgument("m" * 99_000, fields=fields, metadata={"k": "v" * 99_000})
    assert errors.to_status(error).ByteSize() < 16_384


LOGGING = """
from tickmesh.services.runtime import telemetry

telemetry.configure("test")
telemetry.logger("here").info("hello", authorization="Bearer abc", resume_token="abc", number=7)
"""


def test_logs_hide_secrets() -> None:
    done = subprocess.run([sys.executable, "-c", LOGGING], capture_output=True, text=True, check=True)
    line = json.loads(done.stderr)
    assert "abc" not in done.stderr
    assert (line["event"], line["number"], line["module"], line["service"]) == ("hello", 7, "here", "test")


CLOSED = """
import os, sys
from tickmesh.services.runtime import telemetry

telemetry.configure("test")
log = telemetry.logger("here")
log.info("read")
sys.stderr.close()
log.error("lost", exc_info=ValueError("x"))
sys.stderr = open(os.devnull, "w")
log.warning("lost too")
print("still here")
"""


def test_a_terminal_that_goes_away_ends_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", CLOSED], capture_output=True, text=True, check=True)
    assert done.stdout == "still here\n"
    assert json.loads(done.stderr)["event"] == "read"
