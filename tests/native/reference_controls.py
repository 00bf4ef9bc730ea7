"""The stage: instruments, nodes, limits, states, bands, phases, groups, fees."""

from collections.abc import Callable

from tests.native.commands import Command, signed
from tests.native.reference_auction import CALLS, Auctions
from tests.native.reference_changes import Changes
from tests.native.reference_entry import Entry
from tests.native.reference_forms import Terms, is_number
from tests.native.reference_risk import Listing, Node, Refused, require
from tickmesh.native.engine import (
    DEPTH_MAX,
    NONE,
    CommandType,
    EngineConfig,
    EventFlag,
    LimitType,
    Phase,
    Reason,
    TradingState,
)

NEEDS_INSTRUMENT = (LimitType.ORDER_QUANTITY, LimitType.PRICE_COLLAR, LimitType.POSITION)
NODE_ONLY = (LimitType.ORDER_RATE, LimitType.GROSS_EXPOSURE)
BAND_MAX = 9_999
RATE_MAX = 1_000_000
GROUP_MAX = 2**32 - 1
SIDES = (0, 1, 2)
SET, REMOVE = 0, 1


class Controls:
    """Takes all commands that are not about one order."""

    def __init__(self, config: EngineConfig, auctions: Auctions, changes: Changes, entry: Entry) -> None:
        self.config = config
        self.auctions = auctions
        self.changes = changes
        self.entry = entry
        self.books = auctions.books
        self.gate = auctions.gate
        self.reports = auctions.reports
        self.handlers: dict[int, Callable[[Command], None]] = {
            CommandType.LIST_INSTRUMENT: self.list_instrument,
            CommandType.SET_UNIT_VALUE: self.set_unit_value,
            CommandType.ADD_NODE: self.add_node,
            CommandType.SET_LIMIT: self.set_limit,
            CommandType.SET_TRADING_STATE: self.set_trading_state,
            CommandType.ADVANCE_TIME: lambda command: None,
            CommandType.ORDER_TERMS: self.order_terms,
            CommandType.SET_BANDS: self.set_bands,
            CommandType.SET_PHASE: self.set_phase,
            CommandType.SET_GROUP: self.set_group,
            CommandType.SET_FEES: self.set_fees,
            CommandType.SET_REFERENCE_PRICE: self.set_reference_price,
        }
        self.answering: dict[int, Callable[[Command], None]] = {
            CommandType.MASS_CANCEL: self.mass_cancel,
            CommandType.DISCONNECT: self.mass_cancel,
            CommandType.END_OF_DAY: self.end_of_day,
            CommandType.INDICATE: self.indicate,
        }

    def answers_itself(self, command: Command) -> bool:
        """Does its answer come from within? All others are answered after everything that they cause."""
        return command.type in self.answering

    def run(self, command: Command) -> None:
        handler = self.handlers.get(command.type) or self.answering.get(command.type)
        if handler is None:
            raise Refused(Reason.INVALID_COMMAND)
        handler(command)

    # Checks

    def require_listed(self, instrument: int) -> None:
        require(instrument < len(self.gate.listings), Reason.UNKNOWN_INSTRUMENT)

    def require_listed_or_all(self, instrument: int) -> None:
        if instrument != NONE:
            self.require_listed(instrument)

    def require_node(self, node: int) -> None:
        require(node < len(self.gate.nodes), Reason.UNKNOWN_NODE)

    def require_place(self, command: Command) -> None:
        self.require_listed_or_all(command.instrument)
        self.require_node(command.node)

    def require_pair(self, command: Command, is_removal: bool) -> None:
        if not is_removal and command.instrument != NONE:
            require(self.gate.fits(command.node, command.instrument), Reason.CAPACITY)

    # Instruments and nodes

    def list_instrument(self, command: Command) -> None:
        require(command.instrument == len(self.gate.listings), Reason.ALREADY_EXISTS)
        require(len(self.gate.listings) < self.config.instruments, Reason.CAPACITY)
        require(is_number(command.price), Reason.INVALID_PRICE)
        require(is_number(command.quantity), Reason.INVALID_QUANTITY)
        self.gate.listings.append(Listing(command.price, command.quantity, command.price))
        self.books.list_instrument(command.instrument)

    def set_unit_value(self, command: Command) -> None:
        self.require_listed(command.instrument)
        require(is_number(command.quantity), Reason.INVALID_QUANTITY)
        self.gate.listings[command.instrument].unit_value = command.quantity

    def set_reference_price(self, command: Command) -> None:
        self.require_listed(command.instrument)
        require(is_number(command.price), Reason.INVALID_PRICE)
        listing = self.gate.listings[command.instrument]
        listing.reference_price = listing.static_price = command.price

    def set_bands(self, command: Command) -> None:
        self.require_listed(command.instrument)
        require(0 <= command.price <= BAND_MAX, Reason.INVALID_PRICE)
        require(0 <= command.quantity <= BAND_MAX, Reason.INVALID_QUANTITY)
        listing = self.gate.listings[command.instrument]
        listing.static_bps, listing.dynamic_bps = command.price, command.quantity

    def add_node(self, command: Command) -> None:
        nodes = self.gate.nodes
        require(command.node == len(nodes), Reason.ALREADY_EXISTS)
        require(len(nodes) < self.config.nodes, Reason.CAPACITY)
        if not nodes:
            require(command.target == NONE, Reason.UNKNOWN_NODE)
            nodes.append(Node(None))
            return
        require(command.target < len(nodes), Reason.UNKNOWN_NODE)
        require(len(self.gate.path(command.target)) < DEPTH_MAX, Reason.CAPACITY)
        nodes.append(Node(command.target))

    # Limits, states, groups, fees

    def set_limit(self, command: Command) -> None:
        require(command.kind in list(LimitType), Reason.INVALID_COMMAND)
        wrong = NEEDS_INSTRUMENT if command.instrument == NONE else NODE_ONLY
        require(command.kind not in wrong, Reason.INVALID_COMMAND)
        self.require_place(command)
        is_removal = command.quantity < 0
        if command.kind == LimitType.ORDER_RATE and not is_removal:
            self.gate.set_rate(command.node, command.quantity)
        limits = self.gate.nodes[command.node].limits
        if command.instrument != NONE:
            self.require_pair(command, is_removal)
            limits = self.gate.pair(command.node, command.instrument).limits
        limits.pop(command.kind, None)
        if not is_removal:
            limits[command.kind] = command.quantity

    def set_trading_state(self, command: Command) -> None:
        require(command.kind in list(TradingState), Reason.INVALID_COMMAND)
        self.require_place(command)
        if command.instrument == NONE:
            self.gate.nodes[command.node].state = command.kind
            return
        self.require_pair(command, is_removal=command.kind == TradingState.ACTIVE)
        self.gate.pair(command.node, command.instrument).state = command.kind

    def set_group(self, command: Command) -> None:
        self.require_node(command.node)
        require(0 <= command.quantity <= GROUP_MAX, Reason.INVALID_QUANTITY)
        self.gate.nodes[command.node].group = command.quantity

    def set_fees(self, command: Command) -> None:
        require(command.kind in (SET, REMOVE), Reason.INVALID_COMMAND)
        self.require_place(command)
        is_removal = command.kind == REMOVE
        if not is_removal:
            require(abs(command.price) <= RATE_MAX, Reason.INVALID_PRICE)
            require(abs(command.quantity) <= RATE_MAX, Reason.INVALID_QUANTITY)
        self.require_pair(command, is_removal)
        fees = None if is_removal else (command.price, command.quantity)
        if command.instrument == NONE:
            self.gate.nodes[command.node].fees = fees
        else:
            self.gate.pair(command.node, command.instrument).fees = fees

    # The market

    def order_terms(self, command: Command) -> None:
        other = (command.client_key, command.instrument, command.node, command.side)
        kinds = (command.kind, command.time_in_force, command.flags)
        require(not any(other + kinds), Reason.INVALID_COMMAND)
        self.entry.terms = Terms(signed(command.target), command.price, command.quantity)

    def set_phase(self, command: Command) -> None:
        require(command.kind in list(Phase), Reason.INVALID_COMMAND)
        self.require_listed_or_all(command.instrument)
        every = range(len(self.gate.listings))
        for instrument in every if command.instrument == NONE else [command.instrument]:
            self.auctions.set_phase(instrument, command.kind)

    def indicate(self, command: Command) -> None:
        self.require_listed(command.instrument)
        require(self.gate.listings[command.instrument].phase in CALLS, Reason.PHASE)
        found = self.auctions.cross(command.instrument)
        self.auctions.announce(command.instrument, found, EventFlag.INDICATIVE)

    def mass_cancel(self, command: Command) -> None:
        require(command.side in SIDES, Reason.INVALID_COMMAND)
        self.require_place(command)
        is_disconnect = command.type == CommandType.DISCONNECT
        self.changes.mass_cancel(command, Reason.DISCONNECTED if is_disconnect else Reason.MASS_CANCEL)

    def end_of_day(self, command: Command) -> None:
        require(command.side == 0, Reason.INVALID_COMMAND)
        self.require_listed_or_all(command.instrument)
        self.changes.end_of_day(command)
