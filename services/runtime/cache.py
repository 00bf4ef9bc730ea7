"""A cache in two levels: this process's memory, and Redis where there is one.

Redis tells every process which keys changed (CLIENT TRACKING in broadcasting mode), so that
none serves from memory what another replaced. When Redis is away the platform works on
without it: values live in memory alone, and only for a second when others may change them.
"""

import asyncio
import contextlib
import struct
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import redis.asyncio as aioredis
from redis.exceptions import RedisError

from . import telemetry

T = TypeVar("T")

CAPACITY = 10_000
TRACKED_PREFIXES = ("asset:",)
MEMORY_TTL_S = 60.0  # while Redis says what changes
UNTRACKED_TTL_S = 1.0  # while it does not
RETRY_AFTER_S = 1.0
ANSWER_WITHIN_S = 0.5
PING_AFTER_S = 5.0
CHANNEL = b"__redis__:invalidate"
_FAULTS = (RedisError, OSError, asyncio.TimeoutError)
_VERSION = struct.Struct(">Q")
# Stores a value unless a newer one is there: a slow reader must not bring back what was replaced.
_PUT = """
local held = redis.call('GET', KEYS[1])
if held and #held >= 8 and struct.unpack('>I8', held) > struct.unpack('>I8', ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    version: int
    expires_s: float


class Memory:
    """The newest values of this process: bounded, least recently used first out, each with an end."""

    def __init__(self, capacity: int, clock_s: Callable[[], float]) -> None:
        self._capacity = capacity
        self._clock_s = clock_s
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> bytes | None:
        """Returns a value that has not expired."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_s <= self._clock_s():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry.value

    def put(self, key: str, value: bytes, ttl_s: float, version: int) -> None:
        """Keeps a value, unless a newer one is there."""
        held = self._entries.get(key)
        now_s = self._clock_s()
        if held is not None and held.version > version and held.expires_s > now_s:
            return
        self._entries[key] = _Entry(value, version, now_s + ttl_s)
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def drop(self, key: str) -> bool:
        """Forgets a value. Returns whether there was one."""
        return self._entries.pop(key, None) is not None

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()


class Cache:
    """Memory first, then Redis. Never fails because of Redis; `failures` counts what it could not do."""

    def __init__(
        self,
        redis_url: str = "",
        *,
        capacity: int = CAPACITY,
        clock_s: Callable[[], float] = time.monotonic,
        prefixes: Sequence[str] = TRACKED_PREFIXES,
    ) -> None:
        self._memory = Memory(capacity, clock_s)
        self._clock_s = clock_s
        self._prefixes = tuple(prefixes)
        self._redis = _client(redis_url) if redis_url else None
        self._url = redis_url
        self._tracker: asyncio.Task[None] | None = None
        self._tracking = False
        self._silent_until_s = 0.0
        self._reported = False
        self._fetches: dict[str, object] = {}  # reads of Redis under way; one that is gone is out of date
        self.hits = self.misses = self.invalidations = self.failures = 0

    @property
    def is_tracking(self) -> bool:
        """Whether Redis tells this process about changes at present."""
        return self._tracking

    async def get(self, key: str) -> bytes | None:
        """Returns the value of a key, or None when it is not cached."""
        self._start_tracking()
        value = self._memory.get(key)
        if value is None:
            value = await self._fetch(key)
        if value is None:
            self.misses += 1
        else:
            self.hits += 1
        return value

    async def put(self, key: str, value: bytes, ttl_s: float, version: int = 0) -> None:
        """Caches a value for so many seconds. One of a lower version never replaces one of a higher."""
        self._start_tracking()
        packed = _VERSION.pack(version) + value
        ttl_ms = max(1, int(ttl_s * 1_000))
        stored = await self._ask(lambda client: _run_put(client, key, packed, ttl_ms))
        if self._redis is None:
            self._memory.put(key, value, ttl_s, version)
        elif stored is None:  # Redis is away: bridge the gap, shortly
            self._memory.put(key, value, min(ttl_s, UNTRACKED_TTL_S), version)
        else:  # the next get finds it in Redis, which has told everybody by then that it changed
            self._forget(key)

    async def invalidate(self, key: str) -> None:
        """Forgets a key here, in Redis, and by way of Redis in every other process."""
        self._forget(key)
        await self._ask(lambda client: client.delete(key))

    async def close(self) -> None:
        """Ends the connections."""
        if self._tracker is not None:
            self._tracker.cancel()
            await asyncio.gather(self._tracker, return_exceptions=True)
        if self._redis is not None:
            await self._redis.aclose()

    async def _fetch(self, key: str) -> bytes | None:
        """Reads a key from Redis and keeps it in memory, unless it changes while the answer is on its way."""
        if self._redis is None:
            return None
        marker = self._fetches[key] = object()
        packed = await self._ask(lambda client: client.get(key))
        is_unchanged = self._fetches.get(key) is marker
        if is_unchanged:
            del self._fetches[key]
        if not packed or len(packed) < _VERSION.size:
            return None
        value = bytes(packed[_VERSION.size :])
        if is_unchanged and self._tracking and key.startswith(self._prefixes):
            self._memory.put(key, value, MEMORY_TTL_S, _VERSION.unpack_from(packed)[0])
        return value

    async def _ask(self, work: Callable[[Any], Awaitable[T]]) -> T | None:
        """Asks Redis; None when there is none or it does not answer, and for a second after that."""
        if self._redis is None or self._clock_s() < self._silent_until_s:
            return None
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answer = await work(self._redis)
        except _FAULTS as error:
            self._fail(error)
            return None
        self._reported = False
        return answer

    def _fail(self, error: BaseException) -> None:
        self.failures += 1
        self._silent_until_s = self._clock_s() + RETRY_AFTER_S
        if not self._reported:
            log.warning("redis does not answer, working without it", error=repr(error))
            self._reported = True

    def _forget(self, key: str) -> None:
        self._fetches.pop(key, None)
        self.invalidations += self._memory.drop(key)

    def _forget_all(self) -> None:
        self._fetches.clear()
        self.invalidations += len(self._memory)
        self._memory.clear()

    def _start_tracking(self) -> None:
        if self._redis is not None and self._tracker is None:
            self._tracker = asyncio.get_running_loop().create_task(self._track(), name="cache tracker")

    async def _track(self) -> None:
        """Hears about changes for as long as the cache lives; a break puts all of memory in doubt."""
        while True:
            try:
                await self._listen()
            except _FAULTS as error:
                self._fail(error)
            self._tracking = False
            self._forget_all()
            await asyncio.sleep(RETRY_AFTER_S)

    async def _listen(self) -> None:
        client = _client(self._url)
        connection = await client.connection_pool.get_connection()
        try:
            await _subscribe(connection, self._prefixes)
            self._forget_all()
            self._tracking = True
            while True:
                self._apply(await _next_message(connection))
        finally:
            self._tracking = False
            with contextlib.suppress(*_FAULTS):
                await connection.disconnect()
            await client.aclose()

    def _apply(self, message: Any) -> None:
        if not isinstance(message, list) or len(message) < 3 or message[1] != CHANNEL:
            return
        if message[2] is None:  # the whole database was flushed
            self._forget_all()
        for key in message[2] or ():
            self._forget(key.decode())


def _client(url: str) -> Any:
    """Returns a client of redis-py, whose types differ from release to release."""
    make = cast(Any, aioredis.Redis).from_url
    waits = {"socket_connect_timeout": ANSWER_WITHIN_S, "socket_timeout": ANSWER_WITHIN_S}
    return make(url, protocol=2, retry=None, **waits)


async def _run_put(client: Any, key: str, packed: bytes, ttl_ms: int) -> int:
    return int(await client.eval(_PUT, 1, key, packed, ttl_ms))


async def _subscribe(connection: Any, prefixes: tuple[str, ...]) -> None:
    """Asks for the changes of all keys with a prefix, sent to this very connection."""
    identity = await _call(connection, "CLIENT", "ID")
    wanted = [part for prefix in prefixes for part in ("PREFIX", prefix)]
    await _call(connection, "CLIENT", "TRACKING", "ON", "REDIRECT", identity, "BCAST", *wanted)
    await _call(connection, "SUBSCRIBE", CHANNEL)


async def _call(connection: Any, *command: Any) -> Any:
    await connection.send_command(*command)
    answer = await connection.read_response(timeout=ANSWER_WITHIN_S)
    if answer is None:  # how redis-py says that the time is over
        raise TimeoutError(f"redis did not answer {command[0]} within {ANSWER_WITHIN_S} s")
    return answer


async def _next_message(connection: Any) -> Any:
    """Returns the next message. Fails with TimeoutError when the server does not even answer a ping."""
    message = await connection.read_response(timeout=PING_AFTER_S)
    return await _call(connection, "PING") if message is None else message
