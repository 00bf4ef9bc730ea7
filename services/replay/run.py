"""Replays a recording against a running platform, from the files to the report."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import numpy as np

from tickmesh.orders.v1 import orders_pb2 as pb

from .files import Recording
from .listening import BookListener, count_named_hits
from .lobster import Level, Message, State, read_messages, read_seed, read_states
from .plan import Plan, make_plan, price_step
from .rebuilt import compare
from .report import Findings, Report, make_report
from .sending import Pace, Progress, Sender, Sent, due_times_ns
from .stage import CALL_TIMEOUT_S, Channels, Stage, Stubs, set_stage
from .wire import OrderWriter, changes_of

BOOK_SILENCE_S = 10.0  # how long the book may say nothing before it is taken as all
_TICKER = re.compile(r"[A-Z0-9]{1,12}(?=_)")


@dataclass(frozen=True, slots=True)
class Job:
    """What to replay, read and checked."""

    plan: Plan
    messages: Sequence[Message]
    recorded: Sequence[State]
    stage: Stage


@dataclass(frozen=True, slots=True)
class Manner:
    """How to replay it."""

    pace: Pace = field(default_factory=Pace)
    keep: bool = False  # leave what rests at the end in the book


def load_job(recording: Recording, limit: int | None = None, symbol: str = "", portfolio: str = "") -> Job:
    """Reads a recording and plans its replay. Fails with ReplayError when anything is wrong with it."""
    messages = read_messages(recording.messages, limit)
    seed = read_seed(recording.seed) if recording.seed else []
    recorded = read_states(recording.reference, len(messages)) if recording.reference else []
    plan = make_plan(messages, seed)
    return Job(plan, messages, recorded, _stage(recording, plan, seed, symbol, portfolio))


def _stage(recording: Recording, plan: Plan, seed: Sequence[Level], symbol: str, portfolio: str) -> Stage:
    run_id = secrets.token_hex(3)[:5]
    found = _TICKER.match(recording.messages.name)
    passive = portfolio or f"replay-passive-{run_id}"
    step = price_step(plan.actions)
    return Stage(
        symbol=symbol or f"{found.group() if found else 'REPLAY'}-L{run_id.upper()}",
        passive=passive,
        takers=f"{passive[:41]}-takers",
        price_step=step,
        reference_price=max(_middle(plan, seed) // step * step, step),
    )


def _middle(plan: Plan, seed: Sequence[Level]) -> int:
    """Returns the middle of the first book, or the first price where there is none."""
    asks = [level.price for level in seed if level.direction < 0]
    bids = [level.price for level in seed if level.direction > 0]
    if asks and bids:
        return (min(asks) + max(bids)) // 2
    return plan.actions[0].price if plan.actions else 1


async def replay(
    channel: Channels, job: Job, manner: Manner, progress: Progress, stop: asyncio.Event
) -> Report:
    """Replays a job and reports. Setting `stop` ends it early, cleans up and reports what was done."""
    stubs = Stubs(channel)
    await set_stage(stubs, job.stage)
    async with _listening(stubs, job.stage.symbol) as listener:
        try:
            sent = await _send(stubs, job, manner.pace, progress, stop)
            is_complete = await listener.wait_for(sent.last_book_command, BOOK_SILENCE_S)
        finally:
            canceled = 0 if manner.keep else await _cancel_all(stubs, job.stage)
    hits = await count_named_hits(stubs.orders, job.stage, job.plan, sent)
    changes = changes_of(listener.responses, job.stage.symbol)
    return make_report(
        Findings(
            symbol=job.stage.symbol,
            portfolio=job.stage.passive,
            plan=job.plan,
            sent=sent,
            comparison=compare(job.plan, sent.commands, changes, job.recorded),
            hits_on_named_order=hits,
            gaps=listener.gaps,
            book_complete=is_complete,
            canceled_at_end=canceled,
            interrupted=stop.is_set(),
        )
    )


async def _send(stubs: Stubs, job: Job, pace: Pace, progress: Progress, stop: asyncio.Event) -> Sent:
    offsets_ns = np.zeros(0, np.int64)
    if pace.speed is not None:
        offsets_ns = due_times_ns(job.plan, job.messages, pace.speed)
    sender = Sender(job.plan, OrderWriter(job.stage), pace, offsets_ns, progress)
    return await sender.run(stubs.orders, stop)


@asynccontextmanager
async def _listening(stubs: Stubs, symbol: str) -> AsyncIterator[BookListener]:
    """Follows the book for the length of a with block, which begins when the first snapshot is there."""
    listener = BookListener(stubs.orders, symbol)
    task = asyncio.create_task(listener.run(), name="book of the replay")
    try:
        await listener.wait_for_start(CALL_TIMEOUT_S)
        yield listener
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _cancel_all(stubs: Stubs, stage: Stage) -> int:
    """Cancels what rests of the replay and returns how many orders there were."""
    request = pb.MassCancelRequest(portfolio_id=stage.passive, symbol=stage.symbol)
    response = await stubs.orders.MassCancel(request, timeout=CALL_TIMEOUT_S)
    return int(response.canceled_count)
