"""Readers of execution reports in a process of their own: takes everything in, and looks at it afterwards.

python -m tests.benchmarks.orders.reader ADDRESS COUNT: follows with so many streams, prints an empty line
once all do, is told on its standard input up to which report to read, and prints what came as JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import time
from array import array
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import NamedTuple

import uvloop

from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.runtime.streams import read_token

from .wire import Caller

TOKEN = "TICKMESH_BENCH_TOKEN"
WITHIN_S = 120.0
LOOK_S = 0.01
STREAMS_A_CHANNEL = 25


class Arrived(NamedTuple):
    """A response and when it came."""

    moment_ns: int
    content: bytes


class Lost(Exception):
    """A stream that is not whole."""


async def _follow(caller: Caller, into: list[Arrived]) -> None:
    async for content in caller.executions(pb.StreamExecutionsRequest()):
        into.append(Arrived(time.perf_counter_ns(), content))


def _position(arrived: Sequence[Arrived]) -> int:
    """Returns up to which report a stream is."""
    return read_token(pb.StreamExecutionsResponse.FromString(arrived[-1].content).resume_token)[1]


def look_at(arrived: Sequence[Arrived]) -> tuple[int, int, str, array[int]]:
    """Returns when the last report came, how many, the digest of all, and their ids.

    Fails with Lost when a response is missing, the stream says that something is, or ids do not rise.
    """
    last_ns, ids, digest = 0, array("Q"), hashlib.sha256()
    for number, (moment_ns, content) in enumerate(arrived, 1):
        response = pb.StreamExecutionsResponse.FromString(content)
        if response.sequence != number or response.HasField("gap"):
            raise Lost(f"response {number} of a stream is missing")
        if response.HasField("update"):
            last_ns = moment_ns
            digest.update(response.update.SerializeToString())
            ids.extend(int(report.execution_id) for report in response.update.reports)
    if any(first >= second for first, second in pairwise(ids)):
        raise Lost("reports are out of order")
    return last_ns, len(ids), digest.hexdigest(), ids


def digest_of(ids: array[int]) -> str:
    """Returns what ids are compared by."""
    return hashlib.sha256(ids.tobytes()).hexdigest()


async def read(address: str, count: int) -> None:
    """Follows with so many streams, up to the report that the standard input names."""
    streams: list[list[Arrived]] = [[] for _ in range(count)]
    async with AsyncExitStack() as stack, asyncio.timeout(WITHIN_S):
        callers = [
            await stack.enter_async_context(Caller(address, os.environ[TOKEN]))
            for _ in range(-(-count // STREAMS_A_CHANNEL))
        ]
        tasks = [
            asyncio.create_task(_follow(callers[number % len(callers)], stream))
            for number, stream in enumerate(streams)
        ]
        while not all(streams):
            await asyncio.sleep(LOOK_S)
        print(flush=True)
        wanted = int(await asyncio.to_thread(sys.stdin.readline))
        while min(map(_position, streams)) < wanted:
            await asyncio.sleep(LOOK_S)
        for task in tasks:
            task.cancel()
    print(json.dumps(_told(streams)))


def _told(streams: Sequence[Sequence[Arrived]]) -> dict[str, object]:
    found = [look_at(stream) for stream in streams]
    return {
        "last_ns": max(last_ns for last_ns, *_ in found),
        "reports": [count for _, count, *_ in found],
        "digests": sorted({digest for *_, digest, _ in found}),
        "ids": digest_of(found[0][3]),
        "responses": sum(map(len, streams)),
        "bytes": sum(len(each.content) for stream in streams for each in stream),
    }


if __name__ == "__main__":
    uvloop.run(read(sys.argv[1], int(sys.argv[2])))
