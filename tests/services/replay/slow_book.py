"""A slow, obvious book: price levels of orders in time, matched by price, then time."""

from collections import Counter
from dataclasses import dataclass, field

from tickmesh.services.replay.lobster import State
from tickmesh.services.replay.plan import Action, Do


@dataclass
class Resting:
    name: str
    is_buy: bool
    price: int
    total: int
    left: int


@dataclass
class SlowBook:
    resting: dict[str, Resting] = field(default_factory=dict)  # in order of time
    hits: Counter[str] = field(default_factory=Counter)
    wrong: list[Action] = field(default_factory=list)  # hits that met another order, or a place that traded

    def apply(self, action: Action) -> None:
        if action.do is Do.PLACE:
            self._place(action)
        elif action.do is Do.HIT:
            self._hit(action)
        elif action.do is Do.CANCEL:
            del self.resting[action.name]
        else:
            order = self.resting[action.name]
            order.left -= order.total - action.quantity
            order.total = action.quantity

    def _place(self, action: Action) -> None:
        left = self._match(action)
        if left != action.quantity:
            self.wrong.append(action)
        if left:
            self.resting[action.name] = Resting(
                action.name, action.is_buy, action.price, action.quantity, left
            )

    def _hit(self, action: Action) -> None:
        before = Counter(self.hits)
        self._match(action)
        if self.hits - before != Counter({action.name: action.quantity}):
            self.wrong.append(action)

    def _match(self, action: Action) -> int:
        left = action.quantity
        for order in self._opposite(action):
            traded = min(left, order.left)
            left -= traded
            order.left -= traded
            self.hits[order.name] += traded
            if not order.left:
                del self.resting[order.name]
            if not left:
                break
        return left

    def _opposite(self, action: Action) -> list[Resting]:
        sign = 1 if action.is_buy else -1
        orders = [order for order in self.resting.values() if order.is_buy != action.is_buy]
        reachable = [order for order in orders if order.price * sign <= action.price * sign]
        return sorted(reachable, key=lambda order: order.price * sign)  # stable: time decides last

    def best(self) -> State:
        asks = [order for order in self.resting.values() if not order.is_buy]
        bids = [order for order in self.resting.values() if order.is_buy]
        ask = min((order.price for order in asks), default=0)
        bid = max((order.price for order in bids), default=0)
        return State(
            ask, sum(o.left for o in asks if o.price == ask), bid, sum(o.left for o in bids if o.price == bid)
        )
