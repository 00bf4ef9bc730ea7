"""A disk that is slow makes orders slow, then refused at the door; it loses none and keeps nobody waiting."""

from pathlib import Path

from .longer import Options
from .slow_disk import MOST_S, play
from .weather import Weather


async def test_on_a_slow_disk_orders_wait_or_are_refused_at_the_door_and_none_is_lost(tmp_path: Path) -> None:
    weather = Weather(tmp_path / "weather", seed=5)
    options = Options(seconds=2.0, seed=5)
    quick, slow, crawling = await play(tmp_path / "data", "", weather, weather.environment, options)
    assert sorted(slow.took_s)[len(slow.took_s) // 2] > max(0.2, min(quick.took_s))
    assert crawling.refusals
    assert {one.reason for one in slow.refusals + crawling.refusals} == {"OVERLOADED"}
    assert all("retry_after_ms" in one.metadata for one in crawling.refusals)
    # At most a second before the door closes, then the row under way and the own one; the machine is shared.
    assert max(slow.took_s + crawling.took_s) < 1.0 + 2 * 2 * MOST_S + 10.0
