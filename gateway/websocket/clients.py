"""One reader: its connection, its sequence, and what waits while it is slow."""

import asyncio
from collections.abc import Callable

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from .backlogs import Backlog, Update
from .counters import Counters
from .frames import body, framed

WRITE_BUFFER_BYTES = 64 << 10
CLOSE_S = 5.0
_REASON_BYTES_MAX = 120  # a close frame has room for 123


class Client(WSListener):
    """A reader of one channel. It may send nothing but control frames."""

    def __init__(
        self,
        channel: str,
        counters: Counters,
        token_seconds_left: float,
        joined: Callable[["Client"], None],
        left: Callable[["Client"], None],
    ) -> None:
        self.channel = channel
        self.backlog: Backlog | None = None  # set by whoever takes it in
        self._counters = counters
        self._token_seconds_left = token_seconds_left
        self._expiry: asyncio.TimerHandle | None = None
        self._joined = joined
        self._left = left
        self._transport: WSTransport | None = None
        self._sequence = 0
        self._paused = False
        self._closing = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Takes its place in the feed."""
        self._transport = transport
        transport.underlying_transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._counters.connections += 1
        self._expiry = asyncio.get_running_loop().call_later(self._token_seconds_left, self._expire)
        self._joined(self)

    def _expire(self) -> None:
        self.close(
            WSCloseCode.POLICY_VIOLATION, "TOKEN_EXPIRED", "the token has expired; connect with a new one"
        )

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Answers a close; a reader that sends data is shown the door."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif (
            frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION) and not self._closing
        ):
            self._counters.talkative_closed += 1
            self.close(WSCloseCode.POLICY_VIOLATION, "READ_ONLY", "this channel takes no messages")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Leaves the feed."""
        self._closing = True
        self._transport = None
        if self._expiry is not None:
            self._expiry.cancel()
        self._counters.connections -= 1
        self._left(self)

    def pause_writing(self) -> None:
        """The reader is behind: from now on its updates wait."""
        self._paused = True

    def resume_writing(self) -> None:
        """The reader has caught up: sends what waits, until it is behind again."""
        self._paused = False
        while self.backlog and not self._paused and not self._closing:
            waiting = self.backlog.take()
            if waiting is None:
                return
            self.send(waiting)

    def deliver(self, update: Update) -> None:
        """Sends an update, or lets it wait. A reader that has too much waiting is closed with a reason."""
        if self._closing:
            return
        if not self._paused:
            self.send(update.body)
        elif self.backlog and not self.backlog.add(update):
            self._counters.slow_readers_closed += 1
            message = "the reader fell behind; connect again with the last resume_token"
            self.close(WSCloseCode.TRY_AGAIN_LATER, "SLOW_READER", message)

    def send(self, shared: bytes) -> None:
        """Sends a frame with the next sequence."""
        if self._transport is not None:
            self._sequence += 1
            self._counters.frames_sent += 1
            self._transport.send(WSMsgType.TEXT, framed(self._sequence, shared))

    def close(self, code: WSCloseCode, reason: str, message: str) -> None:
        """Ends the connection: a frame that says why, a close frame, and a cut line if nobody answers."""
        transport = self._transport
        if self._closing or transport is None:
            return
        self.send(body("error", self.channel, {"reason": reason, "message": message}))
        self._closing = True
        transport.send_close(code, f"{reason}: {message}".encode()[:_REASON_BYTES_MAX])
        asyncio.get_running_loop().call_later(CLOSE_S, transport.disconnect, False)
