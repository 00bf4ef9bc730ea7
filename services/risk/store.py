"""Queries of the risk service. Whatever changes goes with its event, in one transaction."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.engine import Connection, Row

from ..runtime import requests
from ..runtime.database import Database, upsert
from .domain.events import Event
from .domain.rulebook import Outcome
from .requests import Request
from .rows import event_of, event_row, limit_of, limit_row, state_of, state_row
from .tables import EVENTS, LIMIT_CHANGES, LIMITS, PROGRESS, REQUESTS, STATE_CHANGES, STATES, UNDO

M = TypeVar("M", bound=Message)
STREAM = "executions"


class ProgressLostError(RuntimeError):
    """Somebody else told the same rejected orders into these tables. This process must not go on."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far rejected orders are told, and which history our own resume tokens belong to."""

    resume_token: str
    epoch: str


class RiskStore:
    """Limits, trading states, events, and how far rejected orders are told. Hands events on in order."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbering = asyncio.Lock()  # events are numbered one after another, and handed on in that order
        self.on_event: Callable[[Event], object] = lambda event: None

    async def is_known(self, request_id: str) -> bool:
        """Says whether a request with this id was answered before."""
        return bool(
            request_id and await self._rows(sa.select(REQUESTS).where(REQUESTS.c.request_id == request_id))
        )

    async def in_force(self) -> Outcome:
        """Returns the newest version of every limit and trading state that was ever set."""
        limits, states = await self._rows(sa.select(LIMITS)), await self._rows(sa.select(STATES))
        return Outcome(tuple(limit_of(row) for row in limits), tuple(state_of(row) for row in states))

    async def in_force_at(self, time_ns: int) -> Outcome:
        """Returns the newest version of every limit and trading state by a moment, that one included."""
        limits = await self._rows(_newest(LIMIT_CHANGES, LIMIT_CHANGES.c.limit_id, time_ns))
        states = await self._rows(_newest(STATE_CHANGES, STATE_CHANGES.c.place, time_ns))
        return Outcome(tuple(limit_of(row) for row in limits), tuple(state_of(row) for row in states))

    async def _rows(self, query: sa.Select[Any]) -> list[Row[Any]]:
        return await self._database.read(lambda connection: list(connection.execute(query).all()))

    async def commit(self, request: Request[M], outcome: Outcome, undo_id: str) -> M:
        """Stores a change and its answer, or returns the first answer to the same request_id."""
        told: list[Event] = []

        def add(connection: Connection) -> M:
            told.extend(_store(connection, outcome))
            connection.execute(UNDO.delete().where(UNDO.c.undo_id == undo_id))
            return request.answer(outcome)

        def work(connection: Connection) -> M:
            kind, number = request.response_type, request.request_id
            return requests.once(connection, REQUESTS, request.name, request.message, number, kind, add)

        async with self._numbering:
            given = await self._database.run(work)
            self._hand_on(told)
        return given

    def _hand_on(self, events: list[Event]) -> None:
        for event in events:
            self.on_event(event)

    async def plan_undo(self, undo_id: str, controls: bytes) -> None:
        """Remembers what to send to the engine should the change that now begins never be stored."""
        row = {"undo_id": undo_id, "controls": controls}
        await self._database.run(lambda connection: connection.execute(UNDO.insert(), row))

    async def undos(self) -> dict[str, bytes]:
        """Returns what must be sent to the engine to take back changes that were never stored."""
        return {row.undo_id: row.controls for row in await self._rows(sa.select(UNDO))}

    async def forget_undo(self, undo_id: str) -> None:
        """Forgets what need not be taken back any more."""
        statement = UNDO.delete().where(UNDO.c.undo_id == undo_id)
        await self._database.run(lambda connection: connection.execute(statement))

    async def progress(self) -> Progress:
        """Returns how far rejected orders are told."""
        row = (await self._rows(sa.select(PROGRESS).where(PROGRESS.c.stream == STREAM)))[0]
        return Progress(row.resume_token, row.epoch)

    async def record(self, events: list[Event], before: Progress, after: Progress) -> None:
        """Stores events and the place after them in one transaction. Fails with ProgressLostError."""

        def work(connection: Connection) -> list[Event]:
            here = (PROGRESS.c.stream == STREAM) & (PROGRESS.c.resume_token == before.resume_token)
            moved = PROGRESS.update().where(here).values(resume_token=after.resume_token)
            if connection.execute(moved).rowcount != 1:
                raise ProgressLostError(
                    f"rejections after {before.resume_token!r} were told by another process"
                )
            return _store(connection, Outcome(events=tuple(events)))

        async with self._numbering:
            self._hand_on(await self._database.run(work))

    async def events(
        self, limit: int, before: int | None = None, portfolio_id: str = "", kind: str = ""
    ) -> list[Event]:
        """Returns the newest events that fit, newest first."""
        query = sa.select(EVENTS).order_by(EVENTS.c.event_id.desc()).limit(limit)
        if before is not None:
            query = query.where(EVENTS.c.event_id < before)
        if portfolio_id:
            query = query.where(EVENTS.c.portfolio_id == portfolio_id)
        if kind:
            query = query.where(EVENTS.c.kind == kind)
        return [event_of(row) for row in await self._rows(query)]


def _newest(changes: sa.Table, key: sa.Column[str], time_ns: int) -> sa.Select[Any]:
    """Returns the query of the last version of everything that had changed by a moment."""
    by_then = sa.select(key.label("key"), sa.func.max(changes.c.version).label("version"))
    last = by_then.where(changes.c.update_time_ns <= time_ns).group_by(key).subquery()
    return sa.select(changes).join(last, (key == last.c.key) & (changes.c.version == last.c.version))


def _store(connection: Connection, outcome: Outcome) -> list[Event]:
    limits = [limit_row(limit) for limit in outcome.limits]
    upsert(connection, LIMITS, limits, ["limit_id"])
    if limits:
        connection.execute(LIMIT_CHANGES.insert(), limits)
    for state in map(state_row, outcome.states):
        _store_state(connection, state)
    last = connection.execute(sa.select(sa.func.max(EVENTS.c.event_id))).scalar() or 0
    numbered = [event.numbered(last + place) for place, event in enumerate(outcome.events, start=1)]
    if numbered:
        connection.execute(EVENTS.insert(), [event_row(event) for event in numbered])
    return numbered


def _store_state(connection: Connection, state: dict[str, Any]) -> None:
    upsert(connection, STATES, [state], ["place"])
    earlier = sa.select(sa.func.max(STATE_CHANGES.c.version)).where(STATE_CHANGES.c.place == state["place"])
    version = (connection.execute(earlier).scalar() or 0) + 1
    connection.execute(STATE_CHANGES.insert(), {**state, "version": version})
