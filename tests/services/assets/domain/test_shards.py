"""Where new instruments go: evenly, and the same whoever asks."""

from collections import Counter

from tickmesh.services.assets.domain.shards import shard_of

SYMBOLS = [f"S{number}" for number in range(4_000)]


def test_instruments_are_spread_evenly() -> None:
    counts = Counter(shard_of(symbol, 4) for symbol in SYMBOLS)
    assert set(counts) == {0, 1, 2, 3}
    assert all(900 < count < 1_100 for count in counts.values())


def test_another_shard_takes_its_part_and_leaves_the_rest_where_it_is() -> None:
    before, after = ([shard_of(symbol, count) for symbol in SYMBOLS] for count in (3, 4))
    moved = [new for old, new in zip(before, after, strict=True) if new != old]
    assert set(moved) == {3}
    assert 900 < len(moved) < 1_100


def test_a_single_shard_has_everything() -> None:
    assert {shard_of(symbol, 1) for symbol in SYMBOLS} == {0}
