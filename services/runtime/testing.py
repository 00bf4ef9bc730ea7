"""Runs services inside a test: a real server on free ports, real tables in a folder of the test."""

import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from .host import Host, Start, open_host
from .ports import free_ports
from .settings import SERVICES, RuntimeSettings


@asynccontextmanager
async def serve_for_test(
    starts: Start | Sequence[Start], tmp_path: Path, clock: Callable[[], int] = time.time_ns, **settings: Any
) -> AsyncIterator[Host]:
    """Runs services; `host.channel(name)` reaches each with a token that may do everything.

    They keep their tables where TICKMESH_DATABASE_URL says, or else in files of the test's folder.
    """
    every = list(starts) if isinstance(starts, Sequence) else [starts]
    names = [start.__module__.split(".")[-2] for start in every]
    names = [name for name in names if name in SERVICES] or ["assets"]
    ports = free_ports(len(names))
    addresses = {f"{name}_address": f"127.0.0.1:{port}" for name, port in zip(names, ports, strict=True)}
    database_url = os.environ.get("TICKMESH_DATABASE_URL", "")
    plain = {"data_dir": tmp_path, "database_url": database_url, "stop_grace_s": 0.1}
    chosen = RuntimeSettings(**{**plain, **addresses, **settings})
    async with open_host(chosen, names, every, clock) as host:
        yield host
