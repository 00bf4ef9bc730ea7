"""The door: requests become commands, or are refused with a reason before anything happens.

Everything here runs without a pause in the event loop, so that the commands of one request stand
together in the journal and ids are given in the order in which requests come.
"""

from dataclasses import dataclass

from tickmesh.native.engine import NONE, CommandType, OrderFlag, OrderType, TimeInForce
from tickmesh.native.venue import client_key
from tickmesh.orders.v1 import orders_pb2 as pb

from ..runtime.server import validate
from .domain import texts
from .domain.faults import InvalidOrder, TooManyNodes, UnknownOrder
from .domain.listings import Listing
from .domain.tree import STRATEGY, Node
from .domain.venue import Venue
from .sequencer import Sequencer
from .wire import TO_ENGINE_TIF


@dataclass(frozen=True, slots=True)
class _Terms:
    """What an order asks for, in the engine's units."""

    listing: Listing
    lots: int
    ticks: int
    time_in_force: TimeInForce
    flags: int


class Entry:
    """Stamps orders, cancels and replaces."""

    def __init__(self, sequencer: Sequencer, nodes_max: int) -> None:
        self._sequencer = sequencer
        self._nodes_max = nodes_max
        self._venue: Venue = sequencer.venue

    def submit(self, request: pb.SubmitOrderRequest) -> int:
        """Stamps a new order and returns its command, which is its id. Fails with the faults of an order."""
        portfolio = self._venue.tree.portfolio(request.portfolio_id)
        terms = self._terms(request)
        node = self._node(portfolio, request.strategy_id)
        key = client_key(request.portfolio_id, request.client_order_id)
        sequence = self._sequencer.stamp(
            CommandType.NEW_ORDER,
            key=key,
            price=terms.ticks,
            quantity=terms.lots,
            instrument=terms.listing.index,
            node=node.index,
            side=request.side,
            sort=request.order_type,
            time_in_force=terms.time_in_force,
            flags=terms.flags,
            note=request.client_order_id,
        )
        self._venue.orders.note_key(key, sequence)
        return sequence

    def _terms(self, request: pb.SubmitOrderRequest) -> _Terms:
        listing = self._venue.listings.get(request.symbol)
        lots = listing.lots(request.quantity)
        market = int(request.order_type) == OrderType.MARKET
        ticks = 0 if market else self._price(listing, request.price)
        if market and request.price:
            raise InvalidOrder("price", "a MARKET order has no price")
        time_in_force = _time_in_force(request, market)
        if request.post_only and (market or time_in_force in (TimeInForce.IOC, TimeInForce.FOK)):
            raise InvalidOrder("post_only", "only a LIMIT order with DAY or GTC can be post-only")
        listing.check_notional(ticks or listing.reference_ticks, lots)
        return _Terms(listing, lots, ticks, time_in_force, OrderFlag.POST_ONLY if request.post_only else 0)

    @staticmethod
    def _price(listing: Listing, text: str) -> int:
        if not text:
            raise InvalidOrder("price", "a LIMIT order needs a price")
        return listing.ticks(text)

    def _node(self, portfolio: Node, strategy_id: str) -> Node:
        """Returns where an order stands in the tree; a strategy's place is made with its first order."""
        if not strategy_id:
            return portfolio
        name = f"{portfolio.id}/{strategy_id}"
        return self._venue.tree.find(STRATEGY, name) or self.make_node(STRATEGY, name, portfolio.index)

    def make_node(self, level: str, name: str, parent: int) -> Node:
        """Stamps a new place in the tree. Fails with TooManyNodes."""
        self.check_room(1)
        node = self._venue.tree.next(level, name, parent)
        note = texts.part(texts.NODE, node.to_text())
        self._sequencer.stamp(CommandType.ADD_NODE, node=node.index, target=parent, note=note)
        self._venue.add_node(node)
        return node

    def check_room(self, count: int) -> None:
        """Fails with TooManyNodes when the tree has no room for so many more places."""
        if len(self._venue.tree.by_index) + count > self._nodes_max:
            raise TooManyNodes(self._nodes_max)

    def cancel(self, request: pb.CancelOrderRequest) -> int:
        """Stamps a cancel and returns its command. Fails with UnknownOrder and the like."""
        target, node = self._target(request)
        return self._sequencer.stamp(CommandType.CANCEL_ORDER, target=target, node=node)

    def replace(self, request: pb.ReplaceOrderRequest) -> int:
        """Stamps a replace and returns its command. Fails with UnknownOrder and the faults of an order."""
        if not request.quantity and not request.price:
            raise InvalidOrder("quantity", "give a new quantity, a new price, or both")
        target, node = self._target(request)
        listing, price, quantity = self._as_it_is(target)
        lots = listing.lots(request.quantity) if request.quantity else 0
        ticks = listing.ticks(request.price) if request.price else 0
        listing.check_notional(ticks or price or listing.reference_ticks, lots or quantity)
        return self._sequencer.stamp(
            CommandType.REPLACE_ORDER,
            target=target,
            node=node,
            price=ticks,
            quantity=lots,
            instrument=listing.index,
        )

    def _target(self, request: pb.CancelOrderRequest | pb.ReplaceOrderRequest) -> tuple[int, int]:
        """Returns the order's id and the node that claims it."""
        if request.order_id:
            order_id = read_order_id(request.order_id)
            if request.portfolio_id:
                return order_id, self._venue.tree.portfolio(request.portfolio_id).index
            return order_id, 0  # the firm: whoever may write orders and names no owner
        if not (request.portfolio_id and request.client_order_id):
            raise InvalidOrder("order_id", "give order_id, or portfolio_id and client_order_id")
        portfolio = self._venue.tree.portfolio(request.portfolio_id)
        key = client_key(request.portfolio_id, request.client_order_id)
        order_id = self._venue.orders.key_order(key)
        if not order_id:
            raise UnknownOrder(request.client_order_id)
        return order_id, portfolio.index

    def _as_it_is(self, order_id: int) -> tuple[Listing, int, int]:
        """Returns instrument, price in ticks and quantity in lots of an order that lives or waits."""
        live = self._venue.live_order(order_id)
        if live is not None:
            return live.ticket.listing, live.state.price, live.state.quantity
        waiting = self._sequencer.waiting_order(order_id)
        if waiting is None:
            raise UnknownOrder(str(order_id))
        return self._venue.listings.by_index[waiting.instrument], waiting.price, waiting.quantity

    def mass_cancel(self, request: pb.MassCancelRequest) -> int | None:
        """Stamps a mass cancel and returns its command, or None when nothing could be cancelled."""
        node: Node | None = self._venue.tree.portfolio(request.portfolio_id)
        if request.strategy_id:
            node = self._venue.tree.find(STRATEGY, f"{request.portfolio_id}/{request.strategy_id}")
        instrument = self._venue.listings.get(request.symbol).index if request.symbol else NONE
        if node is None:
            return None
        return self._sequencer.stamp(
            CommandType.MASS_CANCEL, node=node.index, instrument=instrument, side=request.side
        )

    def act(self, action: pb.OrderAction) -> int:
        """Stamps one action of a batch and returns its command. Fails with what the unary calls fail with."""
        validate(action)
        kind = action.WhichOneof("action")
        if kind == "submit":
            return self.submit(action.submit)
        if kind == "cancel":
            return self.cancel(action.cancel)
        return self.replace(action.replace)


def read_order_id(text: str, field: str = "order_id") -> int:
    """Returns an order id as a number. Fails with UnknownOrder for text that no order can have."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 19) or int(text) >= 1 << 63:
        raise UnknownOrder(text)
    return int(text)


def _time_in_force(request: pb.SubmitOrderRequest, market: bool) -> TimeInForce:
    if not request.time_in_force:
        return TimeInForce.IOC if market else TimeInForce.DAY
    chosen = TO_ENGINE_TIF[request.time_in_force]
    return TimeInForce.IOC if market and chosen is not TimeInForce.FOK else chosen
