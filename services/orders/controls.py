"""Accounts, limits, trading states and conversion rates: requests become commands for the engine."""

import hashlib
import json
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from tickmesh.assets.v1 import assets_pb2
from tickmesh.native.engine import NONE, CommandType, LimitType, TradingState
from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.errors import FieldViolation, InvalidArgument, ResourceExhausted
from ..runtime.requests import RequestIdReused
from ..values import Increment, parse_decimal
from .domain import texts
from .domain.faults import InvalidOrder
from .domain.listings import Listing
from .domain.tree import DESK, FIRM, PORTFOLIO, STRATEGY, Node
from .domain.venue import Venue
from .entry import Entry
from .sequencer import Sequencer

MICRO = Decimal(1_000_000)
VALUE_MAX = 1 << 62
FACTOR_MAX = 1 << 63  # see native/venue/venue.h
_STRATEGY_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,47}")
_NEEDS_SYMBOL = (LimitType.ORDER_QUANTITY, LimitType.PRICE_COLLAR, LimitType.POSITION)
_FORBIDS_SYMBOL = (LimitType.ORDER_RATE, LimitType.GROSS_EXPOSURE)
_STATES = {
    pb.TradingState.ACTIVE: TradingState.ACTIVE,
    pb.TradingState.REDUCING: TradingState.REDUCING,
    pb.TradingState.HALTED: TradingState.HALTED,
}


class InvalidControl(InvalidArgument):
    """A control whose parts do not fit."""

    reason = "INVALID_CONTROL"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}", fields=[FieldViolation(field, problem)])


class TooManyInstruments(ResourceExhausted):
    """The engine has no room for another instrument."""

    reason = "CAPACITY"

    def __init__(self, most: int) -> None:
        super().__init__(f"the engine has room for {most} instruments")


class Controls:
    """Stamps what is not an order."""

    def __init__(self, sequencer: Sequencer, entry: Entry, instruments_max: int) -> None:
        self._sequencer = sequencer
        self._instruments_max = instruments_max
        self._entry = entry
        self._venue: Venue = sequencer.venue

    def first_answer(self, request: pb.ApplyControlsRequest) -> pb.ApplyControlsResponse | None:
        """Returns the answer that a request_id got before. Fails with RequestIdReused."""
        known = self._venue.requests.get(request.request_id) if request.request_id else None
        if known is None:
            return None
        if known[0] != digest(request):
            raise RequestIdReused(request.request_id)
        return pb.ApplyControlsResponse(command=known[1], canceled_count=known[2])

    def stamp(self, request: pb.ApplyControlsRequest) -> list[int]:
        """Checks all controls, then stamps them; returns their commands. A wrong one stops all of them."""
        planned: set[tuple[str, str]] = set()
        steps = [self._plan(control, f"controls[{i}]", planned) for i, control in enumerate(request.controls)]
        self._entry.check_room(len(planned))
        sequences = [sequence for step in steps for sequence in step()]
        if request.request_id and sequences:
            marker = json.dumps([request.request_id, digest(request), sequences[0]])
            self._sequencer.add_note(texts.part(texts.REQUEST, marker))
        return sequences

    def _plan(self, control: pb.Control, path: str, planned: set[tuple[str, str]]) -> Callable[[], list[int]]:
        """Checks a control now and returns what stamps it."""
        kind = control.WhichOneof("control")
        if kind == "account":
            self._plan_account(control.account, planned)
            return lambda: self._open_account(control.account)
        if kind == "limit":
            return self._plan_limit(control.limit, f"{path}.limit", planned)
        if kind == "trading_state":
            return self._plan_state(control.trading_state, f"{path}.trading_state", planned)
        rate = parse_decimal(control.conversion_rate.rate, f"{path}.conversion_rate.rate")
        if rate <= 0:
            raise InvalidControl(f"{path}.conversion_rate.rate", "must be more than zero")
        return lambda: self._revalue(control.conversion_rate.currency, rate)

    def _plan_account(self, account: pb.Account, planned: set[tuple[str, str]]) -> None:
        place = (PORTFOLIO, account.portfolio_id)
        if place not in planned and not self._venue.tree.find(*place):
            planned |= {place, (DESK, account.desk_id)}

    def _open_account(self, account: pb.Account) -> list[int]:
        if self._venue.tree.find(PORTFOLIO, account.portfolio_id):
            return []
        before = self._sequencer.last_stamped
        desk = self._venue.tree.find(DESK, account.desk_id) or self._entry.make_node(DESK, account.desk_id, 0)
        self._entry.make_node(PORTFOLIO, account.portfolio_id, desk.index)
        return list(range(before + 1, self._sequencer.last_stamped + 1))

    def _check_scope(
        self, scope: pb.RiskScope, path: str, planned: set[tuple[str, str]]
    ) -> Callable[[], Node]:
        level = pb.RiskScope.Level.Name(scope.level).lower()
        if (level == FIRM) != (not scope.id):
            raise InvalidControl(
                f"{path}.id", "is empty for FIRM, and names the desk, portfolio or strategy otherwise"
            )
        if scope.symbol:
            self._venue.listings.get(scope.symbol, f"{path}.symbol")
        if (level, scope.id) not in planned:
            self._strategy_or_known(level, scope.id, f"{path}.id", planned)
        return lambda: self._node(level, scope.id)

    def _strategy_or_known(self, level: str, name: str, field: str, planned: set[tuple[str, str]]) -> None:
        portfolio_id, _, strategy_id = name.partition("/")
        if level != STRATEGY or not _STRATEGY_ID.fullmatch(strategy_id):
            self._venue.tree.scope(level, name, field)
        elif not self._venue.tree.find(level, name):  # its place is made when it is first named
            if (PORTFOLIO, portfolio_id) not in planned:
                self._venue.tree.portfolio(portfolio_id, field)
            planned.add((level, name))

    def _node(self, level: str, name: str) -> Node:
        node = self._venue.tree.find(level, name)
        if node is not None:
            return node
        return self._entry.make_node(level, name, self._venue.tree.portfolio(name.partition("/")[0]).index)

    def _plan_limit(
        self, limit: pb.EngineLimit, path: str, planned: set[tuple[str, str]]
    ) -> Callable[[], list[int]]:
        kind = LimitType(limit.limit_type)
        place = self._check_scope(limit.scope, f"{path}.scope", planned)
        symbol = limit.scope.symbol
        if kind in _NEEDS_SYMBOL and not symbol:
            raise InvalidControl(f"{path}.scope.symbol", f"{kind.name} needs an instrument")
        if kind in _FORBIDS_SYMBOL and symbol:
            raise InvalidControl(f"{path}.scope.symbol", f"{kind.name} holds for all instruments together")
        listing = self._venue.listings.get(symbol) if symbol else None
        value = -1 if not limit.value else limit_units(kind, listing, limit.value, f"{path}.value")
        return lambda: [
            self._sequencer.stamp(
                CommandType.SET_LIMIT,
                node=place().index,
                instrument=listing.index if listing else NONE,
                sort=kind,
                quantity=value,
            )
        ]

    def _plan_state(
        self, told: pb.TradingState, path: str, planned: set[tuple[str, str]]
    ) -> Callable[[], list[int]]:
        place = self._check_scope(told.scope, f"{path}.scope", planned)
        instrument = self._venue.listings.get(told.scope.symbol).index if told.scope.symbol else NONE

        def stamp() -> list[int]:
            node = place().index
            setting = self._sequencer.stamp(
                CommandType.SET_TRADING_STATE, node=node, instrument=instrument, sort=_STATES[told.state]
            )
            if not told.cancel_orders:
                return [setting]
            return [setting, self._sequencer.stamp(CommandType.MASS_CANCEL, node=node, instrument=instrument)]

        return stamp

    def _revalue(self, currency: str, rate: Decimal) -> list[int]:
        self._venue.listings.rates[currency] = Fraction(rate)
        note = texts.part(texts.RATE, json.dumps({"currency": currency, "rate": str(Fraction(rate))}))
        sequences = []
        listings = self._venue.listings
        # The rate of a currency that nothing is priced in yet stands beside a command that changes nothing.
        for listing in listings.of_currency(currency) or listings.by_index[:1]:
            value = listing.unit_value(listings.rate(listing.currency))
            sequences.append(
                self._sequencer.stamp(
                    CommandType.SET_UNIT_VALUE, instrument=listing.index, quantity=value, note=note
                )
            )
            note = ""
        return sequences

    def list_instrument(self, message: assets_pb2.Instrument) -> int | None:
        """Stamps an instrument that is new here and returns the command, or None for one that is known."""
        if self._venue.listings.has(message.symbol):
            return None
        if len(self._venue.listings.by_index) >= self._instruments_max:
            raise TooManyInstruments(self._instruments_max)
        listing = _listing(message, len(self._venue.listings.by_index))
        sequence = self._sequencer.stamp(
            CommandType.LIST_INSTRUMENT,
            instrument=listing.index,
            price=listing.reference_ticks,
            quantity=listing.unit_value(self._venue.listings.rate(listing.currency)),
            note=texts.part(texts.LISTING, listing.to_text()),
        )
        self._venue.list_instrument(listing)
        return sequence


def digest(request: pb.ApplyControlsRequest) -> str:
    """Returns what tells two requests apart."""
    return hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()


def limit_units(kind: LimitType, listing: Listing | None, text: str, field: str) -> int:
    """Returns a bound in the engine's units. Fails with InvalidControl and the faults of a decimal."""
    if kind in (LimitType.ORDER_QUANTITY, LimitType.POSITION):
        assert listing is not None
        return listing.quantity_increment.to_units(text, field)
    value = parse_decimal(text, field)
    scale = MICRO if kind in (LimitType.ORDER_NOTIONAL, LimitType.GROSS_EXPOSURE) else Decimal(1)
    units = value * scale
    if units < 0 or units != units.to_integral_value() or units > VALUE_MAX:
        raise InvalidControl(field, f"{text} is not a bound that {kind.name} can have")
    return int(units)


def _listing(message: assets_pb2.Instrument, index: int) -> Listing:
    price_increment = _increment(message.price_increment, "price_increment")
    reference = price_increment.to_units(message.reference_price, "reference_price")
    if reference <= 0:
        raise InvalidOrder("reference_price", "must be more than zero")
    return Listing(
        index=index,
        symbol=message.symbol,
        currency=message.currency,
        price_increment=price_increment,
        quantity_increment=_increment(message.quantity_increment, "quantity_increment"),
        multiplier=Decimal(message.multiplier or "1"),
        minimum_notional=Decimal(message.minimum_notional or "0"),
        reference_ticks=reference,
    )


def _increment(text: str, field: str) -> Increment:
    """Returns an increment with as many digits as the order path can hold. Fails with InvalidOrder."""
    increment = Increment.parse(text, field)
    if increment.fraction[0] >= FACTOR_MAX:
        raise InvalidOrder(field, "has more than 18 significant digits")
    return increment
