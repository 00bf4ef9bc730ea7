"""The life of one order, told in short steps.

    new 10 [DAY | IOC | FOK | STOP | POST_ONLY ...]   the owner enters it at 1,000 (STOP: one tick beyond)
    again 10                the owner enters another one under the same client key
    resend                  the command that entered it comes a second time
    cancel [beta | unknown]                  by the owner, by a stranger, or of an id that never was
    replace [beta | unknown] [8] [better | worse]    new total quantity, price one tick nearer or farther
    fill 3                  a stranger's MARKET order trades with it
    offer 3                 a stranger's order rests opposite, one tick beyond it
    move                    two strangers trade one tick beyond it
    own 3                   the owner crosses it himself: self-trade prevention DECREMENT
    limit 12                the owner's position limit
    mass-cancel, end-of-day, disconnect, halt, open, wait

Steps that are joined by ";" cross on their way: they come in one batch, in that order.
"""

from itertools import count

from tests.native.commands import Command, Event, as_events
from tests.native.market import ALPHA, BETA, DESK, REFERENCE_PRICE, Market
from tests.native.order_reports import Blotter
from tickmesh.native.engine import (
    NONE,
    CommandType,
    LimitType,
    OrderFlag,
    OrderType,
    Phase,
    SelfTrade,
    Side,
    TimeInForce,
)

UNKNOWN = 999_999
KEY = 77
EXPIRY_NS = 1_000
OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
CONTROLS: dict[str, dict[str, int]] = {
    "mass-cancel": {"type": CommandType.MASS_CANCEL, "node": DESK, "instrument": NONE},
    "disconnect": {"type": CommandType.DISCONNECT, "node": ALPHA, "instrument": NONE},
    "end-of-day": {"type": CommandType.END_OF_DAY, "instrument": NONE},
    "halt": {"type": CommandType.SET_PHASE, "kind": Phase.HALT},
    "open": {"type": CommandType.SET_PHASE, "kind": Phase.CONTINUOUS},
    "wait": {"type": CommandType.ADVANCE_TIME, "time_ns": EXPIRY_NS},
}


class Story:
    """A market in which ALPHA has one order, and what ALPHA hears."""

    def __init__(self, side: Side = Side.BUY) -> None:
        self.side = side
        self.market = Market()
        self.blotter = Blotter()
        self.keys = count(1_000_000)
        self.entered = Command(0, 0)
        self.events: list[Event] = []

    def tell(self, line: str) -> list[str]:
        """Runs the steps of a line as one batch. Returns the reports that the owner hears."""
        commands = [command for step in line.split(";") for command in self._commands(step.split())]
        self.events = as_events(self.market.engine.process(b"".join(map(Command.pack, commands))))
        reports = self.blotter.take(self.events)
        self._check()
        return reports

    @property
    def order(self) -> int:
        return self.entered.sequence

    def _check(self) -> None:
        """What the owner heard is what the engine knows."""
        for order, heard in self.blotter.orders.items():
            view = self.market.engine.order(order)
            known = None if view is None else (view.quantity, view.leaves)
            assert known == ((heard.quantity, heard.leaves) if heard.is_live() else None)
        assert self.market.engine.exposure(ALPHA, 0) == self._exposure()

    def _exposure(self) -> tuple[int, int, int]:
        orders = self.blotter.orders.values()
        traded, leaves = sum(each.traded for each in orders), sum(each.leaves for each in orders)
        return (traded, leaves, 0) if self.side == Side.BUY else (-traded, 0, leaves)

    def _commands(self, words: list[str]) -> list[Command]:
        match words:
            case ["new", *rest]:
                return self._new(rest)
            case ["again", quantity]:
                return [self._order(self.side, int(quantity), client_key=KEY)]
            case ["resend"]:
                return [self.entered]
            case ["cancel", *rest]:
                return [self._change(CommandType.CANCEL_ORDER, rest)]
            case ["replace", *rest]:
                return [self._change(CommandType.REPLACE_ORDER, rest)]
            case ["limit", lots]:
                fields = {"node": ALPHA, "kind": LimitType.POSITION, "quantity": int(lots)}
                return [self._stamped(CommandType.SET_LIMIT, **fields)]
            case [verb, lots] if verb in ("fill", "offer", "own"):
                return [self._opposite(verb, int(lots))]
            case ["move"]:
                near, far = (self._order(side, 1, self._beyond(1)) for side in (OTHER[self.side], self.side))
                return [near._replace(node=BETA), far._replace(node=DESK)]
            case [verb]:
                return [self._stamped(**CONTROLS[verb])]
        raise ValueError(words)

    def _new(self, words: list[str]) -> list[Command]:
        fields: dict[str, int] = {"client_key": KEY}
        terms = []
        for word in words[1:]:
            if word in OrderFlag.__members__:
                fields["flags"] = fields.get("flags", 0) | OrderFlag[word]
            elif word in OrderType.__members__:
                fields |= {"kind": OrderType[word], "target": self._beyond(1), "price": 0}
            else:
                fields["time_in_force"] = TimeInForce[word]
        if fields.get("time_in_force") == TimeInForce.GTD:
            terms = [self._stamped(CommandType.ORDER_TERMS, target=EXPIRY_NS)]
        self.entered = self._order(self.side, int(words[0]), **fields)
        return [*terms, self.entered]

    def _order(self, side: Side, quantity: int, price: int = REFERENCE_PRICE, **fields: int) -> Command:
        plain = {"node": ALPHA, "kind": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "price": price}
        plain |= {"client_key": next(self.keys), "side": side, "quantity": quantity}
        command = self._stamped(CommandType.NEW_ORDER, **(plain | fields))
        if command.client_key == KEY:
            self.blotter.watch(command.sequence)
        return command

    def _opposite(self, verb: str, lots: int) -> Command:
        """An order of the other side: it fills, it waits beyond, or it is the owner's own."""
        if verb == "offer":
            return self._order(OTHER[self.side], lots, self._beyond(1), node=BETA)
        market_order = {"kind": OrderType.MARKET, "price": 0}
        if verb == "own":
            return self._order(OTHER[self.side], lots, self_trade=SelfTrade.DECREMENT, **market_order)
        return self._order(OTHER[self.side], lots, node=BETA, **market_order)

    def _change(self, command_type: CommandType, words: list[str]) -> Command:
        fields = {"target": self.order, "node": ALPHA}
        for word in words:
            match word:
                case "beta":
                    fields["node"] = BETA
                case "unknown":
                    fields["target"] = UNKNOWN
                    self.blotter.watch(UNKNOWN)
                case "better" | "worse":
                    fields["price"] = self._beyond(1 if word == "better" else -1)
                case quantity:
                    fields["quantity"] = int(quantity)
        return self._stamped(command_type, **fields)

    def _beyond(self, ticks: int) -> int:
        """A price so many ticks from the order's first one towards the other side."""
        return REFERENCE_PRICE + (ticks if self.side == Side.BUY else -ticks)

    def _stamped(self, type: int, **fields: int) -> Command:
        market = self.market
        market.sequence += 1
        market.time_ns = fields.pop("time_ns", market.time_ns)
        return Command(market.sequence, market.time_ns, type=type, **fields)
