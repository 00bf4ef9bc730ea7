"""Pages over shards hold every row once, newest first, whatever their size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickmesh.services.router.domain.merging import END, NoPage, Part, from_text, merge, to_text

Row = tuple[int, str]  # time and id

lists = st.lists(st.lists(st.integers(0, 50), max_size=20), min_size=1, max_size=4)


def rows_of(shard: int, times: list[int]) -> list[Row]:
    ids = range(len(times) * 100 * (shard + 1), 0, -1)
    return [
        (time, str(shard * 10_000 + number))
        for time, number in zip(sorted(times, reverse=True), ids, strict=False)
    ]


def part(rows: list[Row], before: str, limit: int) -> Part[Row]:
    if before == END:
        return Part([], has_more=False)
    left = [row for row in rows if not before or int(row[1]) < int(before)]
    return Part(left[:limit], has_more=len(left) > limit)


@given(lists, st.integers(1, 7))
def test_pages_put_together_are_all_rows_newest_first(every: list[list[int]], limit: int) -> None:
    shards = [rows_of(shard, times) for shard, times in enumerate(every)]
    before, seen = [""] * len(shards), []
    while any(place != END for place in before):
        parts = [part(rows, place, limit) for rows, place in zip(shards, before, strict=True)]
        page, before = merge(parts, before, limit, lambda row: (row[0], int(row[1])), lambda row: row[1])
        assert len(page) <= limit
        seen += page
    assert seen == sorted(
        (row for rows in shards for row in rows), key=lambda row: (row[0], int(row[1])), reverse=True
    )


@given(st.lists(st.sampled_from(["", END, "7", "281474976710657"]), min_size=1, max_size=5))
def test_a_place_is_read_back(places: list[str]) -> None:
    assert from_text(to_text(places), len(places)) == places


def test_a_shard_that_was_added_since_begins_at_its_newest() -> None:
    assert from_text("12~-", 3) == ["12", END, ""]


@pytest.mark.parametrize("text", ["x", "1~2~3", "-1", "٣", "1" * 20])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(NoPage):
        from_text(text, 2)
