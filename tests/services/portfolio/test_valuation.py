"""Marks, exchange rates and sums: what is missing is named, never guessed."""

from decimal import Decimal

from tickmesh.services.portfolio.domain.positions import Fill, Holding, PositionKey
from tickmesh.services.portfolio.domain.rates import CurrencyPair, ExchangeRates
from tickmesh.services.portfolio.domain.valuation import (
    Mark,
    QuoteSides,
    Terms,
    Worth,
    mark_of,
    sums_of,
    worth_of,
)

PAIRS = {
    "EURUSD": CurrencyPair("EUR", "USD"),
    "USDJPY": CurrencyPair("USD", "JPY"),
    "EURGBP": CurrencyPair("EUR", "GBP"),
}


def rates(**marks: str) -> ExchangeRates:
    made = ExchangeRates({symbol: Decimal(mark) for symbol, mark in marks.items()})
    for symbol, pair in PAIRS.items():
        made.add_pair(symbol, pair)
    return made


def quote(bid: str = "", ask: str = "", last: str = "") -> QuoteSides:
    bid_price, ask_price, last_price = (Decimal(text) if text else None for text in (bid, ask, last))
    return QuoteSides(bid_price, ask_price, last_price, 5, 3)


def holding(quantity: str = "100", price: str = "10") -> Holding:
    return Holding().after(Fill(1, "demo", "SAP", Decimal(quantity), Decimal(price), 1))


def worth(
    held: Holding,
    mark: str = "",
    currency: str = "EUR",
    multiplier: str = "1",
    exchange: ExchangeRates | None = None,
    base: str = "USD",
) -> Worth:
    terms = Terms("SAP", currency, Decimal(multiplier))
    seen = Mark(Decimal(mark), 9) if mark else None
    return worth_of(PositionKey("demo", "SAP"), held, base, terms, seen, exchange or rates())


def test_a_mark_is_the_mid_of_best_bid_and_ask() -> None:
    assert mark_of(quote("10.00", "10.01", "9")) == Mark(Decimal("10.005"), 5)


def test_a_missing_side_makes_the_last_trade_the_mark() -> None:
    assert mark_of(quote("10.00", "", "9")) == Mark(Decimal(9), 3)
    assert mark_of(quote("", "10.00", "")) is None


def test_a_rate_is_direct_inverse_or_over_the_dollar() -> None:
    exchange = rates(EURUSD="1.25", USDJPY="160", EURGBP="0.8")
    assert exchange.rate("EUR", "USD") == Decimal("1.25")
    assert exchange.rate("USD", "EUR") == Decimal("0.8")
    assert exchange.rate("JPY", "USD") == Decimal("0.00625")
    assert exchange.rate("EUR", "JPY") == Decimal(200)
    assert exchange.rate("GBP", "EUR") == Decimal("1.25")
    assert exchange.rate("USD", "USD") == 1


def test_a_rate_without_a_mark_is_missing_and_not_one() -> None:
    assert rates().rate("EUR", "USD") is None
    assert rates(EURUSD="1.25").rate("CHF", "USD") is None


def test_profit_is_in_the_currency_of_the_instrument_times_its_multiplier() -> None:
    bond = worth(holding("1000", "99.5"), mark="101", multiplier="0.01")
    assert (bond.unrealized, bond.market_value) == (Decimal("15"), Decimal("1010"))


def test_sums_convert_each_position_and_keep_short_and_long_apart_in_gross() -> None:
    exchange = rates(EURUSD="1.25")
    long = worth(holding("100", "10"), mark="12", exchange=exchange)
    short = worth(holding("-100", "10"), mark="9", currency="USD", exchange=exchange)
    sums = sums_of([long, short])
    assert (sums.unrealized, sums.gross, sums.net) == (Decimal(350), Decimal(2400), Decimal(600))
    assert sums.missing == []


def test_a_missing_mark_empties_what_needs_it_and_is_named() -> None:
    sums = sums_of([worth(holding(), exchange=rates(EURUSD="1.25"))])
    assert (sums.realized, sums.unrealized, sums.gross, sums.net) == (Decimal(0), None, None, None)
    assert sums.missing == ["no mark for SAP"]


def test_a_missing_rate_empties_the_sums_and_is_named() -> None:
    sums = sums_of([worth(holding(), mark="12")])
    assert (sums.unrealized, sums.gross) == (None, None)
    assert sums.missing == ["no rate from EUR to USD"]


def test_a_position_that_came_to_nothing_lacks_nothing() -> None:
    flat = holding().after(Fill(2, "demo", "SAP", Decimal(-100), Decimal(10), 2))
    sums = sums_of([worth(flat)])
    assert (sums.realized, sums.unrealized) == (Decimal(0), Decimal(0))
    assert sums.missing == []


def test_an_unknown_instrument_is_named() -> None:
    lost = worth_of(PositionKey("demo", "SAP"), holding(), "USD", None, None, rates())
    assert sums_of([lost]).missing == ["no instrument SAP"]
    assert lost.realized is None
