"""A stream of messages, each answered in its turn: the next are read and stamped while one is on its way."""

import asyncio
from collections.abc import AsyncIterator, Callable

from .admission import Admission
from .batches import Batch

UNANSWERED_MAX = 64  # messages of one stream; the next is read when one of them is answered


class Pipeline:
    """The messages of one caller's stream."""

    def __init__(self, caller: str, admission: Admission, make: Callable[[bytes], Batch]) -> None:
        self._caller = caller
        self._admission = admission
        self._make = make
        self._unanswered: asyncio.Queue[Batch | BaseException | None] = asyncio.Queue(UNANSWERED_MAX)

    async def answers(self, messages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yields an answer a message, in order. A message that is refused as a whole ends the stream."""
        reading = asyncio.create_task(self._read(messages))
        try:
            while (batch := await self._unanswered.get()) is not None:
                if isinstance(batch, BaseException):
                    raise batch
                with self._admission.returned(self._caller, batch.count):
                    answer = await batch.answer()
                yield answer
        finally:
            reading.cancel()
            self._forget()

    async def _read(self, messages: AsyncIterator[bytes]) -> None:
        try:
            async for message in messages:
                await self._line_up(self._begin(message))
        except Exception as error:
            await self._unanswered.put(error)
        else:
            await self._unanswered.put(None)

    async def _line_up(self, batch: Batch) -> None:
        try:
            await self._unanswered.put(batch)
        except asyncio.CancelledError:
            self._admission.leave(self._caller, batch.count)
            raise

    def _begin(self, message: bytes) -> Batch:
        batch = self._make(message)
        self._admission.take(self._caller, batch.count)
        try:
            batch.stamp()
        except BaseException:
            self._admission.leave(self._caller, batch.count)
            raise
        return batch

    def _forget(self) -> None:
        """Leaves the messages that nobody waits for any more; they are done all the same."""
        while not self._unanswered.empty():
            batch = self._unanswered.get_nowait()
            if isinstance(batch, Batch):
                self._admission.leave(self._caller, batch.count)
