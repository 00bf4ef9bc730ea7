"""What goes wrong in a run: chosen from its seed beforehand, so that it can be printed, and then done."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .disk import CommitFault, Disk
from .process import Process

if TYPE_CHECKING:
    from .world import World

HORIZON_S = 1.2
FAULTS_MIN, FAULTS_MAX = 3, 9
LENGTHS_S = (0.05, 0.3, 1.0, 1.0)
DAY_S = 86_400.0
SLOW = 300.0  # times slower
BADNESS = 0.4  # the part of calls that something happens to


class Fault(Enum):
    """What may happen to a run."""

    KILL_OWNER = "the owner is killed"
    STOP_OWNER = "the owner is stopped, and woken later"
    RESTART_OWNER = "the owner is told to stop"
    KILL_STANDBY = "who stands by is killed"
    STOP_STANDBY = "who stands by is stopped, and woken later"
    KILL_PROJECTOR = "the projector is killed"
    STOP_PROJECTOR = "the projector is stopped, and woken later"
    KILL_PORTFOLIO = "the portfolio service is killed"
    STOP_PORTFOLIO = "the portfolio service is stopped, and woken later"
    KILL_READER = "a reader of executions is killed"
    STOP_READER = "a reader of executions is stopped, and woken later"
    JOURNAL_COMMIT = "a commit of the journal goes wrong"
    TABLES_COMMIT = "a commit of the tables goes wrong"
    PORTFOLIO_COMMIT = "a commit of the portfolio service goes wrong"
    SLOW_DISK = "a disk is slow"
    FULL_DISK = "a disk is full"
    CUT_OFF = "nobody reaches the owner, and the owner nobody but the database"
    BAD_NETWORK = "calls are late, lost, doubled and torn"
    CLOCK_JUMP = "the clock of the machine jumps"
    TORN_SNAPSHOT = "bytes of a snapshot are damaged"


# Of those that the promise not to lose anything is about; any other has 1.
WEIGHTS = {Fault.KILL_OWNER: 2, Fault.STOP_OWNER: 3, Fault.RESTART_OWNER: 2, Fault.JOURNAL_COMMIT: 3}
_COMMITS = (Fault.JOURNAL_COMMIT, Fault.TABLES_COMMIT, Fault.PORTFOLIO_COMMIT)
_END_AGAIN = (
    Fault.STOP_OWNER, Fault.STOP_STANDBY, Fault.STOP_PROJECTOR, Fault.STOP_PORTFOLIO, Fault.STOP_READER,
    Fault.SLOW_DISK, Fault.FULL_DISK, Fault.CUT_OFF, Fault.BAD_NETWORK,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault, when, and how."""

    time_s: float
    fault: Fault
    length_s: float  # of what ends again
    jump_s: float  # of the clock
    number: int  # of commits until the one that goes wrong; otherwise it chooses among several
    commit_fault: CommitFault

    def __str__(self) -> str:
        return f"{self.time_s:8.4f}  {self.fault.value}{self._more()}"

    def _more(self) -> str:
        if self.fault in _COMMITS:
            return f": number {self.number} from here {self.commit_fault.value}"
        if self.fault is Fault.CLOCK_JUMP:
            return f" by {self.jump_s:.0f} s"
        return f", {self.length_s:.3f} s" if self.fault in _END_AGAIN else ""


def plan(chance: random.Random, among: Sequence[Fault] = tuple(Fault)) -> list[Planned]:
    """Returns the faults of a run, in order."""
    count = chance.randint(FAULTS_MIN, FAULTS_MAX)
    times = sorted(chance.uniform(0.0, HORIZON_S) for _ in range(count))
    return [_planned(chance, time_s, among) for time_s in times]


def _planned(chance: random.Random, time_s: float, among: Sequence[Fault]) -> Planned:
    return Planned(
        time_s=time_s,
        fault=chance.choices(among, [WEIGHTS.get(fault, 1) for fault in among])[0],
        length_s=chance.choice(LENGTHS_S) * chance.random(),
        jump_s=chance.choice([-DAY_S, -3.0, 5.0, DAY_S]) * chance.random(),
        number=chance.randint(1, 12),
        commit_fault=chance.choice(list(CommitFault)),
    )


class Saboteur:
    """Does what was planned."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def do(self, planned: Planned) -> None:
        """Lets a fault happen."""
        _DEEDS[planned.fault](self, planned)

    def _stop(self, process: Process | None, length_s: float) -> None:
        if process is not None:
            process.stop_for(length_s)

    def _kill(self, process: Process | None) -> None:
        if process is not None:
            process.die("killed")

    @property
    def _owner(self) -> Process | None:
        owner = self._world.owner
        return None if owner is None else owner.process

    @property
    def _projector(self) -> Process | None:
        owner = self._world.owner
        return None if owner is None else owner.projector

    @property
    def _standby(self) -> Process | None:
        others = (member for member in self._world.members if member is not self._world.owner)
        return next((member.process for member in others), None)

    def _reader(self, planned: Planned) -> Process:
        readers = self._world.readers
        return readers[planned.number % len(readers)].process

    def _restart_owner(self, _: Planned) -> None:
        owner = self._world.owner
        if owner is not None:
            owner.stop("it was told to stop")

    def _disk(self, planned: Planned) -> Disk:
        disks = list(self._world.disks.values())
        return disks[planned.number % len(disks)]

    def _slow_disk(self, planned: Planned) -> None:
        disk = self._disk(planned)
        disk.slowness = SLOW
        self._world.loop.call_later(planned.length_s, setattr, disk, "slowness", 1.0)

    def _full_disk(self, planned: Planned) -> None:
        disk = self._disk(planned)
        disk.is_full = True
        self._world.loop.call_later(planned.length_s, setattr, disk, "is_full", False)

    def _cut_off(self, planned: Planned) -> None:
        owner = self._world.owner
        if owner is not None and owner.server is not None:
            owner.server.is_cut_off = True
            self._world.loop.call_later(planned.length_s, setattr, owner.server, "is_cut_off", False)

    def _bad_network(self, planned: Planned) -> None:
        network = self._world.network
        network.badness = BADNESS
        self._world.loop.call_later(planned.length_s, setattr, network, "badness", 0.0)

    def _commit(self, name: str, planned: Planned) -> None:
        self._world.disks[name].arm(planned.number, planned.commit_fault)

    def _clock_jump(self, planned: Planned) -> None:
        self._world.skew_ns += int(planned.jump_s * 1e9)

    def _torn_snapshot(self, planned: Planned) -> None:
        self._world.disks["orders_journal"].damage(_TEARS[planned.number % len(_TEARS)])


_NEWEST = "(SELECT max(sequence) FROM snapshot_parts)"
_TEARS = (
    f"UPDATE snapshot_parts SET content = zeroblob(length(content)) WHERE sequence = {_NEWEST}",
    f"UPDATE snapshot_parts SET content = substr(content, 1, 7) WHERE sequence = {_NEWEST}",
    f"DELETE FROM snapshot_parts WHERE part > 0 AND sequence = {_NEWEST}",
    "UPDATE snapshots SET state_hash = '0000000000000000'",
)
_DEEDS = {
    Fault.KILL_OWNER: lambda self, planned: self._kill(self._owner),
    Fault.STOP_OWNER: lambda self, planned: self._stop(self._owner, planned.length_s),
    Fault.RESTART_OWNER: Saboteur._restart_owner,
    Fault.KILL_STANDBY: lambda self, planned: self._kill(self._standby),
    Fault.STOP_STANDBY: lambda self, planned: self._stop(self._standby, planned.length_s),
    Fault.KILL_PROJECTOR: lambda self, planned: self._kill(self._projector),
    Fault.STOP_PROJECTOR: lambda self, planned: self._stop(self._projector, planned.length_s),
    Fault.KILL_PORTFOLIO: lambda self, planned: self._kill(self._world.portfolio.process),
    Fault.STOP_PORTFOLIO: lambda self, planned: self._stop(self._world.portfolio.process, planned.length_s),
    Fault.KILL_READER: lambda self, planned: self._kill(self._reader(planned)),
    Fault.STOP_READER: lambda self, planned: self._stop(self._reader(planned), planned.length_s),
    Fault.JOURNAL_COMMIT: lambda self, planned: self._commit("orders_journal", planned),
    Fault.TABLES_COMMIT: lambda self, planned: self._commit("orders", planned),
    Fault.PORTFOLIO_COMMIT: lambda self, planned: self._commit("portfolio", planned),
    Fault.SLOW_DISK: Saboteur._slow_disk,
    Fault.FULL_DISK: Saboteur._full_disk,
    Fault.CUT_OFF: Saboteur._cut_off,
    Fault.BAD_NETWORK: Saboteur._bad_network,
    Fault.CLOCK_JUMP: Saboteur._clock_jump,
    Fault.TORN_SNAPSHOT: Saboteur._torn_snapshot,
}
