"""Domain types as protobuf messages and back. Rounds here, once, half even."""

from decimal import Decimal

from tickmesh.assets.v1 import assets_pb2
from tickmesh.orders.v1 import orders_pb2
from tickmesh.portfolio.v1 import portfolio_pb2 as pb
from tickmesh.pricing.v1 import pricing_pb2

from ..values import decimal_text, time_ns, timestamp
from .domain.portfolios import DEFAULT_CURRENCY, PortfolioRecord
from .domain.positions import EXACT, ZERO, Fill
from .domain.rates import CurrencyPair
from .domain.valuation import QuoteSides, Sums, Terms, Worth

_POSITION_STEP = Decimal("1e-12")
_SUM_STEP = Decimal("0.01")
NO_SUMS = Sums(ZERO, ZERO, ZERO, ZERO, [])


def position_message(worth: Worth) -> pb.Position:
    """Returns a position as the contract shows it."""
    holding, mark = worth.holding, worth.mark
    message = pb.Position(
        portfolio_id=worth.key.portfolio_id,
        symbol=worth.key.symbol,
        quantity=decimal_text(holding.quantity),
        average_price=_twelve_digits(holding.average_price()),
        realized_pnl=_twelve_digits(worth.realized),
        unrealized_pnl=_twelve_digits(worth.unrealized),
        currency="" if worth.terms is None else worth.terms.currency,
        market_value=_twelve_digits(worth.market_value),
        base_currency=worth.base_currency,
        realized_pnl_base=_twelve_digits(worth.realized_base),
        unrealized_pnl_base=_twelve_digits(worth.unrealized_base),
        volume=decimal_text(holding.volume),
        trade_count=holding.trade_count,
        last_execution_id=str(holding.last_execution_id),
        update_time=timestamp(holding.update_time_ns),
    )
    if mark is not None:
        message.mark_price = decimal_text(mark.price)
        message.mark_time.CopyFrom(timestamp(mark.time_ns))
    return message


def portfolio_message(record: PortfolioRecord, sums: Sums) -> pb.Portfolio:
    """Returns a portfolio with its sums."""
    return pb.Portfolio(
        portfolio_id=record.portfolio_id,
        desk_id=record.desk_id,
        name=record.name,
        base_currency=record.base_currency,
        create_time=timestamp(record.create_time_ns),
        realized_pnl=_two_digits(sums.realized),
        unrealized_pnl=_two_digits(sums.unrealized),
        gross_exposure=_two_digits(sums.gross),
        net_exposure=_two_digits(sums.net),
        missing=sums.missing,
    )


def portfolio_record(message: pb.Portfolio, now_ns: int) -> PortfolioRecord:
    """Returns a new portfolio as a client describes it."""
    currency = message.base_currency or DEFAULT_CURRENCY
    return PortfolioRecord(message.portfolio_id, message.desk_id, message.name, currency, now_ns)


def fill_of(report: orders_pb2.ExecutionReport) -> Fill:
    """Returns what a trade report says about its order's side."""
    order, quantity = report.order, Decimal(report.last_quantity)
    return Fill(
        execution_id=int(report.execution_id),
        portfolio_id=order.portfolio_id,
        symbol=order.symbol,
        signed_quantity=quantity if order.side == orders_pb2.Order.BUY else quantity.copy_negate(),
        price=Decimal(report.last_price),
        time_ns=time_ns(report.transact_time),
    )


def terms_of(instrument: assets_pb2.Instrument) -> Terms:
    """Returns what valuation needs to know of an instrument."""
    return Terms(
        symbol=instrument.symbol,
        currency=instrument.currency,
        multiplier=Decimal(instrument.multiplier or "1"),
        pair=_pair(instrument),
    )


def _pair(instrument: assets_pb2.Instrument) -> CurrencyPair | None:
    kind = instrument.WhichOneof("detail")
    if kind == "forex":
        return CurrencyPair(instrument.forex.base_currency, instrument.forex.quote_currency)
    if kind == "crypto":
        return CurrencyPair(instrument.crypto.base_asset, instrument.currency)
    return None


def sides_of(quote: pricing_pb2.Quote) -> QuoteSides:
    """Returns the prices of a quote."""
    return QuoteSides(
        bid=_price(quote.bid_price),
        ask=_price(quote.ask_price),
        last=_price(quote.last_price),
        quote_time_ns=time_ns(quote.quote_time),
        last_time_ns=time_ns(quote.last_time),
    )


def _price(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _twelve_digits(amount: Decimal | None) -> str:
    return "" if amount is None else decimal_text(amount.quantize(_POSITION_STEP, context=EXACT))


def _two_digits(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    rounded = amount.quantize(_SUM_STEP, context=EXACT)
    return format(rounded if rounded else rounded.copy_abs(), "f")
