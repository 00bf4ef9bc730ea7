from tickmesh.services.strategy.domain.actions import LiveOrder, Replace, Side, Submit
from tickmesh.services.strategy.domain.own_orders import OwnOrders
from tickmesh.services.values import Symbol

AAPL = Symbol("AAPL")
SUBMIT = Submit(AAPL, Side.BUY, 100, 10, rests=True)


def sent() -> OwnOrders:
    orders = OwnOrders()
    orders.sending("a", SUBMIT)
    return orders


def test_an_accepted_order_is_known_by_its_id() -> None:
    orders = sent()
    orders.accepted("a", "7", 3)
    assert orders.of(AAPL) == [LiveOrder("a", "7", AAPL, Side.BUY, 100, 10, 3)]
    assert orders.of(Symbol("MSFT")) == []


def test_an_execution_that_overtakes_the_answer_counts() -> None:
    orders = sent()
    orders.traded("a", 4)
    orders.accepted("a", "7", 0)
    assert orders.of(AAPL)[0].filled_lots == 4


def test_an_order_that_was_filled_before_the_answer_does_not_come_back() -> None:
    orders = sent()
    orders.done("a")
    orders.accepted("a", "7", 0)
    assert len(orders) == 0


def test_a_replace_changes_price_and_total() -> None:
    orders = sent()
    orders.accepted("a", "7", 2)
    orders.replaced(Replace(orders.of(AAPL)[0], 101, 12), 2)
    assert orders.of(AAPL) == [LiveOrder("a", "7", AAPL, Side.BUY, 101, 12, 2)]


def test_clearing_forgets_everything() -> None:
    orders = sent()
    orders.clear()
    assert orders.symbols() == set()
