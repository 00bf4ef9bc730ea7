"""What a strategy does in one step: a pure function of seed, step, inventory, live orders and instrument."""

from collections.abc import Sequence
from dataclasses import dataclass

from . import market_maker, taker
from .actions import Action, LiveOrder, Side
from .catalog import Kind, Program
from .fair_value import Market
from .instruments import Instrument
from .parameters import Values
from .randomness import RandomSource


@dataclass(frozen=True, slots=True)
class Situation:
    """What a strategy has in one instrument."""

    instrument: Instrument
    inventory_lots: int
    orders: Sequence[LiveOrder] = ()
    sides_paused: frozenset[Side] = frozenset()


class Mind:
    """Decides for one strategy."""

    def __init__(self, program: Program, market: Market, source: RandomSource) -> None:
        self._program = program
        self._market = market
        self._source = source

    def decide(self, situation: Situation, step: int, values: Values) -> Sequence[Action]:
        """Returns what to do about one instrument at a step of the market."""
        instrument = situation.instrument
        fair_ticks = self._market.fair_ticks(instrument, step)
        random = self._source(f"{self._program.strategy_id}/{instrument.symbol}/{step}")
        lots, paused = situation.inventory_lots, situation.sides_paused
        if self._program.kind is Kind.TAKER:
            return taker.decide(taker.View(instrument, fair_ticks, lots, paused), values, random)
        view = market_maker.View(instrument, fair_ticks, lots, situation.orders, paused)
        return market_maker.decide(view, values, random)
