"""The taker: aggressive orders that arrive at random, some larger, most small."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from .actions import Side, Submit
from .instruments import Instrument, basis_points, two_digits
from .parameters import Parameter, Values
from .profiles import Profile

SIZE_MAX = 5  # times the mean size
LEAN = 0.35  # how far a full inventory moves the chance to buy from one half
ARRIVALS_MAX = 20  # a step and instrument

INTERVAL_MS = Parameter(
    "interval_ms",
    "Time between two steps, milliseconds.",
    Decimal(100),
    Decimal(60_000),
    Decimal(1_000),
    True,
)


def parameters(profile: Profile) -> tuple[Parameter, ...]:
    """Returns the parameters of a taker, with the defaults of an asset type."""
    return (
        INTERVAL_MS,
        Parameter(
            "arrivals_per_minute",
            "Orders a minute and instrument, on average.",
            Decimal(0), Decimal(1_000), profile.arrivals_per_minute,
        ),
        Parameter(
            "take_notional",
            "Mean value of an order, currency of the instrument (forex: base); at most five times that.",
            Decimal(1), Decimal(100_000_000), profile.take_notional,
        ),
        Parameter(
            "reach_bps",
            "How far from the fair value an order may trade, basis points; five ticks or more.",
            Decimal(0), Decimal(1_000), profile.spread_bps + profile.level_gap_bps * 10,
        ),
        Parameter(
            "inventory_notional_max",
            "Position at which it leans most to the other side, currency of the instrument (forex: base).",
            Decimal(1), Decimal(1_000_000_000), profile.quote_notional * 40,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """All that a taker knows about one instrument when it decides."""

    instrument: Instrument
    fair_ticks: int
    inventory_lots: int
    sides_paused: frozenset[Side] = frozenset()


def decide(view: View, values: Values, random: Random) -> list[Submit]:
    """Returns the orders that arrive in this step: limit orders that trade at once or go."""
    orders = [_order(view, values, random) for _ in range(_arrivals(values, random))]
    return [order for order in orders if order.side not in view.sides_paused]


def _arrivals(values: Values, random: Random) -> int:
    expected = float(values["arrivals_per_minute"] * values["interval_ms"] / 60_000)
    whole = int(expected)
    return min(ARRIVALS_MAX, whole + (random.random() < expected - whole))


def _order(view: View, values: Values, random: Random) -> Submit:
    instrument, fair = view.instrument, view.fair_ticks
    reach = max(5, basis_points(fair, values["reach_bps"]))
    buys = random.random() < 0.5 - LEAN * _fullness(view, values)
    price = fair + reach if buys else max(1, fair - reach)
    lots = max(instrument.lots_minimum(price), _lots(view, values, random))
    return Submit(instrument.symbol, Side.BUY if buys else Side.SELL, price, lots, rests=False)


def _lots(view: View, values: Values, random: Random) -> int:
    mean = view.instrument.lots_worth(values["take_notional"])
    return max(1, two_digits(min(mean * SIZE_MAX, round(mean * random.expovariate(1.0)))))


def _fullness(view: View, values: Values) -> float:
    most = view.instrument.lots_worth(values["inventory_notional_max"])
    return max(-1.0, min(1.0, view.inventory_lots / most))
