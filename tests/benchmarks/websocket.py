"""One instrument's updates to 1,000 WebSocket clients: from the order that caused one to its arrival."""

import asyncio
import json
import time
from datetime import datetime
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.orders.v1.orders_pb2_grpc import OrdersServiceStub

from .running import Row, Running, open_portfolio, percentiles

CLIENTS = 1_000
READ_EVERY = 50  # every so many clients parse what they get; the others count
RATE = 20
SECONDS = 10
SYMBOL = "MSFT"


class _Client(WSListener):  # type: ignore[misc]
    """Counts frames; some look at when the change that they tell of happened."""

    def __init__(self, latencies_ms: list[float] | None) -> None:
        self.frames = 0
        self.transport: Any = None
        self._latencies_ms = latencies_ms

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        self.frames += 1
        if self._latencies_ms is not None and self.frames > 1:
            self._note(json.loads(frame.get_payload_as_bytes()), self._latencies_ms)

    def _note(self, frame: dict[str, Any], latencies_ms: list[float]) -> None:
        quote = frame["data"].get("quote")
        if quote and quote.get("quote_time"):
            happened_s = datetime.fromisoformat(quote["quote_time"]).timestamp()
            latencies_ms.append((time.time() - happened_s) * 1e3)


async def measure(running: Running) -> dict[str, list[Row]]:
    """Connects the clients, changes the best bid at a fixed rate, counts what arrives."""
    latencies_ms: list[float] = []
    clients = await _connect(running, latencies_ms)
    start_s = time.perf_counter()
    await _change_the_book(running)
    await asyncio.sleep(1.0)
    seconds = time.perf_counter() - start_s - 1.0
    frames = sum(client.frames for client in clients) - len(clients)
    for client in clients:
        client.transport.disconnect()
    row = {
        "clients": len(clients),
        "frames": frames,
        "frames_per_second": round(frames / seconds),
        "latency_ms": percentiles(latencies_ms),
    }
    return {"websocket": [row]}


async def _connect(running: Running, latencies_ms: list[float]) -> list[_Client]:
    headers = {"Authorization": f"Bearer {running.token()}"}
    url = f"ws://127.0.0.1:{running.websocket_port}/ws/market-data/{SYMBOL}"
    clients = []
    for number in range(CLIENTS):
        client = _Client(latencies_ms if number % READ_EVERY == 0 else None)
        await ws_connect(lambda client=client: client, url, extra_headers=headers)
        clients.append(client)
    while any(client.frames == 0 for client in clients):
        await asyncio.sleep(0.05)
    return clients


async def _change_the_book(running: Running) -> None:
    async with running.channel() as channel:
        stub, portfolio_id = OrdersServiceStub(channel), await open_portfolio(channel, "bench-fan-out")
        for number in range(RATE * SECONDS):
            await stub.SubmitOrder(
                pb.SubmitOrderRequest(
                    client_order_id=f"w{number}",
                    portfolio_id=portfolio_id,
                    symbol=SYMBOL,
                    side=pb.Order.BUY,
                    order_type=pb.Order.LIMIT,
                    quantity="1",
                    price=f"{360 + number // 100}.{number % 100:02d}",
                    time_in_force=pb.Order.GTC,
                )
            )
            await asyncio.sleep(1 / RATE)
