"""Domain types as messages of the contract."""

from tickmesh.orders.v1.orders_pb2 import Order
from tickmesh.pricing.v1 import pricing_pb2 as pb

from ..runtime import wire
from ..values import Increment, timestamp
from .domain.bars import Bar
from .domain.listings import Listing, Listings
from .domain.part import Part
from .domain.quotes import Quote
from .domain.ticks import COLUMNS, Integers
from .store import StoredTrade


def quote_message(quote: Quote, listing: Listing, open_ticks: int | None) -> pb.Quote:
    """Returns a quote in decimals."""
    message = pb.Quote(symbol=quote.symbol)
    price, lots = listing.price.to_text, listing.quantity.to_text
    if quote.bid is not None:
        message.bid_price, message.bid_quantity = price(quote.bid.price_ticks), lots(quote.bid.quantity_lots)
    if quote.ask is not None:
        message.ask_price, message.ask_quantity = price(quote.ask.price_ticks), lots(quote.ask.quantity_lots)
    if quote.last is not None:
        message.last_price, message.last_quantity = (
            price(quote.last.price_ticks),
            lots(quote.last.quantity_lots),
        )
        message.last_time.CopyFrom(timestamp(quote.last_time_ns))
    if quote.quote_time_ns:
        message.quote_time.CopyFrom(timestamp(quote.quote_time_ns))
    if open_ticks is not None:
        message.open_price = price(open_ticks)
    return message


def bar_message(bar: Bar, listing: Listing, complete: bool) -> pb.Bar:
    """Returns a bar in decimals."""
    price: Increment = listing.price
    return pb.Bar(
        symbol=bar.symbol,
        interval=pb.Bar.Interval.ValueType(bar.interval),
        start_time=timestamp(bar.start_ns),
        open=price.to_text(bar.open_ticks),
        high=price.to_text(bar.high_ticks),
        low=price.to_text(bar.low_ticks),
        close=price.to_text(bar.close_ticks),
        volume=listing.quantity.to_text(bar.volume_lots),
        trade_count=bar.trade_count,
        complete=complete,
    )


def trade_message(trade: StoredTrade, listing: Listing) -> pb.TradePrint:
    """Returns a trade in decimals. A published trade is named after its place in the store."""
    return pb.TradePrint(
        symbol=trade.symbol,
        trade_id=trade.trade_id or f"P{trade.id}",
        price=listing.price.to_text(trade.price_ticks),
        quantity=listing.quantity.to_text(trade.quantity_lots),
        aggressor_side=Order.BUY if trade.buyer_came else Order.SELL,
        time=timestamp(trade.time_ns),
    )


def tick_pieces(part: Part, news: Integers, listings: Listings) -> wire.Pieces:
    """Returns a pb.TickColumns of rows, behind the instruments that the reader has not been told of."""
    table = pb.TickColumns(instruments=[_tick_instrument(listings.at(number)) for number in news.tolist()])
    pieces = [table.SerializeToString()]
    for (name, _), column in zip(COLUMNS, part.packed, strict=True):
        pieces += [wire.header(pb.TickColumns, name, len(column)), column]
    return wire.Pieces(pieces)


def _tick_instrument(listing: Listing) -> pb.TickInstrument:
    return pb.TickInstrument(
        index=listing.index,
        symbol=listing.symbol,
        price_increment=listing.price.to_text(1),
        quantity_increment=listing.quantity.to_text(1),
    )
