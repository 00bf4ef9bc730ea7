"""The instruments that have a price, each with a small number that columns use instead of its symbol."""

from dataclasses import dataclass

from ...runtime.errors import NotFound
from ...values import Increment, Symbol


class UnknownInstrument(NotFound):
    """A symbol that is not listed."""

    reason = "UNKNOWN_INSTRUMENT"

    def __init__(self, symbol: str) -> None:
        super().__init__(f"instrument {symbol!r} is not listed", metadata={"symbol": symbol})


@dataclass(frozen=True, slots=True)
class Listing:
    """One instrument: its number here and what one tick and one lot of it are."""

    index: int
    symbol: Symbol
    price: Increment
    quantity: Increment


class Listings:
    """All instruments by symbol and by number. Numbers count from 0 and last as long as the process."""

    def __init__(self) -> None:
        self._by_symbol: dict[str, Listing] = {}
        self._by_index: list[Listing] = []

    def learn(self, symbol: str, price_increment: str, quantity_increment: str) -> Listing:
        """Adds an instrument, or returns the one that is known: increments are fixed for life."""
        known = self._by_symbol.get(symbol)
        if known is not None:
            return known
        price = Increment.parse(price_increment, "price_increment")
        quantity = Increment.parse(quantity_increment, "quantity_increment")
        listing = Listing(len(self._by_index), Symbol(symbol), price, quantity)
        self._by_symbol[symbol] = listing
        self._by_index.append(listing)
        return listing

    def find(self, symbol: str) -> Listing:
        """Returns an instrument by its symbol. Fails with UnknownInstrument."""
        listing = self._by_symbol.get(symbol)
        if listing is None:
            raise UnknownInstrument(symbol)
        return listing

    def at(self, index: int) -> Listing:
        """Returns an instrument by its number."""
        return self._by_index[index]

    def select(self, symbols: list[str]) -> list[Listing]:
        """Returns the instruments of these symbols, or all, sorted. Fails with UnknownInstrument."""
        chosen = {self.find(symbol) for symbol in symbols} if symbols else self._by_index
        return sorted(chosen, key=lambda listing: listing.symbol)

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._by_symbol

    def __len__(self) -> int:
        return len(self._by_index)
