"""Replays commands through the engine while the caller does something else."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from tickmesh.native.engine import Engine, EngineConfig


class Replayer:
    """An engine in a thread of its own. A long call of C runs beside whatever the caller does."""

    def __init__(self, config: EngineConfig) -> None:
        self._engine = Engine(config)
        self._thread = ThreadPoolExecutor(1, "replay")
        self._running: Future[None] | None = None

    def take(self, payloads: Sequence[bytes]) -> None:
        """Runs commands behind all that came before. One more call waits while others run."""
        self._wait()
        self._running = self._thread.submit(self._run, payloads)

    def _run(self, payloads: Sequence[bytes]) -> None:
        self._engine.run(b"".join(payloads))

    def _wait(self) -> None:
        if self._running is not None:
            self._running.result()

    def state_hash(self) -> str:
        """Returns the hash of the state after all commands, 16 hexadecimal digits."""
        self._wait()
        return f"{self._engine.state_hash():016x}"

    def __enter__(self) -> "Replayer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        self._engine.close()
