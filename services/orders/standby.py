"""The time before a process owns a shard: it follows the journal hot, until nobody owns the shard any more.

Every start goes this way; where nobody owns the shard it is over at once. The shard is free after a clean
stop; when the owner's process is seen to be gone, by a process on the same machine; and when its beat has
stood still for some time by the clock of this process.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Protocol, TypeVar

from ..runtime import processes, telemetry
from ..runtime.outages import is_outage
from .fencing import fence
from .journal import Journal, Row
from .ownership import NOBODY, Held, Sign

T = TypeVar("T")
POLL_S = 0.02
STUCK_POLL_S = 0.1
ROWS_AT_ONCE = 500  # then somebody may have told us to stop

log = telemetry.logger(__name__)


class Replica(Protocol):
    """What follows the journal."""

    def prepare(self) -> None:
        """Takes in the newest snapshot."""

    def replay(self, rows: Sequence[Row]) -> None:
        """Takes in rows that fit those before."""


class Silence:
    """For how long the owner has not beaten."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._seen: Sign | None = None
        self._since_s = 0.0

    def seconds(self, sign: Sign) -> float:
        """Returns for how long the same has been seen."""
        now_s = self._clock_s()
        if sign != self._seen:
            self._seen, self._since_s = sign, now_s
        return now_s - self._since_s


class Standby:
    """A process that would own a shard."""

    def __init__(
        self,
        journal: Journal,
        replica: Replica,
        silence_s: float,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._replica = replica
        self._silence_s = silence_s
        self._silence = Silence(clock_s)
        self._owner: Sign | None = None  # that was logged last
        self._problem = ""  # that was logged last
        self._is_abreast = False

    async def run(
        self, stands_by: Callable[[], None] = lambda: None, is_stuck: Callable[[], None] = lambda: None
    ) -> None:
        """Returns as the owner, everything replayed.

        `stands_by` is told that another owns the shard, `is_stuck` that the database is gone or full.
        """
        with ThreadPoolExecutor(1, "standby") as thread:  # whose end waits for the step that is under way

            async def does(work: Callable[[], T]) -> T:
                inside = partial(copy_context().run, work)  # where log lines find the name of the service
                return await asyncio.get_running_loop().run_in_executor(thread, inside)

            await does(self._replica.prepare)
            while not await does(self._step):
                if self._problem:
                    is_stuck()
                    await asyncio.sleep(STUCK_POLL_S)
                elif self._is_abreast:
                    stands_by()
                    await asyncio.sleep(POLL_S)
            while await does(self._catch_up):
                pass

    def _step(self) -> bool:
        """Follows the journal, and takes the shard over when it is free. Returns whether it did."""
        try:
            self._is_abreast = not self._catch_up()
            owns = self._is_abreast and self._take_if_free()
            self._problem = ""
            return owns
        except Exception as error:
            if not is_outage(error):
                raise
            self._tell_once(str(error))  # perhaps its replica is promoted, or room is made
            return False

    def _tell_once(self, problem: str) -> None:
        if not self._problem:
            log.warning("the database does not answer", problem=problem)
        self._problem = problem

    def _take_if_free(self) -> bool:
        seen = self._journal.owner.look()
        why = self._why_free(seen)
        if why and self._take(seen):
            log.info("owns the shard", epoch=self._journal.epoch, because=why)
            return True
        if self._owner is None or self._owner.epoch != seen.epoch:
            log.info("stands by", owner=seen.process, epoch=seen.epoch, commands=self._journal.last_sequence)
            self._owner = seen
        return False

    def _catch_up(self) -> bool:
        """Takes in some rows that have appeared. Returns whether there may be more."""
        rows = self._journal.unknown(ROWS_AT_ONCE)
        for row in rows:
            self._journal.check(row)
        self._replica.replay(rows)
        return bool(rows)

    def _why_free(self, owner: Sign) -> str:
        """Returns why the shard has no owner, or nothing when it has one."""
        silent_s = self._silence.seconds(owner)
        if owner.process == NOBODY:
            return "nobody owned it"
        if processes.is_gone(owner.process):
            return "the process of its owner has ended"
        return "its owner was silent" if silent_s >= self._silence_s else ""

    def _take(self, owner: Sign) -> bool:
        try:
            return self._journal.take_over(owner)
        except Held:
            if owner.process != NOBODY:
                log.warning("fencing an owner that went silent in a transaction", owner=owner.process)
                fence(self._journal.tables, owner.process)
            return False
