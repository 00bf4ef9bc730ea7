"""The whole platform on one machine: which processes there are, where they listen, what they are told."""

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from .runtime.ports import LOOPBACK, free_ports, is_free
from .runtime.settings import ROUTER, SERVICES
from .runtime.shards import SHARDS_MAX
from .supervision import Program

START_ORDER = ("orders", "assets", "risk", "portfolio", "pricing", "strategy", "gateway", "websocket", "edge")
_STANDBY = "-standby"  # a second process of orders, which takes over when the first one ends
_SHARD = "orders-{}"  # with several shards; then "orders" is the router
_PORTS_FREE_WITHIN_S = 2.0  # the processes of a platform that was killed need a moment to go
_LOCK_WITHIN_S = 0.3  # longer than `is_running` of another command looks
_STOP_GRACE_S = 1.0


class StartError(Exception):
    """The platform cannot start. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked of `tickmesh up`."""

    data_dir: Path = Path("data")
    database_url: str = ""  # empty: SQLite files in data_dir
    redis_url: str = ""  # empty: no Redis
    host: str = LOOPBACK  # where the two public ports listen
    port: int = 8080  # 0: a free one
    websocket_port: int = 8081  # 0: a free one
    seed: int = 1
    market: bool = True
    standby: bool = False  # a second process of orders, of each shard
    shards: int = 0  # of orders; 0: as many as there were, or one


@dataclass(frozen=True, slots=True)
class Platform:
    """Where everything of one platform is. The other commands read it from run/platform.json."""

    data_dir: Path
    database_url: str
    redis_url: str
    host: str
    port: int
    websocket_port: int
    addresses: dict[
        str, str
    ]  # of the services, of "gateway", of shards and those that stand by, each host:port
    pids: dict[str, int] = field(default_factory=dict)  # of the processes, and "supervisor"

    @property
    def url(self) -> str:
        """Where browsers and clients on this machine reach the platform."""
        return f"http://{_reachable(self.host)}:{self.port}"

    @property
    def names(self) -> list[str]:
        """Returns its processes in the order in which they start."""
        more = [name for name in self.addresses if name not in START_ORDER]
        return [START_ORDER[0], *more, *START_ORDER[1:]]

    def address(self, service: str) -> str:
        """Returns where clients find a service: with a standby, one of two addresses."""
        known = (self.addresses.get(name) for name in (service, service + _STANDBY))
        return ",".join(address for address in known if address)

    @property
    def shards(self) -> list[str]:
        """Returns where each shard of orders is. Empty when there is one, which needs no router."""
        names = map(_SHARD.format, range(len(self.addresses)))
        return [self.address(name) for name in names if name in self.addresses]

    @property
    def websocket_address(self) -> str:
        """Where clients on this machine reach the WebSocket process directly."""
        return f"{_reachable(self.host)}:{self.websocket_port}"

    @property
    def log_dir(self) -> Path:
        """Where the processes write their logs."""
        return self.data_dir / "logs"


def _reachable(host: str) -> str:
    return LOOPBACK if host == "0.0.0.0" else host  # noqa: S104


def platform_file(data_dir: Path) -> Path:
    """Returns where the description of a platform is kept."""
    return data_dir / "run" / "platform.json"


def write(platform: Platform) -> None:
    """Keeps the description for other commands; it may hold a password, so it is for its owner alone."""
    file = platform_file(platform.data_dir)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    content = json.dumps({**asdict(platform), "data_dir": str(platform.data_dir)}, indent=2)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(content + "\n")
    draft.replace(file)


def read(data_dir: Path) -> Platform | None:
    """Returns the platform that runs, or ran last, on a data directory."""
    try:
        content: dict[str, Any] = json.loads(platform_file(data_dir).read_text())
    except FileNotFoundError:
        return None
    return Platform(**{**content, "data_dir": Path(content["data_dir"])})


@contextmanager
def lock(data_dir: Path) -> Iterator[None]:
    """Holds a data directory. Fails with StartError when another platform holds it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / "run").mkdir(exist_ok=True, mode=0o700)
    with _lock_file(data_dir).open("w") as file:
        deadline_s = time.monotonic() + _LOCK_WITHIN_S
        while not _try_lock(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline_s:
                raise StartError(f"a platform already runs on {data_dir}; stop it or choose another --data")
            time.sleep(0.02)
        yield


def _try_lock(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_running(data_dir: Path) -> bool:
    """Says whether a platform holds a data directory."""
    try:
        with _lock_file(data_dir).open() as file:
            return not _try_lock(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _lock_file(data_dir: Path) -> Path:
    return data_dir / "run" / "lock"


def plan(wishes: Wishes) -> Platform:
    """Decides where everything listens. Fails with StartError when a public port is taken."""
    port = _public_port(wishes.host, wishes.port, "--port", wishes.websocket_port)
    websocket_port = _public_port(wishes.host, wishes.websocket_port, "--ws-port", port)
    if port == websocket_port:
        raise StartError(f"--port and --ws-port are both {port}; give each its own")
    names = (*SERVICES, "gateway", *_more_of_orders(wishes))
    ports = free_ports(len(names), {port, websocket_port})
    return Platform(
        data_dir=wishes.data_dir.resolve(),
        database_url=wishes.database_url,
        redis_url=wishes.redis_url,
        host=wishes.host,
        port=port,
        websocket_port=websocket_port,
        addresses={name: f"{LOOPBACK}:{each}" for name, each in zip(names, ports, strict=True)},
        pids={"supervisor": os.getpid()},
    )


def _more_of_orders(wishes: Wishes) -> list[str]:
    """Returns the processes of orders beside the first. Fails with StartError for too few or many shards."""
    known = read(wishes.data_dir)
    before = max(1, len(known.shards)) if known else 1
    count = wishes.shards or before
    if count > SHARDS_MAX:
        raise StartError(f"--shards {count}: there may be {SHARDS_MAX} at most")
    if count < before:
        problem = f"{wishes.data_dir} has {before} shards, and their instruments would have none"
        raise StartError(f"{problem}; start it with --shards {before}, or more")
    shards = [_SHARD.format(number) for number in range(count)] if count > 1 else []
    standbys = [name + _STANDBY for name in shards or ["orders"]] if wishes.standby else []
    return [*shards, *standbys]


def _public_port(host: str, port: int, flag: str, other: int) -> int:
    if port == 0:
        return free_ports(1, {other})[0]
    deadline_s = time.monotonic() + _PORTS_FREE_WITHIN_S
    while not is_free(host, port):
        if time.monotonic() > deadline_s:
            raise StartError(f"{host}:{port} cannot be listened on; choose another port with {flag}")
        time.sleep(0.05)
    return port


def programs(platform: Platform) -> list[Program]:
    """Returns the processes of the platform in the order in which they start."""
    return [_program(platform, name) for name in platform.names]


def _program(platform: Platform, name: str) -> Program:
    service, _, shard = name.removesuffix(_STANDBY).partition("-")
    own = {"TICKMESH_ORDERS_LISTEN": platform.addresses[name]} if service == "orders" else {}
    if shard:
        own["TICKMESH_ORDERS_SHARD"] = shard
    elif own and platform.shards:
        service = ROUTER
    command = (sys.executable, "-m", "tickmesh.services.cli", "serve", service)
    return Program(name, command, tuple(own.items()))


def environment(platform: Platform, wishes: Wishes, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns the environment of the processes: their settings as TICKMESH_ variables, over what is there."""
    variables = {
        "DATA_DIR": str(platform.data_dir),
        "DATABASE_URL": platform.database_url,
        "REDIS_URL": platform.redis_url,
        "HOST": platform.host,
        "PORT": str(platform.port),
        "HTTP_ADDRESS": platform.addresses["gateway"],
        "WEBSOCKET_ADDRESS": f"{platform.host}:{platform.websocket_port}",
        "SEED": str(wishes.seed),
        "MARKET": "true" if wishes.market else "false",
        "ORDERS_SHARDS": ";".join(platform.shards),
        **{f"{name.upper()}_ADDRESS": platform.address(name) for name in SERVICES},
    }
    ours = {f"TICKMESH_{name}": value for name, value in variables.items()}
    kept = dict(os.environ if base is None else base)
    kept.pop("TICKMESH_TOKEN", None)  # the caller's own, of no use to a service
    tuned = {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1", "TICKMESH_STOP_GRACE_S": str(_STOP_GRACE_S)}
    return {**tuned, **kept, **ours}
