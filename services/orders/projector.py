"""The owner's end of the projector: rings when there is news, hears how far the tables are.

The projector itself follows the journal in a process of its own (see `projecting`), so that the order path
never waits for the tables, and the tables may lag as far as they like: the journal has everything.
"""

import asyncio
import contextlib
import socket
import struct
import sys
import threading
from collections.abc import Callable

from ..runtime import telemetry
from ..runtime.errors import Unavailable

PROGRESS = struct.Struct("<Q")  # up to which event the tables are written
RING = b"!"  # there is news, which may wait a moment for more
HURRY = b"?"  # somebody waits for the news
RESTART_S = 1.0
STOP_S = 5.0
RETRY_S = 1.0

log = telemetry.logger(__name__)


class TablesBehind(Unavailable):
    """The tables lack what has been acknowledged, for longer than a query waits."""

    reason = "TABLES_BEHIND"

    def __init__(self, events: int, waited_s: float) -> None:
        super().__init__(
            f"the tables are {events} events behind after {waited_s:g} s; orders are not affected, ask again",
            metadata={"events_behind": str(events)},
            retry_after_s=RETRY_S,
        )


class Projector:
    """How far the tables are, and the process that writes them."""

    def __init__(self, sequence: int, inside: Callable[[socket.socket], None] | None = None) -> None:
        """Begins where the tables are. `inside` follows the journal in a thread instead of a process."""
        self.newest = sequence  # the last report that must be written
        self.sequence = sequence  # up to which they are
        self._inside = inside
        self._bell: socket.socket | None = None
        self._has_rung = False
        self._done = asyncio.Condition()

    def tell(self, newest: int) -> None:
        """Says that there are reports up to an event, in the journal."""
        self.newest = max(self.newest, newest)
        if not self._has_rung:
            self._ring()

    def _ring(self) -> None:
        """Rings once, until the projector tells how far it is: more would say no more."""
        self._has_rung = self._bell is not None
        self._send(RING)

    def _send(self, word: bytes) -> None:
        if self._bell is not None:
            with contextlib.suppress(OSError):  # nobody listens any more
                self._bell.send(word)

    @property
    def behind(self) -> int:
        """Returns how many events the tables lag behind."""
        return self.newest - self.sequence

    async def caught_up(self, within_s: float) -> None:
        """Waits until everything that has happened so far is in the tables. Fails with TablesBehind."""
        wanted = self.newest
        if self.sequence < wanted:
            self._send(HURRY)
        try:
            async with asyncio.timeout(within_s), self._done:
                await self._done.wait_for(lambda: self.sequence >= wanted)
        except TimeoutError:
            raise TablesBehind(wanted - self.sequence, within_s) from None

    async def run(self) -> None:
        """Keeps the projector running, for ever."""
        while True:
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            self._bell, self._has_rung = ours, False
            try:
                await (
                    self._run_process(ours, theirs)
                    if self._inside is None
                    else self._run_thread(ours, theirs)
                )
            finally:
                self._bell = None
                ours.close()
            await asyncio.sleep(RESTART_S)

    async def _run_process(self, ours: socket.socket, theirs: socket.socket) -> None:
        number = theirs.fileno()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tickmesh.services.orders.projecting", str(number), pass_fds=[number]
        )
        theirs.close()
        try:
            await self._listen(ours)
            log.error("the projector ended, it is started again", code=await process.wait())
        finally:
            ours.close()  # which tells it to stop
            await _gone(process)

    async def _run_thread(self, ours: socket.socket, theirs: socket.socket) -> None:
        assert self._inside is not None
        thread = threading.Thread(target=_follow, args=[self._inside, theirs], name="projector")
        thread.start()
        try:
            await self._listen(ours)
        finally:
            ours.close()
            await asyncio.shield(asyncio.to_thread(thread.join))

    async def _listen(self, ours: socket.socket) -> None:
        """Takes in how far the tables are, until the other end is gone."""
        rest = b""
        while content := await _heard(ours):
            rest += content
            whole = len(rest) // PROGRESS.size * PROGRESS.size
            if whole:
                (sequence,) = PROGRESS.unpack_from(rest, whole - PROGRESS.size)
                rest = rest[whole:]
                await self.move_to(sequence)

    async def move_to(self, sequence: int) -> None:
        """Takes in how far the tables are."""
        async with self._done:
            self.sequence = sequence
            self._done.notify_all()
        self._has_rung = False
        if self.behind:  # it may have looked before that was written
            self._ring()


async def _heard(ours: socket.socket) -> bytes:
    """Returns what the other end says, nothing when it is gone: one that is killed may reset this one."""
    try:
        return await asyncio.get_running_loop().sock_recv(ours, 1 << 16)
    except ConnectionResetError:
        return b""


def _follow(inside: Callable[[socket.socket], None], theirs: socket.socket) -> None:
    """Runs the projector in this thread. However it ends, it closes its end of the bell: the owner hears."""
    with theirs:
        try:
            inside(theirs)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was told to stop
        except Exception as error:
            log.error("the projector failed, it is started again", exc_info=error)


async def _gone(process: asyncio.subprocess.Process) -> None:
    """Waits until a process that was told to stop is gone, and kills it when it takes too long."""
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
