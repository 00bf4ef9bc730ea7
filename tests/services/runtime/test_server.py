"""The gate before every RPC: token, scope, validation, errors."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tickmesh.assets.v1 import assets_pb2 as pb
from tickmesh.assets.v1 import assets_pb2_grpc
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.services.runtime import contract, errors
from tickmesh.services.runtime.host import Host, ServerEnded
from tickmesh.services.runtime.testing import serve_for_test


class Troubled(assets_pb2_grpc.AssetsServiceServicer):
    """Fails in the way that a test asks for."""

    def __init__(self) -> None:
        self.open_streams = 0

    async def GetInstrument(self, request: Any, context: Any) -> pb.Instrument:
        if request.symbol == "ABORT":
            await context.abort(grpc.StatusCode.DATA_LOSS, "said by hand")
        if request.symbol == "MANY":
            fields = [errors.FieldViolation(f"field[{number}]", "is wrong " * 99) for number in range(9_999)]
            raise errors.InvalidArgument("wrong " * 9_999, fields=fields, metadata={"text": "x" * 99_999})
        raise RuntimeError("the password is hunter2")

    async def StreamInstruments(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self.open_streams += 1
        try:
            yield pb.StreamInstrumentsResponse(sequence=1)
            await asyncio.Event().wait()
        finally:
            self.open_streams -= 1


def assets(channel: grpc.aio.Channel) -> Any:
    return assets_pb2_grpc.AssetsServiceStub(channel)  # type: ignore[arg-type]


def bare(host: Host) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(host.settings.assets_address)


def bearer(host: Host, *scopes: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {host.signer.mint('ada', scopes, 60)}")]


async def failure(call: Any) -> errors.RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return errors.describe(caught.value)


async def served(troubled: Troubled, host: Host) -> None:
    host.serve(assets_pb2_grpc.add_AssetsServiceServicer_to_server, troubled)


async def test_a_call_without_a_token_is_refused(host: Host) -> None:
    async with bare(host) as channel:
        failed = await failure(assets(channel).GetInstrument(pb.GetInstrumentRequest(symbol="IBM")))
    assert (failed.code, failed.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", "Bearer", ""])
async def test_a_header_that_holds_no_token_of_ours_is_refused(host: Host, header: str) -> None:
    async with bare(host) as channel:
        request = pb.GetInstrumentRequest(symbol="IBM")
        call = assets(channel).GetInstrument(request, metadata=[("authorization", header)])
        assert (await failure(call)).code == grpc.StatusCode.UNAUTHENTICATED


async def test_a_missing_scope_is_named(host: Host) -> None:
    async with bare(host) as channel:
        request = pb.GetInstrumentRequest(symbol="IBM")
        call = assets(channel).GetInstrument(request, metadata=bearer(host, "orders:read"))
        failed = await failure(call)
    assert (failed.code, failed.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert failed.metadata == {"scope": "assets:read"}


async def test_a_stream_asks_for_a_token_too(host: Host) -> None:
    async with bare(host) as channel:
        call = assets(channel).StreamInstruments(pb.StreamInstrumentsRequest())
        assert (await failure(call.read())).reason == "TOKEN_MISSING"


async def test_a_request_that_breaks_the_contract_names_its_fields(host: Host) -> None:
    request = pb.CreateInstrumentRequest(request_id="x" * 65)
    failed = await failure(assets(host.channel("assets")).CreateInstrument(request))
    assert (failed.code, failed.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert {violation.field for violation in failed.fields} == {"request_id", "instrument"}


async def test_calls_that_come_while_the_process_is_busy_wait_for_it(host: Host) -> None:
    sent = threading.Event()

    def send() -> list[grpc.StatusCode]:
        with grpc.insecure_channel(host.settings.address("assets")) as channel:
            call = channel.unary_unary("/tickmesh.assets.v1.AssetsService/GetInstrument")
            with contextlib.suppress(grpc.RpcError):
                call(b"")  # which connects
            sent.set()
            calls = [call.future(b"") for _ in range(2_500)]
            return [each.code() for each in calls]

    sending = asyncio.create_task(asyncio.to_thread(send))
    while not sent.is_set():
        await asyncio.sleep(0.01)
    time.sleep(2.0)  # nothing is answered meanwhile
    assert set(await sending) == {grpc.StatusCode.UNAUTHENTICATED}


async def test_a_fault_of_ours_tells_nothing_of_the_inside(tmp_path: Path) -> None:
    async def start(host: Host) -> None:
        await served(Troubled(), host)

    async with serve_for_test(start, tmp_path) as host:
        failed = await failure(
            assets(host.channel("assets")).GetInstrument(pb.GetInstrumentRequest(symbol="IBM"))
        )
    assert (failed.code, failed.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "hunter2" not in failed.message


async def test_a_status_set_by_hand_passes_and_thousands_of_faults_fit(tmp_path: Path) -> None:
    async def start(host: Host) -> None:
        await served(Troubled(), host)

    async with serve_for_test(start, tmp_path) as host:
        stub = assets(host.channel("assets"))
        by_hand = await failure(stub.GetInstrument(pb.GetInstrumentRequest(symbol="ABORT")))
        many = await failure(stub.GetInstrument(pb.GetInstrumentRequest(symbol="MANY")))
    assert (by_hand.code, by_hand.message) == (grpc.StatusCode.DATA_LOSS, "said by hand")
    assert (many.code, len(many.fields)) == (grpc.StatusCode.INVALID_ARGUMENT, errors.FIELDS_MAX)


async def test_a_reader_that_leaves_frees_its_stream(tmp_path: Path) -> None:
    troubled = Troubled()

    async def start(host: Host) -> None:
        await served(troubled, host)

    async with serve_for_test(start, tmp_path) as host:
        call = assets(host.channel("assets")).StreamInstruments(pb.StreamInstrumentsRequest())
        assert (await call.read()).sequence == 1
        assert troubled.open_streams == 1
        call.cancel()
        async with asyncio.timeout(5):
            while troubled.open_streams:
                await asyncio.sleep(0.01)


async def test_a_service_that_starts_says_so_and_is_not_healthy(tmp_path: Path) -> None:
    seen: list[Any] = []

    async def start(host: Host) -> None:
        channel = host.channel("assets")
        request = pb.GetInstrumentRequest(symbol="IBM")
        seen.append(await failure(assets(channel).GetInstrument(request)))
        health = health_pb2_grpc.HealthStub(channel)  # type: ignore[arg-type]
        seen.append(await health.Check(health_pb2.HealthCheckRequest()))  # type: ignore[misc]
        await served(Troubled(), host)

    async with serve_for_test(start, tmp_path) as host:
        health = health_pb2_grpc.HealthStub(host.channel("assets"))  # type: ignore[arg-type]
        name = "tickmesh.assets.v1.AssetsService"
        ready = await health.Check(health_pb2.HealthCheckRequest(service=name))  # type: ignore[misc]
    assert (seen[0].code, seen[0].reason) == (grpc.StatusCode.UNAVAILABLE, "STARTING")
    assert seen[1].status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert ready.status == health_pb2.HealthCheckResponse.SERVING


async def test_what_nobody_serves_here_is_unimplemented_once_started(host: Host) -> None:
    stub: Any = orders_pb2_grpc.OrdersServiceStub(host.channel("assets"))  # type: ignore[arg-type]
    failed = await failure(stub.GetOrder(orders_pb2.GetOrderRequest()))
    assert failed.code == grpc.StatusCode.UNIMPLEMENTED


async def test_reflection_lists_each_service_once(host: Host) -> None:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(bare(host))  # type: ignore[arg-type]
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    answer = await stub.ServerReflectionInfo(iter([request])).read()
    names = [service.name for service in answer.list_services_response.service]
    assert sorted(names) == [
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
        "tickmesh.assets.v1.AssetsService",
    ]


def test_every_rpc_names_a_scope_and_only_reading_ones_are_retried() -> None:
    methods = contract.methods()
    assert all(method.scope for method in methods.values())
    assert methods["/tickmesh.assets.v1.AssetsService/GetInstrument"].reads_only
    assert not methods["/tickmesh.assets.v1.AssetsService/CreateInstrument"].reads_only
    assert "orders:control" in contract.all_scopes() - contract.user_scopes()


async def test_a_path_that_ends_a_server_of_grpc_ends_the_process(tmp_path: Path) -> None:
    async def start(host: Host) -> None:
        await served(Troubled(), host)

    def garble(address: str) -> None:
        with grpc.insecure_channel(address) as channel, contextlib.suppress(grpc.RpcError):
            method: Any = channel.unary_unary(b"/tickmesh.\xe5ssets")  # type: ignore[arg-type]
            method(b"", timeout=10)

    with pytest.raises(ExceptionGroup) as failure:
        async with serve_for_test(start, tmp_path) as host, asyncio.timeout(20):
            await asyncio.to_thread(garble, host.settings.address("assets"))
            await asyncio.Event().wait()
    assert failure.group_contains(ServerEnded)
