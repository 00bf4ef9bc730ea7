"""A WebSocket channel that checks what docs/api.md promises of every frame."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from .running_platform import RunningPlatform


class Channel:
    """Reads frames and fails when one is missing."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._sequence = 0

    def next(self, timeout_s: float = 20.0) -> dict[str, Any]:
        """Returns the next frame."""
        frame: dict[str, Any] = json.loads(self._connection.recv(timeout=timeout_s))
        self._sequence += 1
        assert frame["sequence"] == self._sequence, frame
        return frame

    def next_of(self, kind: str) -> dict[str, Any]:
        """Returns the next frame of a type."""
        while (frame := self.next())["type"] != kind:
            pass
        return frame


@contextmanager
def channel(platform: RunningPlatform, path: str, direct: bool = False) -> Iterator[Channel]:
    """Opens a channel through the public port, or at the WebSocket process itself."""
    url = f"ws://127.0.0.1:{platform.websocket_port}" if direct else platform.websocket_url
    with connect(f"{url}{path}", additional_headers=platform.bearer, open_timeout=20) as connection:
        yield Channel(connection)
