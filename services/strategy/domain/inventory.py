"""What each strategy holds, counted from its own executions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from .instruments import Instrument

Holding = tuple[str, str]
"""A strategy and a symbol."""


@dataclass(slots=True)
class Inventory:
    """Quantities by strategy and symbol, and which of them changed since they were stored."""

    quantities: dict[Holding, Decimal] = field(default_factory=dict)
    changed: set[Holding] = field(default_factory=set)

    def add(self, strategy_id: str, symbol: str, quantity: Decimal) -> None:
        """Counts a trade: bought is more than zero."""
        holding = (strategy_id, symbol)
        self.quantities[holding] = self.quantities.get(holding, Decimal(0)) + quantity
        self.changed.add(holding)

    def lots(self, strategy_id: str, instrument: Instrument) -> int:
        """Returns what a strategy holds of an instrument, in lots."""
        quantity = self.quantities.get((strategy_id, instrument.symbol))
        return instrument.quantity_increment.floor_units(quantity) if quantity else 0

    def forget(self, strategy_ids: frozenset[str]) -> None:
        """Sets to zero what some strategies hold: their executions have to be counted again."""
        for holding in self.quantities:
            if holding[0] in strategy_ids:
                self.quantities[holding] = Decimal(0)
                self.changed.add(holding)

    def take_changed(self) -> Mapping[Holding, Decimal]:
        """Returns what changed since the last call."""
        taken = {holding: self.quantities[holding] for holding in self.changed}
        self.changed.clear()
        return taken
