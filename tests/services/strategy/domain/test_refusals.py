from tickmesh.services.strategy.domain.actions import Cancel, Side, Submit
from tickmesh.services.strategy.domain.refusals import PAUSE_FIRST_NS, PAUSE_LONGEST_NS, Refusals
from tickmesh.services.values import Symbol

AAPL = Symbol("AAPL")
BUY, SELL = (AAPL, Side.BUY), (AAPL, Side.SELL)


def refused(*places: tuple[Symbol, Side]) -> Refusals:
    refusals = Refusals()
    for place in places:
        refusals.refused(place, "TRADING_HALTED", "the firm is halted", 0)
    return refusals


def test_a_refused_side_pauses_and_the_other_does_not() -> None:
    assert refused(BUY).paused(AAPL, 0) == {Side.BUY}
    assert refused(BUY).paused(AAPL, PAUSE_FIRST_NS) == frozenset()


def test_each_refusal_in_a_row_doubles_the_pause_up_to_a_bound() -> None:
    refusals, now_ns = refused(BUY), PAUSE_FIRST_NS
    for _ in range(10):
        refusals.refused(BUY, "TRADING_HALTED", "", now_ns)
        now_ns += PAUSE_LONGEST_NS
    assert refusals.paused(AAPL, now_ns - 1) == {Side.BUY}
    assert refusals.paused(AAPL, now_ns) == frozenset()


def test_several_refusals_of_one_step_count_as_one() -> None:
    refusals = refused(BUY, BUY, BUY)
    assert refusals.paused(AAPL, PAUSE_FIRST_NS) == frozenset()


def test_after_a_refusal_one_order_a_side_finds_out() -> None:
    orders = [Submit(AAPL, side, 100, 1, rests=True) for side in (Side.BUY, Side.BUY, Side.SELL, Side.SELL)]
    assert refused(BUY).probing(orders) == [orders[0], orders[2], orders[3]]


def test_cancels_are_always_sent() -> None:
    from tests.services.strategy.domain.examples import an_order

    cancels = [Cancel(an_order(number, Side.BUY, 100)) for number in range(3)]
    assert refused(BUY).probing(cancels) == cancels


def test_it_is_a_problem_only_when_everything_is_refused() -> None:
    refusals = refused(BUY, SELL)
    assert refusals.problem() == "TRADING_HALTED: the firm is halted"
    refusals.accepted(SELL)
    assert refusals.problem() == ""
    assert Refusals().problem() == ""
