"""A market for tests of auctions and phases, commands by name; and what its auctions should give, slowly."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from tests.native.commands import Event, as_events
from tickmesh.native.engine import (
    NONE,
    CommandType,
    Engine,
    EngineConfig,
    EventType,
    Feed,
    OrderType,
    Phase,
    Side,
    TimeInForce,
)

FIRM, ALPHA, BETA, GAMMA = range(4)  # three strategies under one firm
REFERENCE_PRICE = 100
UNIT_VALUE = 1_000_000_000  # a tick times a lot is worth one unit: 1,000,000 micro-units
CONFIG = EngineConfig(
    orders=200, instruments=4, pages=64, nodes=8, positions=40, client_keys=400, extras=200, feeds=Feed(0)
)


class Hall:
    """An engine with its stage set, in PRE_OPEN."""

    def __init__(self, config: EngineConfig = CONFIG) -> None:
        self.engine = Engine(config)
        self.keys = count(1)
        self.list_instrument(0)
        for node, parent in ((FIRM, NONE), (ALPHA, FIRM), (BETA, FIRM), (GAMMA, FIRM)):
            self.run(CommandType.ADD_NODE, node=node, target=parent)
        self.phase(Phase.PRE_OPEN)

    def run(self, command_type: CommandType, **fields: int) -> list[Event]:
        """Runs one command under the next sequence, and returns its events."""
        return as_events(self.engine.submit(command_type, **fields))

    def list_instrument(self, instrument: int) -> list[Event]:
        listing = {"price": REFERENCE_PRICE, "quantity": UNIT_VALUE}
        return self.run(CommandType.LIST_INSTRUMENT, instrument=instrument, **listing)

    def phase(self, phase: Phase, instrument: int = 0) -> list[Event]:
        return self.run(CommandType.SET_PHASE, kind=phase, instrument=instrument)

    def order(self, side: int, quantity: int, price: int, **fields: int) -> int:
        """Enters a LIMIT order of ALPHA, or a MARKET order at price 0, and returns its id. It is accepted."""
        kind = OrderType.LIMIT if price else OrderType.MARKET
        plain: dict[str, int] = {"node": ALPHA, "kind": kind, "time_in_force": TimeInForce.GTC}
        plain |= {"client_key": next(self.keys), "side": side, "quantity": quantity, "price": price}
        events = self.run(CommandType.NEW_ORDER, **(plain | fields))
        assert all(event.type != EventType.ORDER_REJECTED for event in events), events
        return self.engine.status().command_sequence

    def buy(self, quantity: int, price: int = 0, **fields: int) -> int:
        return self.order(Side.BUY, quantity, price, **fields)

    def sell(self, quantity: int, price: int = 0, **fields: int) -> int:
        return self.order(Side.SELL, quantity, price, **fields)

    def iceberg(self, side: int, quantity: int, price: int, display: int) -> int:
        self.run(CommandType.ORDER_TERMS, price=display)
        return self.order(side, quantity, price)

    def hold(self, lots: int) -> None:
        """Gives ALPHA a position of so many lots, against GAMMA; the phase is PRE_OPEN before and after."""
        self.phase(Phase.CONTINUOUS)
        side, other = (Side.BUY, Side.SELL) if lots > 0 else (Side.SELL, Side.BUY)
        self.order(other, abs(lots), REFERENCE_PRICE, node=GAMMA)
        self.order(side, abs(lots), REFERENCE_PRICE)
        self.phase(Phase.PRE_OPEN)

    def indicated(self) -> tuple[int, int, int]:
        """Price, volume and imbalance of an auction that were held now."""
        view = self.engine.instrument(0)
        return view.auction_price, view.auction_quantity, view.auction_imbalance

    def auction(self, leave_for: Phase = Phase.CONTINUOUS) -> list[Event]:
        """Holds an opening auction with what is there, and returns the events of its end."""
        self.phase(Phase.OPENING_AUCTION)
        return self.phase(leave_for)


def of_type(events: Iterable[Event], *types: EventType) -> list[Event]:
    return [event for event in events if event.type in types]


def types(events: Iterable[Event]) -> list[str]:
    """The names of the events' types."""
    return [EventType(event.type).name for event in events]


def trades(events: Iterable[Event]) -> list[tuple[int, int, int]]:
    """Buyer, seller and lots of each trade."""
    sides = of_type(events, EventType.TRADE)
    return [(buy.order, sell.order, buy.quantity) for buy, sell in zip(sides[::2], sides[1::2], strict=True)]


@dataclass(slots=True)
class Plain:
    """An order as the slow auction sees it; price 0 is MARKET, display 0 is no iceberg."""

    id: int
    side: Side
    price: int
    leaves: int
    display: int = 0

    def accepts(self, price: int) -> bool:
        if self.price == 0:
            return True
        return self.price >= price if self.side == Side.BUY else self.price <= price

    def rank(self) -> tuple[bool, int, int]:
        """Orders sort by this as they trade."""
        return self.price != 0, -self.price if self.side == Side.BUY else self.price, self.id

    def shown(self) -> int:
        return min(self.display, self.leaves) if self.display else self.leaves


class Outcome(NamedTuple):
    price: int
    volume: int
    imbalance: int


def tried(orders: Iterable[Plain], price: int) -> Outcome:
    """What would trade at a price."""
    lots = {side: sum(o.leaves for o in orders if o.side == side and o.accepts(price)) for side in Side}
    demand, supply = lots[Side.BUY], lots[Side.SELL]
    return Outcome(price, min(demand, supply), demand - supply)


def best_of_all_ticks(orders: list[Plain], reference: int, ticks: Iterable[int]) -> Outcome:
    """Tries every tick, and takes the best as the rules rank them."""

    def rank(outcome: Outcome) -> tuple[int, int, int, int]:
        distance = abs(outcome.price - reference)
        return -outcome.volume, abs(outcome.imbalance), distance, outcome.price

    best = min((tried(orders, tick) for tick in ticks), key=rank)
    return best if best.volume else Outcome(0, 0, 0)


def pair_off(orders: list[Plain], price: int) -> list[tuple[int, int, int]]:
    """Trades at one price, first with first, and takes what has traded off the orders. Returns the trades."""
    queues = {side: [o for o in orders if o.side == side and o.accepts(price)] for side in Side}
    buys = sorted(queues[Side.BUY], key=Plain.rank)
    sells = sorted(queues[Side.SELL], key=Plain.rank)
    done = []
    while buys and sells:
        lots = min(buys[0].leaves, sells[0].leaves)
        done.append((buys[0].id, sells[0].id, lots))
        for queue in (buys, sells):
            queue[0].leaves -= lots
            if queue[0].leaves == 0:
                queue.pop(0)
    return done
