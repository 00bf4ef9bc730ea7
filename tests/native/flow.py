"""Random command flow that keeps meeting itself: few instruments, near prices, small limits, recent ids."""

from collections import deque
from collections.abc import Iterable
from random import Random

from tests.native.commands import Command
from tickmesh.native.engine import (
    NONE,
    NUMBER_MAX,
    CommandType,
    LimitType,
    OrderFlag,
    OrderType,
    Side,
    TimeInForce,
    TradingState,
)

NODES = (NONE, 0, 0, 1, 1, 2, 3, 5)  # each node's parent
INSTRUMENTS = 3
LIMIT_MAX = {
    LimitType.ORDER_QUANTITY: 60,
    LimitType.ORDER_NOTIONAL: 60_000,
    LimitType.PRICE_COLLAR: 2_000,
    LimitType.ORDER_RATE: 15,
    LimitType.POSITION: 400,
    LimitType.GROSS_EXPOSURE: 3_000_000,
}
WEIGHTS = {
    CommandType.NEW_ORDER: 100,
    CommandType.CANCEL_ORDER: 35,
    CommandType.REPLACE_ORDER: 25,
    CommandType.SET_LIMIT: 4,
    CommandType.SET_TRADING_STATE: 2,
    CommandType.SET_UNIT_VALUE: 1,
    CommandType.MASS_CANCEL: 0.3,
    CommandType.END_OF_DAY: 0.2,
    CommandType.LIST_INSTRUMENT: 0.2,
    CommandType.ADD_NODE: 0.2,
}


class Flow:
    """Makes commands from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.sequence = 0
        self.time_ns = 1_700_000_000 * 10**9
        self.recent: deque[int] = deque([1], maxlen=60)
        self.keys: deque[int] = deque([1], maxlen=20)
        self.limited: deque[tuple[int, int, int]] = deque()  # type, node, instrument
        self.stopped: tuple[int, int] | None = None  # node, instrument
        self.makers = {
            CommandType.NEW_ORDER: self.new_order,
            CommandType.CANCEL_ORDER: self.cancel,
            CommandType.REPLACE_ORDER: self.replace,
            CommandType.SET_LIMIT: self.set_limit,
            CommandType.SET_TRADING_STATE: self.set_trading_state,
            CommandType.SET_UNIT_VALUE: self.set_unit_value,
            CommandType.MASS_CANCEL: self.mass_cancel,
            CommandType.END_OF_DAY: self.end_of_day,
            CommandType.LIST_INSTRUMENT: self.list_instrument,
            CommandType.ADD_NODE: self.add_node,
        }

    def stage(self) -> list[Command]:
        """Returns the commands that list the instruments and build the tree."""
        listing = {"type": CommandType.LIST_INSTRUMENT, "price": 100, "quantity": 10_000}
        commands = [self.command(instrument=index, **listing) for index in range(INSTRUMENTS)]
        for node, parent in enumerate(NODES):
            commands.append(self.command(type=CommandType.ADD_NODE, node=node, target=parent))
        return commands

    def commands(self, count: int) -> list[Command]:
        """Returns the next commands, now and then one that does not make sense."""
        types = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
        return [self.makers[command_type]() for command_type in types]

    def aim_at(self, ids: Iterable[int]) -> None:
        """Makes later cancels and replaces hit live orders more often."""
        self.recent.extend(ids)

    def command(self, **fields: int) -> Command:
        self.sequence += self.random.choice((1, 1, 1, 3))
        self.time_ns += self.random.choice((0, 1_000, 20_000_000, 90_000_000, -5))
        if self.rarely():
            return Command(self.sequence - self.random.randrange(5), self.time_ns, **fields)
        return Command(self.sequence, self.time_ns, **fields)

    def rarely(self) -> bool:
        return self.random.random() < 0.005

    def instrument(self) -> int:
        return INSTRUMENTS + 3 if self.rarely() else self.random.randrange(INSTRUMENTS)

    def node(self) -> int:
        return self.random.choice((len(NODES), NONE)) if self.rarely() else self.random.randrange(len(NODES))

    def lots(self) -> int:
        if self.rarely():
            return self.random.choice((0, -1, NUMBER_MAX, NUMBER_MAX + 1, 2**63 - 1, -(2**63)))
        return self.random.randint(1, 50)

    def price(self) -> int:
        if self.rarely():
            return self.random.choice((0, -1, 1, NUMBER_MAX, NUMBER_MAX + 1, 2**63 - 1, -(2**63)))
        return self.random.randint(92, 108)

    def new_order(self) -> Command:
        kind = self.random.choice((OrderType.LIMIT,) * 9 + (OrderType.MARKET,))
        tif = self.random.choice((*TimeInForce, TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTC))
        flags = OrderFlag.NONE
        if kind == OrderType.LIMIT and tif <= TimeInForce.GTC and self.random.random() < 0.1:
            flags = OrderFlag.POST_ONLY
        key = self.random.choice(self.keys) if self.rarely() else self.random.getrandbits(63) + 1
        command = self.command(
            type=CommandType.NEW_ORDER,
            client_key=0 if self.rarely() else key,
            price=self.price() if kind == OrderType.LIMIT or self.rarely() else 0,
            quantity=self.lots(),
            instrument=self.instrument(),
            node=self.node(),
            side=3 if self.rarely() else self.random.choice(list(Side)),
            kind=9 if self.rarely() else kind,
            time_in_force=2 if self.rarely() else tif,
            flags=1 if self.rarely() else flags,
        )
        self.recent.append(command.sequence)
        self.keys.append(key)
        return command

    def target(self) -> int:
        return 0 if self.rarely() else self.random.choice(self.recent)

    def owner(self) -> int:
        return self.node() if self.random.random() < 0.2 else 0

    def cancel(self) -> Command:
        return self.command(type=CommandType.CANCEL_ORDER, target=self.target(), node=self.owner())

    def replace(self) -> Command:
        return self.command(
            type=CommandType.REPLACE_ORDER,
            target=self.target(),
            node=self.owner(),
            price=self.random.choice((0, self.price())),
            quantity=self.random.choice((0, self.lots())),
        )

    def set_limit(self) -> Command:
        """Sets a limit, or removes the oldest: a few stand at a time, so that most orders pass."""
        if len(self.limited) > self.random.randrange(14):
            kind, node, instrument = self.limited.popleft()
            place = {"kind": kind, "node": node, "instrument": instrument}
            return self.command(type=CommandType.SET_LIMIT, quantity=-1, **place)
        kind = self.random.choice(list(LimitType))
        node_only = kind in (LimitType.ORDER_RATE, LimitType.GROSS_EXPOSURE)
        instrument = NONE if node_only else self.instrument()
        if kind == LimitType.ORDER_NOTIONAL and self.random.random() < 0.5:
            instrument = NONE
        value = self.random.randint(0, LIMIT_MAX[kind])
        node = self.node()
        self.limited.append((kind, node, instrument))
        return self.command(
            type=CommandType.SET_LIMIT,
            kind=7 if self.rarely() else kind,
            node=node,
            instrument=self.instrument() if self.rarely() else instrument,
            quantity=2**63 - 1 if self.rarely() else value,
        )

    def set_trading_state(self) -> Command:
        """Stops somebody, or lets the one go on that was stopped last."""
        state = TradingState.ACTIVE
        node, instrument = self.stopped or (self.node(), self.random.choice((NONE, self.instrument())))
        if self.stopped is None:
            state = self.random.choice((TradingState.REDUCING, TradingState.REDUCING, TradingState.HALTED))
        self.stopped = (node, instrument) if self.stopped is None else None
        place = {"node": node, "instrument": instrument}
        return self.command(type=CommandType.SET_TRADING_STATE, kind=3 if self.rarely() else state, **place)

    def set_unit_value(self) -> Command:
        value = NUMBER_MAX if self.rarely() else self.random.randint(5_000, 20_000)
        return self.command(type=CommandType.SET_UNIT_VALUE, instrument=self.instrument(), quantity=value)

    def mass_cancel(self) -> Command:
        return self.command(
            type=CommandType.MASS_CANCEL,
            node=self.node(),
            instrument=self.random.choice((NONE, self.instrument())),
            side=self.random.choice((0, 0, 1, 2, 3)),
        )

    def end_of_day(self) -> Command:
        instrument = self.random.choice((NONE, self.instrument()))
        return self.command(type=CommandType.END_OF_DAY, instrument=instrument)

    def list_instrument(self) -> Command:
        index = self.random.randrange(INSTRUMENTS + 2)
        return self.command(
            type=CommandType.LIST_INSTRUMENT, instrument=index, price=self.price(), quantity=self.lots()
        )

    def add_node(self) -> Command:
        index = self.random.randrange(len(NODES) + 2)
        return self.command(type=CommandType.ADD_NODE, node=index, target=self.random.choice((0, 2, NONE)))
