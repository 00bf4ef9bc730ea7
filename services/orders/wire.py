"""Between the domain and the contract: orders, reports, books."""

from tickmesh.native.engine import TimeInForce
from tickmesh.orders.v1 import orders_pb2 as pb

from ..values import timestamp
from .domain import faults
from .domain.books import Book, BookChange, Level, Trade
from .domain.listings import Listing
from .domain.orders import Report, Status, average_price

TO_ENGINE_TIF = {
    pb.Order.DAY: TimeInForce.DAY,
    pb.Order.GTC: TimeInForce.GTC,
    pb.Order.IOC: TimeInForce.IOC,
    pb.Order.FOK: TimeInForce.FOK,
}
FROM_ENGINE_TIF = {number: kind for kind, number in TO_ENGINE_TIF.items()}


def order_message(report: Report) -> pb.Order:
    """Returns the order of a report, as it was after it."""
    ticket, state = report.ticket, report.state
    listing = ticket.listing
    quantity_text = listing.quantity_increment.to_text
    message = pb.Order(
        order_id=str(ticket.order_id),
        client_order_id=ticket.client_order_id,
        portfolio_id=ticket.node.portfolio_id,
        strategy_id=ticket.node.strategy_id,
        symbol=listing.symbol,
        side=ticket.side,  # type: ignore[arg-type]
        order_type=ticket.order_type,  # type: ignore[arg-type]
        time_in_force=FROM_ENGINE_TIF[TimeInForce(ticket.time_in_force)],
        post_only=ticket.post_only,
        quantity=quantity_text(state.quantity),
        price=listing.price_increment.to_text(state.price) if state.price else "",
        status=int(state.status),  # type: ignore[arg-type]
        cum_quantity=quantity_text(state.cumulative),
        leaves_quantity=quantity_text(state.leaves),
        average_price=average_price(listing, state.value, state.cumulative),
        reason=state.reason,
        submit_time=timestamp(ticket.submit_time_ns),
        update_time=timestamp(report.time_ns),
    )
    if report.risk:
        message.risk_decision.CopyFrom(pb.RiskDecision(**report.risk))
    return message


def report_message(report: Report) -> pb.ExecutionReport:
    """Returns a report."""
    listing = report.ticket.listing
    message = pb.ExecutionReport(
        execution_id=str(report.sequence),
        exec_type=int(report.exec_type),  # type: ignore[arg-type]
        order=order_message(report),
        liquidity=int(report.liquidity),  # type: ignore[arg-type]
        transact_time=timestamp(report.time_ns),
    )
    if report.last_lots:
        message.last_quantity = listing.quantity_increment.to_text(report.last_lots)
        message.last_price = listing.price_increment.to_text(report.last_ticks)
        message.trade_id = str(report.trade)
    return message


def reports_bytes(reports: list[Report]) -> bytes:
    """Returns reports in order, as the bytes of ExecutionReports."""
    return pb.ExecutionReports(reports=map(report_message, reports)).SerializeToString()


def result_message(report: Report, command: int) -> pb.ActionResult:
    """Returns what became of an action, from the report that answers it."""
    state, quantity_text = report.state, report.ticket.listing.quantity_increment.to_text
    rejected = state.status is Status.REJECTED
    return pb.ActionResult(
        order_id=str(report.ticket.order_id),
        status=int(state.status),  # type: ignore[arg-type]
        cum_quantity=quantity_text(state.cumulative),
        leaves_quantity=quantity_text(state.leaves),
        reason=state.reason if rejected else "",
        message=faults.sentence(state.reason) if rejected else "",
        command=command,
    )


def _levels(listing: Listing, levels: list[Level]) -> list[pb.BookLevel]:
    price_text, quantity_text = listing.price_increment.to_text, listing.quantity_increment.to_text
    return [
        pb.BookLevel(
            price=price_text(ticks), quantity=quantity_text(lots) if lots else "0", order_count=count
        )
        for ticks, lots, count in levels
    ]


def book_message(book: Book) -> pb.Book:
    """Returns the levels of a book, best first."""
    return pb.Book(
        symbol=book.listing.symbol,
        bids=_levels(book.listing, book.bids),
        asks=_levels(book.listing, book.asks),
        command=book.command,
        time=timestamp(book.time_ns),
    )


def change_message(change: BookChange) -> pb.BookUpdate:
    """Returns what changed in a book."""
    return pb.BookUpdate(
        symbol=change.listing.symbol,
        command=change.command,
        time=timestamp(change.time_ns),
        bids=_levels(change.listing, change.bids),
        asks=_levels(change.listing, change.asks),
        trades=[_trade(change.listing, trade) for trade in change.trades],
    )


def _trade(listing: Listing, trade: Trade) -> pb.Trade:
    return pb.Trade(
        trade_id=str(trade.trade_id),
        price=listing.price_increment.to_text(trade.ticks),
        quantity=listing.quantity_increment.to_text(trade.lots),
        aggressor_side=trade.aggressor_side,  # type: ignore[arg-type]
        time=timestamp(trade.time_ns),
    )
