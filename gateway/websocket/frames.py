"""Frames: one JSON object each. Everything but the sequence is the same for all readers."""

from ..http.answers import to_bytes

Data = dict[str, object]


def body(kind: str, channel: str, data: Data | None = None, resume_token: str = "") -> bytes:
    """Returns all of a frame but its sequence: type, channel, resume_token where there is one, and data."""
    content: Data = {"type": kind, "channel": channel}
    if resume_token:
        content["resume_token"] = resume_token
    if data is not None:
        content["data"] = data
    return to_bytes(content)[1:]


def framed(sequence: int, shared: bytes) -> bytes:
    """Returns a whole frame: one reader's sequence before what is shared."""
    return b'{"sequence":%d,' % sequence + shared
