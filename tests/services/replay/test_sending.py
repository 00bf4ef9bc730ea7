"""What a replay says when the platform ends its stream of orders."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import numpy as np
import pytest

from tickmesh.services.replay.files import Recording
from tickmesh.services.replay.run import load_job
from tickmesh.services.replay.sending import Pace, Sender, StreamEnded
from tickmesh.services.replay.wire import OrderWriter


class EndedCall:
    """A call that the platform has ended before the first request."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read

    async def write(self, request: Any) -> None:
        raise asyncio.InvalidStateError("RPC already finished.")

    async def done_writing(self) -> None:
        """Has nothing to say: the call is over."""

    async def read(self) -> Any:
        return self._read()

    def cancel(self) -> None:
        """Has nothing to cancel."""


async def send(folder: Path, read: Callable[[], Any]) -> None:
    path = folder / "TEST_message_1.csv"
    path.write_text("36000,1,1,10,1000000,1\n")
    job = load_job(Recording(path, None, None))
    sender = Sender(job.plan, OrderWriter(job.stage), Pace(), np.zeros(0, np.int64), lambda done, total: None)
    await sender.run(SimpleNamespace(SubmitOrders=lambda: EndedCall(read)), asyncio.Event())


async def test_a_replay_that_is_refused_fails_with_the_reason_of_the_platform(tmp_path: Path) -> None:
    nothing = grpc.aio.Metadata()
    refusal = grpc.aio.AioRpcError(
        grpc.StatusCode.RESOURCE_EXHAUSTED, nothing, nothing, "commands wait already"
    )

    def refuse() -> None:
        raise refusal

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await send(tmp_path, refuse)
    assert caught.value is refusal


async def test_a_replay_whose_stream_ends_without_a_reason_says_so(tmp_path: Path) -> None:
    with pytest.raises(StreamEnded, match="before it had answered all"):
        await send(tmp_path, lambda: grpc.aio.EOF)
