"""The four WebSocket channels on a living market: a snapshot, then updates, no number left out."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .channels import channel
from .running_platform import RunningPlatform


@pytest.mark.parametrize("direct", [False, True], ids=["through the edge", "direct"])
def test_market_data_is_a_snapshot_and_then_changes(market: RunningPlatform, direct: bool) -> None:
    with channel(market, "/ws/market-data/AAPL", direct) as frames:
        first = frames.next()
        assert (first["type"], first["channel"]) == ("snapshot", "market-data/AAPL")
        seen = [frames.next() for _ in range(20)]
    assert {frame["type"] for frame in seen} <= {"snapshot", "update"}
    books = [frame["data"]["book"] for frame in [first, *seen] if "book" in frame["data"]]
    assert books
    assert all(book["symbol"] == "AAPL" for book in books)


def test_trades_begin_with_the_newest_and_go_on(market: RunningPlatform) -> None:
    with channel(market, "/ws/trades/updates") as frames:
        first, second = frames.next(), frames.next_of("update")
    assert first["type"] == "snapshot"
    ids = [int(one["execution_id"]) for frame in (first, second) for one in frame["data"]["reports"]]
    assert ids == sorted(set(ids))


def test_trades_resume_after_a_token_without_a_gap(market: RunningPlatform) -> None:
    with channel(market, "/ws/trades/updates") as frames:
        frames.next()
        token = frames.next_of("update")["resume_token"]
        following = frames.next_of("update")["data"]["reports"][0]
    with channel(market, f"/ws/trades/updates?resume_token={token}") as frames:
        resumed = frames.next()
    assert resumed["type"] == "update"
    assert resumed["data"]["reports"][0]["execution_id"] == following["execution_id"]


def test_the_engines_status_rises(market: RunningPlatform) -> None:
    with channel(market, "/ws/engine/status") as frames:
        first, second = frames.next(), frames.next()
    assert int(second["data"]["command_sequence"]) >= int(first["data"]["command_sequence"]) > 0


def test_health_names_every_service(market: RunningPlatform) -> None:
    with channel(market, "/ws/system/health") as frames:
        data = frames.next()["data"]
    assert data["status"] == "SERVING"
    assert len(data["services"]) >= 6


def test_a_server_stream_is_a_channel_too(market: RunningPlatform) -> None:
    with channel(market, "/ws/api/v1/quotes:stream?symbols=AAPL") as frames:
        assert frames.next()["data"]["quotes"][0]["symbol"] == "AAPL"
        assert frames.next_of("update")["data"]["quotes"]


@pytest.mark.parametrize(
    ("path", "with_token", "status"),
    [("/ws/market-data/AAPL", False, 401), ("/ws/nowhere", True, 404)],
)
def test_a_handshake_is_refused_with_a_status(
    market: RunningPlatform, path: str, with_token: bool, status: int
) -> None:
    headers = market.bearer if with_token else {}
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"{market.websocket_url}{path}", additional_headers=headers),
    ):
        pass
    assert refused.value.response.status_code == status
