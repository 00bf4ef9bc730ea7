"""Readers of ticks: each at its own position, told of what it missed."""

import numpy as np

from tickmesh.services.pricing.domain.listings import Listings
from tickmesh.services.pricing.domain.ticklog import TickLog
from tickmesh.services.pricing.domain.ticks import Ticks
from tickmesh.services.pricing.feeds import TickFeed
from tickmesh.services.runtime.streams import Gap, Updates

LISTINGS = Listings()
FIRST, SECOND = (LISTINGS.learn(symbol, "1", "1") for symbol in ("A", "B"))


def rows(prices: list[int], index: int = 0) -> Ticks:
    column = np.array(prices, np.int64)
    numbers = np.full(len(prices), index, np.uint32)
    return Ticks(numbers, np.ones(len(prices), np.uint8), column, column, column)


def prices_of(event: object) -> list[int]:
    assert isinstance(event, Updates)
    return [price for part in event.items for price in part.ticks.price_ticks.tolist()]


async def test_two_readers_get_all_rows_at_their_own_pace() -> None:
    log = TickLog(100)
    feed = TickFeed(log, rows_max=3, gather_s=0)
    log.append(rows([0]))
    start = f"{feed.epoch}.0"
    fast, slow = feed.follow(start, []), feed.follow(start, [])
    assert prices_of(await anext(fast)) == [0]
    log.append(rows([1, 2, 3, 4]))
    assert prices_of(await anext(fast)) == [1, 2]
    ahead = await anext(fast)
    assert prices_of(ahead) == [3, 4]
    assert prices_of(await anext(slow)) == [0, 1, 2]
    abreast = await anext(slow)
    assert prices_of(abreast) == [3, 4]
    assert abreast.items[0] is ahead.items[0]  # copied out of the log once for both


async def test_a_reader_that_falls_behind_is_told_what_it_missed_and_goes_on() -> None:
    log = TickLog(10)
    feed = TickFeed(log, rows_max=100, gather_s=0)
    reader = feed.follow(f"{feed.epoch}.0", [])
    log.append(rows([0]))
    assert prices_of(await anext(reader)) == [0]
    for number in range(1, 31):
        log.append(rows([number]))
    gap = await anext(reader)
    assert isinstance(gap, Gap)
    assert (gap.from_position, gap.to_position, feed.lost_rows) == (1, 26, 25)
    assert prices_of(await anext(reader)) == [26, 27, 28, 29, 30]


async def test_a_token_leads_to_the_row_after_the_last_one_seen() -> None:
    log = TickLog(100)
    feed = TickFeed(log, rows_max=2, gather_s=0)
    log.append(rows([0, 1, 2]))
    event = await anext(feed.follow(f"{feed.epoch}.0", []))
    assert prices_of(event) == [0, 1]
    assert prices_of(await anext(feed.follow(event.token, []))) == [2]


async def test_rows_of_other_instruments_are_left_out() -> None:
    log = TickLog(100)
    feed = TickFeed(log, rows_max=100, gather_s=0)
    log.append(rows([1, 2], FIRST.index))
    log.append(rows([3], SECOND.index))
    log.append(rows([4], 7))
    assert prices_of(await anext(feed.follow(f"{feed.epoch}.0", [FIRST]))) == [1, 2]
    assert prices_of(await anext(feed.follow(f"{feed.epoch}.0", [SECOND]))) == [3]
    assert prices_of(await anext(feed.follow(f"{feed.epoch}.0", [FIRST, SECOND]))) == [1, 2, 3]
