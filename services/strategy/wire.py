"""Protobuf messages to domain types and back."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from tickmesh.assets.v1 import assets_pb2
from tickmesh.orders.v1 import orders_pb2
from tickmesh.strategy.v1 import strategy_pb2 as pb

from ..values import Increment, Symbol, decimal_text, timestamp
from .domain.actions import Action, Cancel, Replace, Side, Submit
from .domain.catalog import Program
from .domain.instruments import AssetType, Instrument
from .domain.parameters import Parameter
from .domain.status import State, Status

OPT_OUT = "simulated"
"""An instrument whose attribute of this name is "false" is left alone by the built-in strategies."""

_ASSET_TYPES = {
    assets_pb2.Instrument.AssetType.Value(asset_type.name): asset_type for asset_type in AssetType
}
_SIDES = {Side.BUY: orders_pb2.Order.BUY, Side.SELL: orders_pb2.Order.SELL}
_STATES = {
    State.RUNNING: pb.Strategy.RUNNING,
    State.STOPPED: pb.Strategy.STOPPED,
    State.FAILING: pb.Strategy.FAILING,
}


def instrument_of(message: assets_pb2.Instrument) -> Instrument | None:
    """Returns an instrument as strategies see it, or nothing when they have to leave it alone."""
    asset_type = _ASSET_TYPES.get(message.asset_type)
    if asset_type is None or message.attributes.get(OPT_OUT) == "false":
        return None
    price_increment = Increment.parse(message.price_increment, "price_increment")
    reference_ticks = max(1, price_increment.floor_units(Decimal(message.reference_price)))
    return Instrument(
        symbol=Symbol(message.symbol),
        asset_type=asset_type,
        price_increment=price_increment,
        quantity_increment=Increment.parse(message.quantity_increment, "quantity_increment"),
        reference_ticks=reference_ticks,
        multiplier=Decimal(message.multiplier or "1"),
        minimum_notional=Decimal(message.minimum_notional or "0"),
    )


def action_message(
    action: Action, program: Program, instrument: Instrument, client_order_id: str
) -> orders_pb2.OrderAction:
    """Returns an action as a part of a batch. A new order gets the client_order_id."""
    if isinstance(action, Submit):
        return orders_pb2.OrderAction(submit=_submit(action, program, instrument, client_order_id))
    order_id, portfolio_id = action.order.order_id, program.portfolio_id
    if isinstance(action, Cancel):
        cancel = orders_pb2.CancelOrderRequest(order_id=order_id, portfolio_id=portfolio_id)
        return orders_pb2.OrderAction(cancel=cancel)
    return orders_pb2.OrderAction(replace=_replace(action, portfolio_id, instrument))


def _submit(
    action: Submit, program: Program, instrument: Instrument, client_order_id: str
) -> orders_pb2.SubmitOrderRequest:
    return orders_pb2.SubmitOrderRequest(
        client_order_id=client_order_id,
        portfolio_id=program.portfolio_id,
        strategy_id=program.strategy_id,
        symbol=action.symbol,
        side=_SIDES[action.side],
        order_type=orders_pb2.Order.LIMIT,
        quantity=instrument.quantity_increment.to_text(action.lots),
        price=instrument.price_increment.to_text(action.price_ticks),
        time_in_force=orders_pb2.Order.GTC if action.rests else orders_pb2.Order.IOC,
    )


def _replace(action: Replace, portfolio_id: str, instrument: Instrument) -> orders_pb2.ReplaceOrderRequest:
    return orders_pb2.ReplaceOrderRequest(
        order_id=action.order.order_id,
        portfolio_id=portfolio_id,
        quantity=instrument.quantity_increment.to_text(action.lots),
        price=instrument.price_increment.to_text(action.price_ticks),
    )


def is_live(status: "orders_pb2.Order.Status.ValueType") -> bool:
    """Says whether an order in this state still rests."""
    return status in (orders_pb2.Order.NEW, orders_pb2.Order.PARTIALLY_FILLED)


def bought(report: orders_pb2.ExecutionReport) -> Decimal:
    """Returns what a trade added to the inventory: less than zero when it sold."""
    quantity = Decimal(report.last_quantity)
    return quantity if report.order.side == orders_pb2.Order.BUY else -quantity


def strategy_message(status: Status) -> pb.Strategy:
    """Returns the status of a strategy."""
    program = status.program
    return pb.Strategy(
        strategy_id=program.strategy_id,
        kind=program.kind.value,
        portfolio_id=program.portfolio_id,
        symbols=status.symbols,
        state=_STATES[status.state],
        message=status.message,
        parameters=_parameters(program.parameters, lambda one: status.values[one.name]),
        orders_sent=status.orders_sent,
        orders_rejected=status.orders_rejected,
        trades=status.trades,
        last_step_time=timestamp(status.last_step_ns) if status.last_step_ns else None,
    )


def _parameters(parameters: Sequence[Parameter], value: Callable[[Parameter], Decimal]) -> list[pb.Parameter]:
    return [
        pb.Parameter(
            name=one.name,
            value=decimal_text(value(one)),
            description=one.description,
            minimum=decimal_text(one.minimum),
            maximum=decimal_text(one.maximum),
        )
        for one in parameters
    ]
