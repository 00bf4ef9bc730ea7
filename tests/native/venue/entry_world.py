"""What the door knows in its tests: instruments with odd increments and minimums, and places in the tree."""

from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from tickmesh.native._engine import ffi, lib
from tickmesh.services.orders.domain.listings import Listing, Listings
from tickmesh.services.orders.domain.tree import DESK, FIRM, PORTFOLIO, STRATEGY, Node, Tree
from tickmesh.services.values import Increment

LONG = "a" + "-._9z" * 9 + "ab"  # 48 characters, as many as an id may have
PORTFOLIOS = ("demo", "7", LONG)
STRATEGIES = ("mean-reversion", LONG)
WORD = 1 << 64

# symbol, price increment, quantity increment, multiplier, least notional, reference price in ticks
_INSTRUMENTS = [
    ("ACME", "0.01", "1", "1", "0", 10_000),
    ("BTC-USD", "0.5", "0.00000001", "1", "10", 84_000),
    ("ODD.TICK", "0.0000025", "0.3", "7", "0.000021", 3),
    ("BIG", "1000", "250", "1", "0", 7),
    ("FINE", "0.000000000000000000000001", "0.000000000000000001", "1", "0", 1),
    ("COARSE", "900000000000000000", "0.1", "1", "0", 1),
    ("NO PRICE/YET", "0.25", "5", "50", "1000", 0),
    ("EIGHTEEN-PLACES-LONG-24C", "0.000000000000000007", "1", "1", "0.000000000000000700", 1),
    ("DEAR", "0.001", "0.001", "1", "4951760157141521099596.496896", 1),
]


def increment_terms(value: Decimal) -> tuple[int, int]:
    """Returns an increment as a factor and decimal places."""
    exponent = int(value.normalize().as_tuple().exponent)
    places = max(0, -exponent)
    return int(value.scaleb(places)), places


def a_listing(index: int) -> Listing:
    symbol, price, quantity, multiplier, minimum, reference = _INSTRUMENTS[index]
    return Listing(
        index=index,
        symbol=symbol,
        currency="USD",
        price_increment=Increment(Decimal(price)),
        quantity_increment=Increment(Decimal(quantity)),
        multiplier=Decimal(multiplier),
        minimum_notional=Decimal(minimum),
        reference_ticks=reference,
    )


def least_notional(listing: Listing) -> int:
    """Returns the least product of ticks and lots that is worth enough."""
    unit = (
        Fraction(listing.price_increment.value)
        * Fraction(listing.quantity_increment.value)
        * Fraction(listing.multiplier)
    )
    return ceil(Fraction(listing.minimum_notional) / unit)


def as_struct(listing: Listing) -> Any:
    """Returns a listing as the venue takes it."""
    low, high = least_notional(listing) % WORD, least_notional(listing) // WORD
    price_factor, price_places = increment_terms(listing.price_increment.value)
    quantity_factor, quantity_places = increment_terms(listing.quantity_increment.value)
    return ffi.new(
        "struct venue_instrument *",
        {
            "symbol": listing.symbol.encode(),
            "symbol_length": len(listing.symbol),
            "price_factor": price_factor,
            "price_places": price_places,
            "quantity_factor": quantity_factor,
            "quantity_places": quantity_places,
            "notional_low": low,
            "notional_high": high,
            "reference_ticks": listing.reference_ticks,
        },
    )


def node_words(node: Node) -> list[bytes]:
    """Returns what the venue is told about a place: its name, portfolio and strategy."""
    has_orders = node.level in (PORTFOLIO, STRATEGY)
    owner = (node.portfolio_id, node.strategy_id) if has_orders else ("", "")
    return [text.encode() for text in (node.name, *owner)]


def the_listings() -> Listings:
    """Returns all instruments."""
    listings = Listings()
    for index in range(len(_INSTRUMENTS)):
        listings.add(a_listing(index))
    return listings


def the_tree() -> Tree:
    """Returns the firm, a desk and portfolios; strategies for all of these but the last."""
    tree = Tree()
    tree.add(tree.next(FIRM, ""))
    tree.add(tree.next(DESK, "rates", 0))
    for portfolio in PORTFOLIOS:
        tree.add(tree.next(PORTFOLIO, portfolio, 1))
        if portfolio != PORTFOLIOS[-1]:
            parent = len(tree.by_index) - 1
            for strategy in STRATEGIES:
                tree.add(tree.next(STRATEGY, f"{portfolio}/{strategy}", parent))
    return tree


def the_venue(listings: Listings, tree: Tree, orders: int = 1 << 10, waiting: int = 1 << 18) -> Any:
    """Returns the venue in C that knows the same."""
    config = {"orders": orders, "waiting": waiting, "instruments": 64, "nodes": 64}
    venue = ffi.gc(lib.venue_new(ffi.new("struct venue_config *", config)), lib.venue_free)
    for listing in listings.by_index:
        assert lib.venue_list(venue, as_struct(listing))
    for node in tree.by_index:
        assert lib.venue_add_node(venue, *(part for word in node_words(node) for part in (word, len(word))))
    return venue
