"""Average-cost accounting: known answers, and random trades against slow, exact fractions."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickmesh.services.portfolio.domain.positions import EXACT, Fill, Holding
from tickmesh.services.values import decimal_text

FLOW = st.lists(
    st.tuples(
        st.integers(-10_000, 10_000).filter(bool).map(lambda lots: Decimal(lots).scaleb(-3)),
        st.integers(1, 10_000_000).map(lambda ticks: Decimal(ticks).scaleb(-4)),
    ),
    max_size=120,
)


def shown(holding: Holding) -> tuple[str, ...]:
    values = (holding.quantity, holding.average_price(), holding.realized)
    return tuple("" if value is None else decimal_text(value) for value in values)


def after(*trades: tuple[str, str]) -> Holding:
    return counted([(Decimal(quantity), Decimal(price)) for quantity, price in trades])


def counted(trades: list[tuple[Decimal, Decimal]]) -> Holding:
    holding = Holding()
    for number, (quantity, price) in enumerate(trades, start=1):
        holding = holding.after(Fill(number, "demo", "AAPL", quantity, price, number))
    return holding


def some_quantity(dice: Random) -> Decimal:
    return Decimal(dice.randint(1, 999) * dice.choice((-1, 1)))


def price_near_100(dice: Random) -> Decimal:
    return Decimal(dice.randint(9_500, 10_500)).scaleb(-2)


@dataclass
class SlowBook:
    """The obvious ledger: an average price as an exact fraction."""

    quantity: Fraction = Fraction(0)
    average: Fraction = Fraction(0)
    realized: Fraction = Fraction(0)
    cash: Fraction = Fraction(0)

    def trade(self, quantity: Fraction, price: Fraction) -> None:
        self.cash -= quantity * price
        if self.quantity * quantity < 0:
            sign = 1 if self.quantity > 0 else -1
            closed = min(abs(quantity), abs(self.quantity)) * sign
            self.realized += closed * (price - self.average)
            self.quantity -= closed
            quantity += closed
        if quantity:
            total = self.quantity * self.average + quantity * price
            self.quantity += quantity
            self.average = total / self.quantity


def slow(trades: list[tuple[Decimal, Decimal]]) -> SlowBook:
    book = SlowBook()
    for quantity, price in trades:
        book.trade(Fraction(quantity), Fraction(price))
    return book


def test_buying_twice_averages_the_cost() -> None:
    holding = after(("100", "10"), ("300", "12"))
    assert holding.quantity == 400
    assert holding.average_price() == Decimal("11.5")
    assert holding.realized == 0


def test_selling_a_part_keeps_the_average_and_realises_the_difference() -> None:
    holding = after(("100", "10"), ("-40", "13"))
    assert shown(holding) == ("60", "10", "120")


def test_a_flat_position_has_no_average_and_costs_exactly_nothing() -> None:
    holding = after(("3", "10"), ("4", "11"), ("-2", "12"), ("-5", "9"))
    assert holding.is_flat
    assert holding.average_price() is None
    assert holding.cost == 0
    assert holding.realized == Decimal("-5")


def test_a_sale_through_zero_realises_the_long_part_and_opens_a_short_at_its_price() -> None:
    holding = after(("100", "10"), ("-150", "12"))
    assert shown(holding) == ("-50", "12", "200")


def test_a_short_earns_when_it_is_bought_back_lower() -> None:
    holding = after(("-100", "10"), ("60", "9"))
    assert shown(holding) == ("-40", "10", "60")


def test_volume_and_count_take_buys_and_sells_together() -> None:
    holding = after(("100", "10"), ("-150", "12"), ("0.5", "1"))
    assert holding.volume == Decimal("250.5")
    assert (holding.trade_count, holding.last_execution_id) == (3, 3)


def test_numbers_longer_than_the_default_precision_stay_exact() -> None:
    price = Decimal("123456789012345678.123456789012345678")
    quantity = Decimal("987654321.000000000000000001")
    holding = counted([(quantity, price)])
    assert Fraction(holding.cost) == Fraction(quantity) * Fraction(price)
    assert Fraction(counted([(quantity, price), (quantity.copy_negate(), price)]).realized) == 0


@given(FLOW)
def test_cash_flow_and_market_value_equal_realised_and_unrealised_profit(
    trades: list[tuple[Decimal, Decimal]],
) -> None:
    holding, mark = counted(trades), Fraction("17.0305")
    cash = -sum((Fraction(quantity) * Fraction(price) for quantity, price in trades), Fraction(0))
    value = Fraction(holding.quantity) * mark
    unrealized = value - Fraction(holding.cost)
    assert cash + value == Fraction(holding.realized) + unrealized


@given(FLOW)
def test_the_ledger_agrees_with_slow_exact_fractions(trades: list[tuple[Decimal, Decimal]]) -> None:
    holding, book = counted(trades), slow(trades)
    assert Fraction(holding.quantity) == book.quantity
    assert abs(Fraction(holding.realized) - book.realized) < Fraction(1, 10**18)
    if not holding.is_flat:
        average = holding.average_price()
        assert average is not None
        assert abs(Fraction(average) - book.average) < Fraction(1, 10**15)


@pytest.mark.parametrize("seed", [7, 11])
def test_a_long_day_of_trades_keeps_the_books_balanced_and_the_numbers_short(seed: int) -> None:
    dice = Random(seed)
    trades = [(some_quantity(dice), price_near_100(dice)) for _ in range(5_000)]
    holding = counted(trades)
    cash = -sum((Fraction(quantity) * Fraction(price) for quantity, price in trades), Fraction(0))
    assert cash + Fraction(holding.cost) == Fraction(holding.realized)
    assert len(EXACT.plus(holding.realized).as_tuple().digits) < 50
