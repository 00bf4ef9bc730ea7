"""Says which orders reproduce a recording: pure, decided before anything is sent.

The recorded flow names the resting order of each trade. Here the trade is made again: an order from the
other side, at that price, of that size, that is cancelled where it does not trade. Orders that rested
before the recording began are known only as the sum of their level, so each level of the first book
becomes one order, and whatever a message does to an order from before is done to that one.

Once in a while the recorded exchange passed over an older order at the same price, as when an owner
would have traded with itself. A book matched by price and time cannot do that, so the older orders step
back: they are cancelled, the trade is made, and what was left of them is placed again behind it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import takewhile
from typing import NamedTuple

from .lobster import Kind, Level, Message


class Do(Enum):
    """What an action asks of the platform."""

    PLACE = "place"  # a limit order that rests until it is cancelled
    REDUCE = "reduce"  # a resting order, to a smaller total quantity
    CANCEL = "cancel"  # a resting order
    HIT = "hit"  # an order from the other side that takes what it finds at once


class Action(NamedTuple):
    """One thing to send."""

    do: Do
    row: int  # of the message that it comes from
    name: str  # of the order that rests; for a hit, of the one that must be hit
    is_buy: bool  # the side of the order that rests or, for a hit, of the one that comes
    quantity: int  # the new total quantity for REDUCE, 0 for CANCEL
    price: int


@dataclass(slots=True)
class Counts:
    """Where the recording could not be taken literally."""

    hidden: int = 0  # executions of hidden orders: they leave the book as it is
    halts: int = 0  # halts and crosses: the book stays as it is
    from_before: int = 0  # messages about an order from before the start
    unknown: int = 0  # of these, the ones without a level to apply them to: ignored
    oversized: int = 0  # took more from an order than it had: taken to its end
    out_of_turn: int = 0  # executions for which older orders stepped back


@dataclass(frozen=True, slots=True)
class Plan:
    """All actions in order, those of the first book first."""

    actions: list[Action]
    rows: int
    counts: Counts


@dataclass(slots=True, eq=False)
class _Resting:
    base: str
    is_buy: bool
    price: int
    total: int
    left: int
    placed: int = 1  # how many times it was placed

    @property
    def name(self) -> str:
        return self.base if self.placed == 1 else f"{self.base}.{self.placed}"


_Queue = dict[_Resting, None]  # the orders of one level in order of time


@dataclass(slots=True)
class _Planner:
    actions: list[Action] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    orders: dict[int, _Resting] = field(default_factory=dict)
    seeds: dict[tuple[bool, int], _Resting] = field(default_factory=dict)
    queues: dict[tuple[bool, int], _Queue] = field(default_factory=dict)

    def seed(self, levels: Iterable[Level]) -> None:
        for level in levels:
            is_buy = level.direction > 0
            name = f"seed-{'b' if is_buy else 's'}-{level.price}"
            order = _Resting(name, is_buy, level.price, level.size, level.size)
            self.seeds[is_buy, level.price] = order
            self._place(0, order)

    def take(self, row: int, message: Message) -> None:
        if message.kind == Kind.SUBMIT:
            is_buy = message.direction > 0
            order = _Resting(str(message.order_id), is_buy, message.price, message.size, message.size)
            self.orders[message.order_id] = order
            self._place(row, order)
        elif message.kind == Kind.EXECUTE_HIDDEN:
            self.counts.hidden += 1
        elif message.kind in (Kind.HALT, Kind.CROSS):
            self.counts.halts += 1
        else:
            self._change(row, message)

    def _change(self, row: int, message: Message) -> None:
        """Takes something away from a resting order."""
        order = self._find(message)
        if order is None:
            self.counts.unknown += 1
            return
        self.counts.oversized += message.size > order.left
        is_all = message.kind == Kind.DELETE and message.order_id in self.orders
        size = order.left if is_all else min(message.size, order.left)
        if message.kind == Kind.EXECUTE:
            self._hit(row, order, size)
        elif size < order.left:
            self._reduce(row, order, size)
        else:
            self._cancel(row, order)
        order.left -= size
        if not order.left:
            self._forget(message, order)

    def _find(self, message: Message) -> _Resting | None:
        order = self.orders.get(message.order_id)
        if order is None:
            self.counts.from_before += 1
            order = self.seeds.get((message.direction > 0, message.price))
        return order

    def _forget(self, message: Message, order: _Resting) -> None:
        self._queue(order).pop(order, None)
        if self.orders.pop(message.order_id, None) is None:
            del self.seeds[order.is_buy, order.price]

    def _queue(self, order: _Resting) -> _Queue:
        return self.queues.setdefault((order.is_buy, order.price), {})

    def _place(self, row: int, order: _Resting) -> None:
        self._queue(order)[order] = None
        self.actions.append(Action(Do.PLACE, row, order.name, order.is_buy, order.total, order.price))

    def _reduce(self, row: int, order: _Resting, size: int) -> None:
        order.total -= size
        self.actions.append(Action(Do.REDUCE, row, order.name, order.is_buy, order.total, order.price))

    def _cancel(self, row: int, order: _Resting) -> None:
        del self._queue(order)[order]
        self.actions.append(Action(Do.CANCEL, row, order.name, order.is_buy, 0, order.price))

    def _hit(self, row: int, order: _Resting, size: int) -> None:
        ahead = list(takewhile(lambda other: other is not order, self._queue(order)))
        self.counts.out_of_turn += bool(ahead)
        for older in ahead:
            self._cancel(row, older)
        self.actions.append(Action(Do.HIT, row, order.name, not order.is_buy, size, order.price))
        for older in ahead:
            older.placed += 1
            older.total = older.left
            self._place(row, older)


def make_plan(messages: Sequence[Message], seed: Sequence[Level] = ()) -> Plan:
    """Returns the actions that reproduce a recording. A seed is the book after the first message."""
    planner = _Planner()
    planner.seed(seed)
    start = 1 if seed else 0
    for row, message in enumerate(messages[start:], start):
        planner.take(row, message)
    return Plan(planner.actions, len(messages), planner.counts)


def price_step(actions: Iterable[Action]) -> int:
    """Returns the price step of an instrument that the actions fit: a hundredth where it will do."""
    return 100 if all(action.price % 100 == 0 for action in actions) else 1
