from tickmesh.services.strategy.domain.market_clock import MarketClock, next_turn_ns


def test_the_market_goes_on_where_it_stood() -> None:
    clock = MarketClock(first_step=100, start_ns=5_000_000_000)
    assert clock.step_at(5_000_000_000) == 100
    assert clock.step_at(6_000_000_000) == 102
    assert clock.step_at(4_000_000_000) == 100


def test_turns_are_spread_over_the_interval() -> None:
    turns = [next_turn_ns(1_000, 100, place, 4) for place in range(4)]
    assert turns == [1_100, 1_025, 1_050, 1_075]
    assert next_turn_ns(1_025, 100, 1, 4) == 1_125
