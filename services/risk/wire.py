"""Domain types as protobuf messages and back."""

from decimal import Decimal

from tickmesh.assets.v1 import assets_pb2
from tickmesh.orders.v1 import orders_pb2
from tickmesh.pricing.v1 import pricing_pb2
from tickmesh.risk.v1 import risk_pb2 as pb

from ..values import time_ns, timestamp
from .domain.conversion import Pair
from .domain.events import Event, Refusal
from .domain.limits import Limit, LimitKey, LimitType
from .domain.scopes import Level, Scope
from .domain.states import State, StateRecord


def scope_of(message: orders_pb2.RiskScope) -> Scope:
    """Returns a scope that the contract's rules let through."""
    return Scope(Level(orders_pb2.RiskScope.Level.Name(message.level)), message.id, message.symbol)


def scope_message(scope: Scope) -> orders_pb2.RiskScope:
    """Returns a scope as the contract shows it."""
    level = orders_pb2.RiskScope.Level.Value(scope.level)
    return orders_pb2.RiskScope(level=level, id=scope.id, symbol=scope.symbol)


def key_of(request: pb.SetLimitRequest) -> LimitKey:
    """Returns which limit a request names."""
    name = orders_pb2.EngineLimit.LimitType.Name(request.limit_type)
    return LimitKey(scope_of(request.scope), LimitType(name))


def state_of(number: orders_pb2.TradingState.State.ValueType) -> State:
    """Returns a trading state that the contract's rules let through."""
    return State(orders_pb2.TradingState.State.Name(number))


def limit_message(limit: Limit) -> pb.Limit:
    """Returns a limit as the contract shows it."""
    return pb.Limit(
        limit_id=limit.key.limit_id,
        scope=scope_message(limit.key.scope),
        limit_type=orders_pb2.EngineLimit.LimitType.Value(limit.key.limit_type),
        value=limit.value,
        version=limit.version,
        updated_by=limit.updated_by,
        update_time=timestamp(limit.update_time_ns),
    )


def state_message(record: StateRecord) -> pb.TradingStateRecord:
    """Returns a trading state as the contract shows it."""
    return pb.TradingStateRecord(
        scope=scope_message(record.scope),
        state=orders_pb2.TradingState.State.Value(record.state),
        comment=record.comment,
        updated_by=record.updated_by,
        update_time=timestamp(record.update_time_ns),
        canceled_count=record.canceled_count,
    )


def event_message(event: Event) -> pb.RiskEvent:
    """Returns an event as the contract shows it."""
    return pb.RiskEvent(
        event_id=event.event_id,
        kind=pb.RiskEvent.Kind.Value(event.kind),
        severity=pb.RiskEvent.Severity.Value(event.severity),
        scope=scope_message(event.scope),
        check=event.check,
        limit=event.limit,
        used=event.used,
        headroom=event.headroom,
        asked=event.asked,
        order_id=event.order_id,
        portfolio_id=event.portfolio_id,
        message=event.message,
        event_time=timestamp(event.time_ns),
    )


def limit_control(
    key: LimitKey, value: str | None, *, room: str = "", room_symbol: str = ""
) -> orders_pb2.Control:
    """Returns what tells the engine a limit; None removes it. `room` is what an instrument's shard needs."""
    limit = orders_pb2.EngineLimit(
        scope=scope_message(key.scope),
        limit_type=orders_pb2.EngineLimit.LimitType.Value(key.limit_type),
        value=value or "",
        room=room,
        room_symbol=room_symbol,
    )
    return orders_pb2.Control(limit=limit)


def state_control(scope: Scope, state: State, cancel_orders: bool = False) -> orders_pb2.Control:
    """Returns what tells the engine a trading state."""
    number = orders_pb2.TradingState.State.Value(state)
    told = orders_pb2.TradingState(scope=scope_message(scope), state=number, cancel_orders=cancel_orders)
    return orders_pb2.Control(trading_state=told)


def rate_control(currency: str, rate: str) -> orders_pb2.Control:
    """Returns what tells the engine a conversion rate."""
    return orders_pb2.Control(conversion_rate=orders_pb2.ConversionRate(currency=currency, rate=rate))


def refusal_of(report: orders_pb2.ExecutionReport) -> Refusal:
    """Returns what a report says about an order that was rejected."""
    order, decision = report.order, report.order.risk_decision
    return Refusal(
        order_id=order.order_id,
        portfolio_id=order.portfolio_id,
        symbol=order.symbol,
        check=decision.check or order.reason,
        time_ns=time_ns(report.transact_time),
        scope=decision.scope,
        limit=decision.limit,
        used=decision.used,
        asked=decision.asked,
        headroom=decision.headroom,
    )


def pair_of(instrument: assets_pb2.Instrument) -> Pair | None:
    """Returns which currencies an instrument converts, or None when it is no currency pair."""
    if not instrument.HasField("forex"):
        return None
    return Pair(instrument.forex.base_currency, instrument.forex.quote_currency)


def price_of(quote: pricing_pb2.Quote) -> Decimal | None:
    """Returns the mid of best bid and ask, or the last trade where a side is missing, or None."""
    if quote.bid_price and quote.ask_price:
        return (Decimal(quote.bid_price) + Decimal(quote.ask_price)) / 2
    return Decimal(quote.last_price) if quote.last_price else None
