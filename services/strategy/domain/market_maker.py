"""The market maker: some levels of bids and asks around the fair value, leaned against its inventory.

Levels stand on a grid of round prices, so that a small move of the fair value moves one order a side
from the far end to the near one and leaves the others, with their place in the queue, alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from .actions import Action, Cancel, LiveOrder, Replace, Side, Submit, on_side
from .instruments import Instrument, basis_points, round_number, two_digits
from .parameters import Parameter, Values
from .profiles import Profile

INTERVAL_MS = Parameter(
    "interval_ms", "Time between two steps, milliseconds.", Decimal(100), Decimal(60_000), Decimal(500), True
)


def parameters(profile: Profile) -> tuple[Parameter, ...]:
    """Returns the parameters of a maker, with the defaults of an asset type."""
    return (
        INTERVAL_MS,
        Parameter("levels", "Price levels a side.", Decimal(1), Decimal(20), Decimal(6), True),
        Parameter(
            "spread_bps",
            "Least distance between best bid and best ask, basis points; two ticks or more.",
            Decimal(0), Decimal(1_000), profile.spread_bps,
        ),
        Parameter(
            "level_gap_bps",
            "Distance between two levels, basis points; made a round number of ticks.",
            Decimal(0), Decimal(1_000), profile.level_gap_bps,
        ),
        Parameter(
            "quote_notional",
            "Value of the order at the best price, currency of the instrument (forex: base currency).",
            Decimal(1), Decimal(100_000_000), profile.quote_notional,
        ),
        Parameter(
            "inventory_notional_max",
            "Position at which it stops to add, currency of the instrument (forex: base currency).",
            Decimal(1), Decimal(1_000_000_000), profile.quote_notional * 40,
        ),
        Parameter(
            "skew_bps",
            "How far a full inventory moves the quotes against itself, basis points.",
            Decimal(0), Decimal(1_000), profile.level_gap_bps * 8,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """All that a maker knows about one instrument when it decides."""

    instrument: Instrument
    fair_ticks: int
    inventory_lots: int
    orders: Sequence[LiveOrder]
    sides_paused: frozenset[Side] = frozenset()  # sides whose orders are refused at present: cancels only


def decide(view: View, values: Values, random: Random) -> list[Action]:
    """Returns the fewest actions that bring the live orders to the quotes wanted, cancels first.

    However many of them are refused, a bid of the result never meets an ask of it: what a new quote
    would meet is cancelled rather than replaced.
    """
    bids, asks = targets(view, values)
    actions: list[Action] = []
    for side, wanted, opposite in ((Side.BUY, bids, asks), (Side.SELL, asks, bids)):
        actions += _to_target(view, side, wanted, _meets(side, opposite), values, random)
    return sorted(actions, key=lambda action: not isinstance(action, Cancel))


def targets(view: View, values: Values) -> tuple[list[int], list[int]]:
    """Returns the prices wanted, in ticks, best first: bids and asks."""
    reference, levels = view.instrument.reference_ticks, int(values["levels"])
    gap = round_number(basis_points(reference, values["level_gap_bps"]))
    half = max(1, basis_points(reference, values["spread_bps"] / 2))
    fullness = _fullness(view, values)
    center = view.fair_ticks - basis_points(reference, values["skew_bps"] * fullness)
    best_bid = (center - half) // gap * gap
    best_ask = -(-(center + half) // gap) * gap
    bids = [best_bid - level * gap for level in range(levels)] if fullness < 1 else []
    asks = [best_ask + level * gap for level in range(levels)] if fullness > -1 else []
    return [price for price in bids if price >= 1], [price for price in asks if price >= 1]


def _fullness(view: View, values: Values) -> Decimal:
    """Returns the inventory as a part of the most that is wanted, -1 to 1."""
    most = view.instrument.lots_worth(values["inventory_notional_max"])
    return max(Decimal(-1), min(Decimal(1), Decimal(view.inventory_lots) / most))


def _meets(side: Side, opposite: Sequence[int]) -> int | None:
    """Returns the price from which an order of a side would trade with the best opposite quote wanted."""
    return opposite[0] if opposite else None


def _to_target(
    view: View, side: Side, wanted: Sequence[int], meets: int | None, values: Values, random: Random
) -> Iterable[Action]:
    orders = on_side(view.orders, side)
    missing = dict.fromkeys(wanted)
    spare: list[LiveOrder] = []
    actions: list[Action] = []
    for order in orders:
        if order.price_ticks in missing and not _is_worn(view, order, values):
            del missing[order.price_ticks]
        elif side in view.sides_paused or _is_met(order, meets):
            actions.append(Cancel(order))
        else:
            spare.append(order)
    if side not in view.sides_paused:
        actions += _fill(view, side, wanted, list(missing), spare, values, random)
    return actions


def _is_met(order: LiveOrder, meets: int | None) -> bool:
    if meets is None:
        return False
    return order.price_ticks >= meets if order.side is Side.BUY else order.price_ticks <= meets


def _is_worn(view: View, order: LiveOrder, values: Values) -> bool:
    """Says whether so much of an order has traded that a fresh one serves better."""
    return order.open_lots * 4 < _plain_lots(view, 0, values)


def _plain_lots(view: View, level: int, values: Values) -> int:
    """Returns the mean size of a level: the farther from the fair value, the larger."""
    return view.instrument.lots_worth(values["quote_notional"] * (4 + level) / 4)


def _fill(
    view: View, side: Side, wanted: Sequence[int], missing: Sequence[int], spare: list[LiveOrder],
    values: Values, random: Random,
) -> Iterable[Action]:  # fmt: skip
    """Moves spare orders to missing prices, the farthest first, then adds or cancels what is left."""
    for price in missing:
        plain = _plain_lots(view, wanted.index(price), values)
        lots = max(view.instrument.lots_minimum(price), two_digits(round(plain * random.uniform(0.6, 1.4))))
        if spare:
            order = spare.pop()
            yield Replace(order, price, order.filled_lots + lots)
        else:
            yield Submit(view.instrument.symbol, side, price, lots, rests=True)
    yield from (Cancel(order) for order in spare)
