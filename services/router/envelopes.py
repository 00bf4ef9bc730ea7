"""Streamed responses as bytes: read as far as the router must, and sent on with a place of its own.

Of a field that stands twice in a message the last counts, so the new sequence and token go behind the old
ones, and reports are never taken apart.
"""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from google.protobuf.message import Message

from .domain.frames import frames

_SEQUENCE, _TOKEN = 1, 2
_EVENTS = {3: "snapshot", 4: "update", 5: "gap", 6: "heartbeat"}


class Envelope:
    """One response of a stream: what a Follower looks at, and its bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.sequence = 0
        self.resume_token = ""
        self._event = ""
        self._range = (0, 0)
        for frame in frames(content):
            if frame.number == _SEQUENCE:
                self.sequence = _number(content[frame.body : frame.end])
            elif frame.number == _TOKEN:
                self.resume_token = content[frame.body : frame.end].decode()
            elif frame.number in _EVENTS:
                self._event = _EVENTS[frame.number]
                self._range = (frame.start, frame.end)

    def WhichOneof(self, _: str) -> str:
        """Returns which event it is."""
        return self._event

    @property
    def event(self) -> bytes:
        """Returns the bytes of the event, with what stands in front of them."""
        return self.content[slice(*self._range)]


def _number(varint: bytes) -> int:
    return sum((digit & 0x7F) << 7 * place for place, digit in enumerate(varint))


async def opened(stream: AsyncIterable[bytes]) -> AsyncIterator[Envelope]:
    """Yields the responses of a stream."""
    async for content in stream:
        yield Envelope(content)


class Writer:
    """Numbers the responses of one reader."""

    def __init__(self, response_type: Any) -> None:
        self._response_type = response_type
        self._sequence = 0

    def write(self, event: bytes | Message, token: str) -> bytes:
        """Returns a response with an event and the place behind it."""
        self._sequence += 1
        content = event if isinstance(event, bytes) else event.SerializeToString()
        place = self._response_type(sequence=self._sequence, resume_token=token)
        return content + place.SerializeToString()  # type: ignore[no-any-return]
