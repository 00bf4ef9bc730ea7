"""Commands bound to an engine once, for whoever counts nanoseconds."""

from __future__ import annotations

from ._engine import Bound
from .columns import Commands
from .handle import Handle, aligned_columns


class Batch(Bound):
    """An array of commands and the engine that runs them; `Engine.batch` makes one.

    The array is read when its commands run, so it can be filled, run and filled again:

        commands = np.zeros(100, dtype=COMMAND_DTYPE)
        batch = engine.batch(commands)
        commands[:3] = ...
        events = batch.run(0, 3)

    `step(index)` runs the one command there and returns how many events it caused: the first ones of
    `Engine.events`. Fails with IndexError outside the batch.

    `run(start=0, stop=None)` runs the commands from `start` up to, not including, `stop`, in order. Returns
    their events as `Engine.run` does: read-only, and valid until the next call to the engine. Runs that cause
    as many events return the same array: slice it before changing its shape or dtype in place. Fails with
    IndexError unless 0 <= start <= stop <= len(batch).

    Both fail with TypeError for what is no index, and with ValueError once the engine is closed. Both are
    built in: a loop keeps them under names of their own, `step = batch.step`. No other thread of Python goes
    on while one of them runs, but for a run of more than 4,096 commands.
    """

    __slots__ = ()

    def __new__(cls, handle: Handle, commands: Commands) -> Batch:
        """Binds commands. Fails as `Engine.batch` does."""
        return super().__new__(cls, handle, handle.place(), handle.views, aligned_columns(commands))
