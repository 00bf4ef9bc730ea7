"""The code broken on purpose: a simulation that finds nothing in these would find nothing in anything."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import sqlalchemy as sa

from tickmesh.services.orders import appending, capacities, projecting, restoring, streams, writing
from tickmesh.services.orders.appending import NotWritten
from tickmesh.services.orders.journal import Journal
from tickmesh.services.orders.sequencer import Row, Sequencer
from tickmesh.services.orders.store import PROGRESS
from tickmesh.services.portfolio.domain.ledger import Counted
from tickmesh.services.portfolio.store import PortfolioStore
from tickmesh.services.runtime.streams import make_token

from .nodes import SETTINGS
from .sabotage import Fault


def _answers_before_commit() -> AbstractContextManager[Any]:
    """Each row is answered once the engine has run, and written with the next."""
    late: dict[Sequencer, Row] = {}

    def match(self: Any, row: Row) -> Any:
        earlier, late[self] = late.get(self), row
        journal = self._journal
        if earlier is not None:
            notes = earlier.notes.decode().split("\0")[:-1]
            journal.append(earlier.first, earlier.last, bytes(earlier.payload), notes)
        return self._engine.process(row.payload)

    return patch.object(Sequencer, "_write_and_match", match)


def _failed_commit_passed_over() -> AbstractContextManager[Any]:
    """An owner that cannot write a row goes on without it."""
    append = Journal.append

    def try_to_append(self: Journal, *words: Any) -> None:
        with suppress(NotWritten):
            append(self, *words)

    return patch.object(Journal, "append", try_to_append)


def _epoch_unchecked() -> AbstractContextManager[Any]:
    """Whoever was an owner once may append for ever."""

    text = appending._sqlite_text

    def for_any_epoch(*words: Any) -> str:
        return text(*words).replace("epoch = ?", "? IS NOT NULL")

    return patch.object(appending, "_sqlite_text", for_any_epoch)


def _last_row_unread() -> AbstractContextManager[Any]:
    """Who stands by does not read the newest row of the journal."""
    rows = Journal.rows

    def all_but_one(self: Any, after: int = 0) -> Any:
        return iter(list(rows(self, after))[:-1])

    return patch.object(Journal, "rows", all_but_one)


def _snapshot_of_another_row() -> AbstractContextManager[Any]:
    """What is restored is taken for what was there a command later."""
    resume = Journal.resume

    def ahead(self: Any, sequence: int, digest: bytes) -> None:
        row = next(self.rows(after=sequence), None)
        resume(self, *((sequence, digest) if row is None else (row.last_sequence, row.hash)))

    return patch.object(restoring.Journal, "resume", ahead)


def _client_order_ids_forgotten() -> AbstractContextManager[Any]:
    """The engine of an owner knows only the last few client_order_ids."""
    few = replace(capacities.engine_config(SETTINGS), client_keys=2)
    return patch.object(restoring, "engine_config", lambda settings: few)


def _reports_doubled() -> AbstractContextManager[Any]:
    """Each row's reports are published twice over."""
    begin = streams.Reports.__init__

    def doubled(self: Any, *words: Any) -> None:
        begin(self, *words)
        self.records = np.repeat(self.records, 2)

    return patch.object(streams.Reports, "__init__", doubled)


def _tokens_off_by(places: int) -> AbstractContextManager[Any]:
    """A token leads past, or before, the place that it was given at."""
    return patch.object(
        streams, "make_token", lambda epoch, position: make_token(epoch, max(0, position + places))
    )


def _progress_unwritten() -> AbstractContextManager[Any]:
    """The projector writes reports without its position."""
    project = writing.project

    def unmoved(connection: Any, shard: int, after: int, *words: Any) -> None:
        project(connection, shard, after, *words)
        connection.execute(sa.update(PROGRESS).values(sequence=after))

    return patch.object(projecting.writing, "project", unmoved)


def _positions_before_their_token() -> AbstractContextManager[Any]:
    """The portfolio service writes positions, and in another transaction how far it counted."""
    record = PortfolioStore.record
    last: dict[PortfolioStore, int] = {}

    async def apart(self: PortfolioStore, counted: Counted, token_before: str, token: str) -> None:
        await record(self, replace(counted, last_execution_id=last.get(self, 0)), token_before, token_before)
        await record(self, Counted({}, counted.last_execution_id), token_before, token)
        last[self] = counted.last_execution_id

    return patch.object(PortfolioStore, "record", apart)


def _clock_unheld() -> AbstractContextManager[Any]:
    """Commands are stamped with the machine's clock as it is, also when it was set back."""
    end_day = Sequencer.end_day_if_due

    def as_it_is(self: Any) -> int | None:
        self._time.newest_ns = 0
        return end_day(self)

    return patch.object(Sequencer, "end_day_if_due", as_it_is)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A deliberate fault of the code, and what must go wrong beside it for the fault to do harm."""

    breaks: Callable[[], AbstractContextManager[Any]]
    faults: tuple[Fault, ...] = tuple(Fault)


MUTANTS = {
    "answers-before-commit": Mutant(_answers_before_commit, (Fault.KILL_OWNER, Fault.JOURNAL_COMMIT)),
    "failed-commit-passed-over": Mutant(_failed_commit_passed_over, (Fault.JOURNAL_COMMIT, Fault.FULL_DISK)),
    "epoch-unchecked": Mutant(_epoch_unchecked, (Fault.STOP_OWNER,)),
    "last-row-unread": Mutant(_last_row_unread, (Fault.KILL_OWNER, Fault.RESTART_OWNER)),
    "snapshot-of-another-row": Mutant(_snapshot_of_another_row, (Fault.KILL_OWNER, Fault.KILL_STANDBY)),
    "client-order-ids-forgotten": Mutant(_client_order_ids_forgotten),
    "reports-doubled": Mutant(_reports_doubled),
    "tokens-behind": Mutant(partial(_tokens_off_by, -1), (Fault.BAD_NETWORK, Fault.KILL_READER)),
    "tokens-ahead": Mutant(partial(_tokens_off_by, 1), (Fault.STOP_READER, Fault.KILL_READER)),
    "progress-unwritten": Mutant(_progress_unwritten, (Fault.KILL_PROJECTOR, Fault.KILL_OWNER)),
    "positions-before-their-token": Mutant(_positions_before_their_token, (Fault.PORTFOLIO_COMMIT,)),
    "clock-unheld": Mutant(_clock_unheld, (Fault.CLOCK_JUMP,)),
}


def broken(name: str) -> AbstractContextManager[Any]:
    """Breaks the code for the length of a with block; no name breaks nothing."""
    return MUTANTS[name].breaks() if name else nullcontext()


def faults_beside(name: str) -> tuple[Fault, ...]:
    """Returns what goes wrong in the runs of a mutant; without a name anything may."""
    return MUTANTS[name].faults if name else tuple(Fault)
