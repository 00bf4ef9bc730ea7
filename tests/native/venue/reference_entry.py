"""What the door in C must do, slowly: actions are parsed, validated and stamped as entry.py does it."""

import re
from dataclasses import dataclass
from hashlib import blake2b

from google.protobuf.message import DecodeError

from tests.native.commands import Command
from tickmesh.native.engine import CommandType, OrderFlag, OrderType, TimeInForce
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders.domain.faults import InvalidOrder, UnknownOrder
from tickmesh.services.orders.domain.listings import Listing, Listings
from tickmesh.services.orders.domain.tree import STRATEGY, Tree
from tickmesh.services.runtime.errors import TickmeshError
from tickmesh.services.runtime.server import validate

TIMES_IN_FORCE = {
    pb.Order.DAY: TimeInForce.DAY,
    pb.Order.GTC: TimeInForce.GTC,
    pb.Order.IOC: TimeInForce.IOC,
    pb.Order.FOK: TimeInForce.FOK,
}
_CLIENT_ORDER_ID = re.compile(r"[ -~]{1,64}")


class NotOneCommand(Exception):
    """An action that is fine, but that becomes more than one command."""


@dataclass(frozen=True, slots=True)
class Live:
    """An order as it is."""

    listing: Listing
    price: int
    quantity: int


def client_key(portfolio_id: str, client_order_id: str) -> int:
    """Returns the engine's key of a client order id."""
    digest = blake2b(f"{portfolio_id}\0{client_order_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


class ReferenceEntry:
    """Turns the bytes of actions into commands."""

    def __init__(self, listings: Listings, tree: Tree) -> None:
        self.listings = listings
        self.tree = tree
        self.by_key: dict[int, int] = {}
        self.live: dict[int, Live] = {}
        self.sequence = 0
        self.time_ns = 0

    def act(self, action: bytes) -> tuple[Command, str] | None:
        """Returns the one command that an action becomes, and its note; None when it becomes none or two."""
        try:
            message = pb.OrderAction.FromString(action)
            validate(message)
            if message.HasField("submit"):
                return self.submit(message.submit)
            if message.HasField("cancel"):
                return self.cancel(message.cancel)
            return self.replace(message.replace)
        except (DecodeError, TickmeshError, NotOneCommand):
            return None

    def _stamp(self, command: CommandType, note: str = "", **fields: int) -> tuple[Command, str]:
        self.sequence += 1
        return Command(self.sequence, self.time_ns, type=command, **fields), note

    def submit(self, request: pb.SubmitOrderRequest) -> tuple[Command, str]:
        """Stamps a new order."""
        portfolio = self.tree.portfolio(request.portfolio_id)
        if not _CLIENT_ORDER_ID.fullmatch(request.client_order_id):
            raise InvalidOrder("client_order_id", "must be printable ASCII")
        terms = self._terms(request)
        node = portfolio
        if request.strategy_id:
            found = self.tree.find(STRATEGY, f"{portfolio.id}/{request.strategy_id}")
            if found is None:
                raise NotOneCommand
            node = found
        key = client_key(request.portfolio_id, request.client_order_id)
        stamped = self._stamp(
            CommandType.NEW_ORDER,
            request.client_order_id,
            client_key=key,
            node=node.index,
            side=request.side,
            kind=request.order_type,
            **terms,
        )
        self.by_key.setdefault(key, self.sequence)
        return stamped

    def _terms(self, request: pb.SubmitOrderRequest) -> dict[str, int]:
        listing = self.listings.get(request.symbol)
        lots = listing.lots(request.quantity)
        is_market = int(request.order_type) == OrderType.MARKET
        if is_market == bool(request.price):
            raise InvalidOrder("price", "LIMIT orders have a price, MARKET orders have none")
        ticks = 0 if is_market else listing.ticks(request.price)
        default = pb.Order.IOC if is_market else pb.Order.DAY
        time_in_force = TIMES_IN_FORCE[request.time_in_force or default]
        if is_market and time_in_force is not TimeInForce.FOK:
            time_in_force = TimeInForce.IOC
        if request.post_only and (is_market or time_in_force in (TimeInForce.IOC, TimeInForce.FOK)):
            raise InvalidOrder("post_only", "only a LIMIT order with DAY or GTC can be post-only")
        listing.check_notional(ticks or listing.reference_ticks, lots)
        return {
            "instrument": listing.index,
            "quantity": lots,
            "price": ticks,
            "time_in_force": time_in_force,
            "flags": OrderFlag.POST_ONLY if request.post_only else 0,
        }

    def cancel(self, request: pb.CancelOrderRequest) -> tuple[Command, str]:
        """Stamps a cancel."""
        target, node = self._target(request)
        return self._stamp(CommandType.CANCEL_ORDER, target=target, node=node)

    def replace(self, request: pb.ReplaceOrderRequest) -> tuple[Command, str]:
        """Stamps a replace."""
        if not request.quantity and not request.price:
            raise InvalidOrder("quantity", "give a new quantity, a new price, or both")
        target, node = self._target(request)
        if target not in self.live:
            raise UnknownOrder(str(target))
        live = self.live[target]
        lots = live.listing.lots(request.quantity) if request.quantity else 0
        ticks = live.listing.ticks(request.price) if request.price else 0
        live.listing.check_notional(
            ticks or live.price or live.listing.reference_ticks, lots or live.quantity
        )
        return self._stamp(
            CommandType.REPLACE_ORDER,
            target=target,
            node=node,
            price=ticks,
            quantity=lots,
            instrument=live.listing.index,
        )

    def _target(self, request: pb.CancelOrderRequest | pb.ReplaceOrderRequest) -> tuple[int, int]:
        """Returns the order's id and the node that claims it."""
        node = self.tree.portfolio(request.portfolio_id).index if request.portfolio_id else 0
        if request.order_id:
            return _order_id(request.order_id), node
        if not (request.portfolio_id and request.client_order_id):
            raise InvalidOrder("order_id", "give order_id, or portfolio_id and client_order_id")
        key = client_key(request.portfolio_id, request.client_order_id)
        if key not in self.by_key:
            raise UnknownOrder(request.client_order_id)
        return self.by_key[key], node


def _order_id(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) >= 1 << 63:
        raise UnknownOrder(text)
    return int(text)
