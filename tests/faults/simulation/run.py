"""One run from its seed: an empty database, everybody, faults, checks; and nothing of it stays."""

import gc
import hashlib
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog import DropEvent
from structlog.testing import capture_logs

from tickmesh.services.orders.heads import KEY_NAME
from tickmesh.services.orders.ownership import NOBODY, OWNERS
from tickmesh.services.orders.shard import JOURNAL_REVISIONS
from tickmesh.services.runtime import migrate
from tickmesh.services.runtime.database import make_engine
from tickmesh.services.runtime.signing import SigningKey

from . import sabotage
from .machine import Machine
from .process import current_process, words_of
from .sabotage import Fault, Planned
from .virtual_loop import VirtualLoop
from .world import TABLES, World

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))

GUARD = """
    CREATE TRIGGER guard AFTER INSERT ON journal WHEN NEW.epoch <> (SELECT epoch FROM owners) BEGIN
        INSERT INTO trespasses SELECT NEW.epoch, epoch, NEW.first_sequence FROM owners;
    END
"""


@dataclass(slots=True)
class Run:
    """What a seed did."""

    seed: int
    schedule: list[Planned]
    story: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)  # lines of the services' logs
    epochs: int = 0
    commands: int = 0
    reports: int = 0
    answered: int = 0
    steps: int = 0  # of all processes
    trace: str = ""  # a hash of who did what when, of the journal and of the state in the end
    problem: str = ""


def run_seed(seed: int, faults: Sequence[Fault] = tuple(Fault)) -> Run:
    """Runs a seed to its end. Never fails itself: `problem` says what was wrong."""
    with _quiet(seed):
        return _run(seed, faults)


def _run(seed: int, faults: Sequence[Fault]) -> Run:
    run = Run(seed, sabotage.plan(random.Random(f"{seed}/faults"), faults))
    loop = VirtualLoop(random.Random(f"{seed}/loop"))
    machine = Machine(loop, sees_others=random.Random(f"{seed}/machine").random() < 0.5)
    with _empty_folder() as folder, machine.runs(), capture_logs([_Note(run, loop)]):
        world = World(loop, seed, folder, SigningKey(_KEY), run.schedule, _Note(run, loop).say)
        try:
            _drive(run, loop, world)
        finally:
            loop.bury()
            loop.close()
            world.close()
    return run


class _Note:
    """Keeps what is said and logged, and when."""

    def __init__(self, run: Run, loop: VirtualLoop) -> None:
        self._run = run
        self._loop = loop

    def say(self, what: str) -> None:
        self._run.story.append(f"{self._loop.time():8.4f}  {what}")

    def __call__(self, _: Any, method: str, words: dict[str, Any]) -> NoReturn:
        process, event = current_process.get(), words.pop("event")
        self._run.events[event] += 1
        told = ", ".join(f"{key} {value}" for key, value in words.items() if key != "journal_id")
        self.say(f"  {process.name if process else 'outside'}, {method}: {event}; {told}")
        raise DropEvent


def _drive(run: Run, loop: VirtualLoop, world: World) -> None:
    try:
        loop.run_until_complete(world.live())
    except TimeoutError:
        run.problem = f"not over after {loop.time():.0f} s; {world.waits} wait"
    except Exception as error:
        run.problem = words_of(error) if str(error) else repr(error)
    _sum_up(run, loop, world)


def _sum_up(run: Run, loop: VirtualLoop, world: World) -> None:
    run.steps = loop.steps
    run.epochs = max((member.shard.epoch for member in world.members), default=0)
    run.answered = len(world.told.orders) + len(world.told.results)
    trace = hashlib.sha256("\n".join([f"{loop.trace:08x}", *run.story]).encode())
    if world.truth is not None:
        run.commands, run.reports = world.truth.venue.last_command, len(world.truth.reports)
        trace.update(f"{world.truth.journal_hash.hex()} {world.truth.hashes[run.commands]}".encode())
    run.trace = trace.hexdigest()[:16]


@contextmanager
def _quiet(seed: int) -> Iterator[None]:
    """Makes the dice of whoever reconnects those of the seed, and lets garbage go in the end.

    When it went would else depend on what ran before. All of it is young: nothing grows old meanwhile.
    """
    earlier = random.getstate()
    random.seed(seed)
    gc.disable()
    try:
        yield
    finally:
        for generation in (0, 1):  # some garbage is gone only after its last words
            gc.collect(generation)
        gc.enable()
        random.setstate(earlier)


@contextmanager
def _empty_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tickmesh-simulation-") as name:
        folder = Path(name)
        shutil.copytree(_empty_tables().name, folder, dirs_exist_ok=True)
        yield folder


@cache
def _empty_tables() -> tempfile.TemporaryDirectory[str]:
    """Returns a folder with the migrated tables of all services and a key, made once in a program's life."""
    made = tempfile.TemporaryDirectory(prefix="tickmesh-simulation-empty-")
    folder = Path(made.name)
    for name in TABLES:
        engine = make_engine("", folder, name)
        migrate.migrate(engine, name, JOURNAL_REVISIONS if name == "orders_journal" else migrate.folder(name))
        if name == "orders_journal":
            _prepare_journal(engine)
        engine.dispose()
    (folder / f"{KEY_NAME}.pem").write_bytes(
        _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    SigningKey.load_or_create(folder, KEY_NAME)  # which writes the public one
    return made


def _prepare_journal(tables: sa.Engine) -> None:
    """Gives the journal a name, which else would be one of chance, and a guard that sees every row."""
    row = {"shard": 0, "journal_id": "simulated", "epoch": 0, "beat": 0, "process": NOBODY}
    with tables.begin() as connection:
        connection.execute(OWNERS.insert(), row)
        connection.execute(
            sa.text("CREATE TABLE trespasses (epoch INTEGER, owner INTEGER, first_sequence INTEGER)")
        )
        connection.execute(sa.text(GUARD))
