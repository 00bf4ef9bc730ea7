"""All positions at once: counts trades, values what is held, says which positions a mark moves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .portfolios import DEFAULT_CURRENCY, PortfolioRecord, UnknownPortfolio
from .positions import Fill, Holding, PositionKey
from .rates import ExchangeRates
from .valuation import Mark, QuoteSides, Sums, Terms, Worth, mark_of, sums_of, worth_of


@dataclass(frozen=True, slots=True)
class Counted:
    """What a batch of trades made of positions; not in force until adopted."""

    holdings: Mapping[PositionKey, Holding]
    steps: Sequence[tuple[PositionKey, Holding]] = ()  # after each moment at which something was traded


class Ledger:
    """Every portfolio, position, instrument and mark that the service knows."""

    def __init__(self) -> None:
        self._portfolios: dict[str, PortfolioRecord] = {}
        self._holdings: dict[PositionKey, Holding] = {}
        self._by_symbol: dict[str, set[PositionKey]] = {}
        self._market = _Market()

    def open(self, portfolio: PortfolioRecord) -> None:
        """Adds a portfolio."""
        self._portfolios[portfolio.portfolio_id] = portfolio

    def has_portfolio(self, portfolio_id: str) -> bool:
        """Says whether a portfolio is open."""
        return portfolio_id in self._portfolios

    def portfolio(self, portfolio_id: str) -> PortfolioRecord:
        """Returns a portfolio. Fails with UnknownPortfolio."""
        if portfolio_id not in self._portfolios:
            raise UnknownPortfolio(portfolio_id)
        return self._portfolios[portfolio_id]

    def portfolios(self, after: str = "") -> list[PortfolioRecord]:
        """Returns the portfolios whose ids follow one, by id."""
        return [self._portfolios[key] for key in sorted(self._portfolios) if key > after]

    def count(self, fills: Iterable[Fill]) -> Counted:
        """Returns what trades make of positions. A trade that was counted before is skipped.

        The trades of one position come from one shard of orders, whose numbers rise.
        """
        changed: dict[PositionKey, Holding] = {}
        steps: dict[tuple[PositionKey, int], Holding] = {}
        for fill in fills:
            held = changed.get(fill.key) or self._holdings.get(fill.key) or Holding()
            if fill.execution_id > held.last_execution_id:
                changed[fill.key] = steps[fill.key, fill.time_ns] = held.after(fill)
        return Counted(changed, [(key, holding) for (key, _), holding in steps.items()])

    def adopt(self, counted: Counted) -> None:
        """Puts counted trades in force, once they are stored."""
        self._holdings.update(counted.holdings)
        for key in counted.holdings:
            self._by_symbol.setdefault(key.symbol, set()).add(key)

    def list_instrument(self, terms: Terms) -> list[PositionKey]:
        """Takes what an instrument is; returns the positions that it values anew."""
        self._market.list_instrument(terms)
        return self._held_in(self._market.moved_by(terms.symbol))

    def quote(self, symbol: str, sides: QuoteSides) -> list[PositionKey]:
        """Takes a quote; returns the positions that it values anew: none when the mark is the same."""
        if not self._market.quote(symbol, sides):
            return []
        return self._held_in(self._market.moved_by(symbol))

    def _held_in(self, symbols: Iterable[str]) -> list[PositionKey]:
        return sorted({key for symbol in symbols for key in self._by_symbol.get(symbol, ())})

    def keys(self, portfolio_id: str = "", symbol: str = "", open_only: bool = False) -> list[PositionKey]:
        """Returns the positions that fit, by portfolio and symbol."""
        return sorted(
            key
            for key, holding in self._holdings.items()
            if portfolio_id in ("", key.portfolio_id)
            and symbol in ("", key.symbol)
            and not (open_only and holding.is_flat)
        )

    def worth(self, key: PositionKey) -> Worth:
        """Returns what a position is worth now; in US dollars for a portfolio that was opened elsewhere."""
        market = self._market
        terms, mark = market.terms.get(key.symbol), market.marks.get(key.symbol)
        return worth_of(key, self._holdings[key], self._base_currency(key), terms, mark, market.rates)

    def unmarked(self, key: PositionKey, holding: Holding) -> Worth:
        """Returns what is known of an earlier holding without a mark or a rate of its time."""
        terms, no_rates = self._market.terms.get(key.symbol), ExchangeRates({})
        return worth_of(key, holding, self._base_currency(key), terms, None, no_rates)

    def _base_currency(self, key: PositionKey) -> str:
        record = self._portfolios.get(key.portfolio_id)
        return DEFAULT_CURRENCY if record is None else record.base_currency

    def sums(self, portfolio_id: str) -> Sums:
        """Returns what a portfolio's positions add up to now."""
        return sums_of([self.worth(key) for key in self.keys(portfolio_id)])


@dataclass(slots=True)
class _Market:
    """What instruments are, and what one unit of each is taken to be worth."""

    terms: dict[str, Terms] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)
    rates: ExchangeRates = field(init=False)

    def __post_init__(self) -> None:
        self.rates = ExchangeRates(self.prices)

    def list_instrument(self, terms: Terms) -> None:
        self.terms[terms.symbol] = terms
        if terms.pair is not None:
            self.rates.add_pair(terms.symbol, terms.pair)

    def quote(self, symbol: str, sides: QuoteSides) -> bool:
        """Takes a quote; says whether the mark moved. It stays when there is nothing to replace it."""
        mark, before = mark_of(sides), self.marks.get(symbol)
        if mark is None:
            return False
        self.marks[symbol] = mark
        self.prices[symbol] = mark.price
        return before is None or before.price != mark.price

    def moved_by(self, symbol: str) -> list[str]:
        """Returns the instruments that a mark values anew: its own, and those whose currency it converts."""
        terms = self.terms.get(symbol)
        if terms is None or terms.pair is None:
            return [symbol]
        currencies = {terms.pair.base, terms.pair.quote}
        return [symbol, *(name for name, other in self.terms.items() if other.currency in currencies)]
