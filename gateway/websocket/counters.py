"""What the WebSocket process counts about itself."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    """Since the start of the process, but `connections` and `feeds`, which are those of now."""

    connections: int = 0
    feeds: int = 0
    accepted: int = 0
    refused: int = 0
    frames_sent: int = 0
    updates_conflated: int = 0
    slow_readers_closed: int = 0
    talkative_closed: int = 0

    def value(self) -> dict[str, object]:
        """Returns the counters as a JSON object."""
        return asdict(self)
