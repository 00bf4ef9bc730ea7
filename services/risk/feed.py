"""The stream of risk events: the newest as a snapshot, then each with a token of its own."""

from collections import deque
from collections.abc import AsyncIterator

from ..runtime.streams import Event as StreamEvent
from ..runtime.streams import Hub, Updates, make_token
from .domain.events import Event

SNAPSHOT_MAX = 100


class Feed:
    """Hands events to readers. A token stays good over a restart, as far as events are kept in memory."""

    def __init__(self, capacity: int, epoch: str, newest: list[Event]) -> None:
        self._hub: Hub[Event] = Hub(capacity, epoch, newest[0].event_id - 1 if newest else 0)
        self._recent: deque[Event] = deque(maxlen=SNAPSHOT_MAX)
        for event in newest:
            self.publish(event)

    def publish(self, event: Event) -> None:
        """Hands on the next event."""
        self._recent.append(event)
        self._hub.publish(event, event.event_id)

    async def follow(self, token: str) -> AsyncIterator[StreamEvent[list[Event], Event]]:
        """Yields what follows a token, or first the newest events, oldest first."""
        async for event in self._hub.follow(token, snapshot=lambda: list(self._recent)):
            if isinstance(event, Updates):
                for item in event.items:
                    yield Updates([item], make_token(self._hub.epoch, item.event_id))
            else:
                yield event
