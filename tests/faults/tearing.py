"""A way to a port on which connections are torn, or bits of them turned over, at places left to chance."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

BYTES_MAX = 60_000  # of one connection, both ways together
CHUNK_BYTES = 4_096


class Tearing:
    """A port that leads to another. `tears`: connections end somewhere. `garbles`: one bit of each turns."""

    def __init__(self, port: int, seed: int) -> None:
        self.tears = False
        self.garbles = False
        self.torn = 0
        self._to = port
        self._chance = random.Random(seed)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, name="tearing", daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                caller, _ = self._server.accept()
                _Pair(self, caller, self._to, random.Random(self._chance.random()))


class _Pair:
    """Two connections and two threads that copy between them."""

    def __init__(self, way: Tearing, caller: socket.socket, port: int, chance: random.Random) -> None:
        self._way = way
        self._left = _some_bytes(chance)
        self._garble_after = _some_bytes(chance)
        self._chance = chance
        self._ends = (caller, socket.create_connection(("127.0.0.1", port), timeout=5.0))
        self._ends[1].settimeout(None)
        self._lock = threading.Lock()
        for source, target in (self._ends, self._ends[::-1]):
            threading.Thread(target=self._copy, args=[source, target], daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(CHUNK_BYTES):
                rest = self._rest(len(content))
                target.sendall(self._garbled(content)[:rest])
                if rest < len(content):
                    break
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _rest(self, count: int) -> int:
        """Returns how many of so many bytes still go through."""
        if not self._way.tears:
            return count
        with self._lock:
            rest = max(0, min(count, self._left))
            self._left -= count
            self._way.torn += self._left <= 0 < self._left + count
            return rest

    def _garbled(self, content: bytes) -> bytes:
        """Returns the bytes with one of them changed, once in a connection."""
        with self._lock:
            self._garble_after -= len(content)
            if not self._way.garbles or not -len(content) <= self._garble_after < 0:
                return content
            place = self._chance.randrange(len(content))
            changed = bytes([content[place] ^ 1 << self._chance.randrange(8)])
            return content[:place] + changed + content[place + 1 :]


def _some_bytes(chance: random.Random) -> int:
    """Returns after how many bytes something happens: as often within the first ten as after a thousand."""
    return int(BYTES_MAX ** chance.random())


@contextmanager
def a_tearing_way(port: int, seed: int) -> Iterator[Tearing]:
    """Leads to a port for the length of a with block."""
    way = Tearing(port, seed)
    try:
        yield way
    finally:
        way.close()
