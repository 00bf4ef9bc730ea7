"""One token for the places of a reader in the streams of all shards."""

import pytest

from tickmesh.services.router.domain.places import NOW, START, NoPlace, joined, split


def test_the_places_are_read_back() -> None:
    places = ["abc.7", NOW, START]
    assert split(joined(places), 3) == places


def test_the_token_of_a_single_shard_goes_on_and_new_shards_are_read_from_their_start() -> None:
    assert split("abc.7", 3) == ["abc.7", START, START]


def test_a_token_of_more_shards_than_there_are_is_refused() -> None:
    with pytest.raises(NoPlace):
        split("abc.7~def.9", 1)
