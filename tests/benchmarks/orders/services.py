"""Assets and orders as two processes on tables of their own, for the length of a with block."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import grpc

from tickmesh.assets.v1 import assets_pb2
from tickmesh.assets.v1.assets_pb2_grpc import AssetsServiceStub
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1.orders_pb2_grpc import OrdersServiceStub
from tickmesh.services.runtime import client, contract
from tickmesh.services.runtime.identity import Signer
from tickmesh.services.runtime.local_postgres import LocalPostgres
from tickmesh.services.runtime.ports import free_ports

from .flow import SYMBOL, portfolio
from .usage import Processes

DATABASES = ("sqlite", "postgres")
READY_WITHIN_S = 120.0
CONTROLS_AT_ONCE = 100
PLENTY = "4000000000000"
DESK = "bench"
Kind, Level = pb.EngineLimit.LimitType, pb.RiskScope.Level
PATIENT = {"ORDERS_WAITS_MAX_S": 60.0}  # a stall of a shared machine is a figure, not a refusal
AS_USUAL = ("tickmesh.services.cli", "serve")


class Services:
    """Two services, each a process that can be stopped and started, and how to be let in."""

    def __init__(
        self, folder: Path, url: str, database: Mapping[str, int], program: Sequence[str], **more: Any
    ):
        ports = zip(("ASSETS", "ORDERS"), free_ports(2), strict=True)
        told: dict[str, object] = {f"{name}_ADDRESS": f"127.0.0.1:{port}" for name, port in ports}
        told |= {"DATA_DIR": folder, "DATABASE_URL": url, "LOG_LEVEL": "warning", **PATIENT}
        told |= {name.upper(): value for name, value in more.items()}
        self.folder = folder
        self.url = url
        self.environment = {"MALLOC_ARENA_MAX": "2"} | dict(os.environ)
        self.environment |= {f"TICKMESH_{name}": str(value) for name, value in told.items()}
        self._database = database
        self._program = program
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        """Returns where the orders service listens."""
        return self.environment["TICKMESH_ORDERS_ADDRESS"]

    @property
    def processes(self) -> Processes:
        """Returns everything that works for the order path."""
        return Processes({**{name: process.pid for name, process in self._running.items()}, **self._database})

    def start(self, name: str, service: str = "", **more: Any) -> None:
        """Starts a service, with settings of its own."""
        command = [sys.executable, "-m", *self._program, service or name]
        own = {f"TICKMESH_{setting}": str(value) for setting, value in more.items()}
        environment = self.environment | own
        self._running[name] = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    def stop(self, name: str) -> None:
        """Ends a service cleanly, when it runs."""
        process = self._running.pop(name, None)
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def token(self) -> str:
        """Returns a token that may do everything."""
        return Signer.load_or_create(self.folder / "keys").mint("benchmark", contract.all_scopes(), 3_600)

    @asynccontextmanager
    async def stub(self) -> AsyncIterator[Any]:
        """Yields the way in for everything that is not measured."""
        token = self.token()
        async with client.connect(self.address, lambda: token) as channel:
            yield OrdersServiceStub(channel)


@contextmanager
def tables(database: str, folder: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """Yields the URL of a database, empty for SQLite, and its process. PostgreSQL waits for the disk."""
    if database == "sqlite":
        yield "", {}
        return
    folder.chmod(0o711)  # its owner may be root, and PostgreSQL's user must pass through
    server = LocalPostgres(folder / "postgres")
    try:
        server.start()
        assert server.process is not None
        yield server.url(), {"postgres": server.process.pid}
    finally:
        server.stop()


@contextmanager
def services(
    database: str = "sqlite", symbols: Sequence[str] = (), program: Sequence[str] = AS_USUAL, **more: Any
) -> Iterator[Services]:
    """Runs the services on new tables, with the seed's instruments or else those named; limits are set."""
    with (
        tempfile.TemporaryDirectory(prefix="tickmesh-bench-", ignore_cleanup_errors=True) as name,
        tables(database, Path(name)) as (url, processes),
    ):
        found = Services(Path(name), url, processes, program, seed_instruments=not symbols, **more)
        found.token()  # which makes the key, before two services do
        try:
            found.start("assets")
            found.start("orders")
            asyncio.run(_prepare(found, symbols or (SYMBOL,), listed=not symbols))
            yield found
        finally:
            found.stop("orders")
            found.stop("assets")


async def ready(found: Services) -> pb.EngineStatus:
    """Waits until orders are taken; returns where the engine stands."""
    async with asyncio.timeout(READY_WITHIN_S), found.stub() as stub:
        while True:
            try:
                return await status(stub)
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.02)


async def _prepare(found: Services, symbols: Sequence[str], *, listed: bool) -> None:
    await ready(found)
    token = found.token()
    if not listed:
        address = found.environment["TICKMESH_ASSETS_ADDRESS"]
        async with client.connect(address, lambda: token) as channel:
            stub = AssetsServiceStub(channel)
            for symbol in symbols:
                await stub.CreateInstrument(_instrument(symbol), wait_for_ready=True)
    async with found.stub() as orders:
        await known(orders, symbols[-1])
        await control(orders, [account(0), *_limits(symbols)])


def _instrument(symbol: str) -> assets_pb2.CreateInstrumentRequest:
    stock = assets_pb2.Stock(sector="Benchmarks", country="US")
    told = assets_pb2.Instrument(
        stock=stock, symbol=symbol, name=symbol, asset_type=assets_pb2.Instrument.STOCK, currency="USD",
        mic="XNAS", calendar="XNAS", price_increment="0.01", quantity_increment="1", reference_price="189.20",
    )  # fmt: skip
    return assets_pb2.CreateInstrumentRequest(request_id=symbol, instrument=told)


async def known(stub: Any, symbol: str) -> None:
    """Waits until an instrument can be traded."""
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            try:
                await stub.GetBook(pb.GetBookRequest(symbol=symbol))
                return
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.02)


def account(number: int) -> pb.Control:
    """Returns what opens a portfolio."""
    return pb.Control(account=pb.Account(portfolio_id=portfolio(number), desk_id=DESK))


def _limits(symbols: Sequence[str]) -> list[pb.Control]:
    """Returns limits of each kind, at the firm and at the desk, that refuse nothing of the flow."""
    firm, desk = pb.RiskScope(level=Level.FIRM), pb.RiskScope(level=Level.DESK, id=DESK)
    found = [_limit(Kind.GROSS_EXPOSURE, PLENTY, place) for place in (firm, desk)]
    kinds = {Kind.ORDER_QUANTITY: "1000", Kind.ORDER_NOTIONAL: "1000000", Kind.POSITION: "100000000"}
    for symbol in symbols:
        place = pb.RiskScope(level=Level.DESK, id=DESK, symbol=symbol)
        found += [_limit(kind, value, place) for kind, value in kinds.items()]
        found.append(_limit(Kind.PRICE_COLLAR, "1000", pb.RiskScope(level=Level.FIRM, symbol=symbol)))
    return found


def _limit(kind: Any, value: str, place: pb.RiskScope) -> pb.Control:
    return pb.Control(limit=pb.EngineLimit(scope=place, limit_type=kind, value=value))


async def control(stub: Any, controls: list[pb.Control]) -> None:
    """Applies controls."""
    for start in range(0, len(controls), CONTROLS_AT_ONCE):
        await stub.ApplyControls(pb.ApplyControlsRequest(controls=controls[start : start + CONTROLS_AT_ONCE]))


async def open_portfolios(found: Services, numbers: Sequence[int]) -> None:
    """Opens portfolios for messages that are all different from those before."""
    async with found.stub() as stub:
        await control(stub, [account(number) for number in numbers])


async def status(stub: Any) -> pb.EngineStatus:
    """Returns where the engine stands."""
    found: pb.EngineStatus = await stub.GetEngineStatus(pb.GetEngineStatusRequest())
    return found


async def caught_up(found: Services, within_s: float = READY_WITHIN_S) -> float:
    """Waits until the tables have everything, and returns how long it took."""
    start_s = time.monotonic()
    async with asyncio.timeout(within_s), found.stub() as stub:
        while True:
            now = await status(stub)
            if now.projected_sequence >= now.event_sequence:
                return time.monotonic() - start_s
            await asyncio.sleep(0.05)
