"""Why an order, a cancel or a control is refused: one class a reason that is found at the door.

Refusals by the engine carry the engine's own reasons, see `refusal`.
"""

from tickmesh.native.engine import Reason

from ...runtime.errors import (
    FailedPrecondition,
    FieldViolation,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    TickmeshError,
)


class UnknownInstrument(NotFound):
    """A symbol that is not listed."""

    reason = "UNKNOWN_INSTRUMENT"

    def __init__(self, symbol: str, field: str = "symbol") -> None:
        problem = f"{symbol[:40]!r} is not listed; GET /api/v1/instruments lists what is"
        super().__init__(problem, metadata={"symbol": symbol[:40]}, fields=[FieldViolation(field, problem)])


class UnknownPortfolio(NotFound):
    """A portfolio that is not open for trading."""

    reason = "UNKNOWN_PORTFOLIO"

    def __init__(self, portfolio_id: str, field: str = "portfolio_id") -> None:
        problem = f"{portfolio_id[:60]!r} is not open for trading; PortfolioService.CreatePortfolio opens one"
        super().__init__(
            problem, metadata={"portfolio_id": portfolio_id[:60]}, fields=[FieldViolation(field, problem)]
        )


class UnknownScope(NotFound):
    """A desk, portfolio or strategy that does not exist."""

    reason = "UNKNOWN_SCOPE"

    def __init__(self, name: str, field: str) -> None:
        problem = f"{name[:120]!r} does not exist"
        super().__init__(f"{field}: {problem}", fields=[FieldViolation(field, problem)])


class UnknownShard(NotFound):
    """A shard that this process does not own."""

    reason = "UNKNOWN_SHARD"

    def __init__(self, shard: int) -> None:
        problem = f"there is no shard {shard} here"
        super().__init__(problem, metadata={"shard": str(shard)}, fields=[FieldViolation("shard", problem)])


class UnknownOrder(NotFound):
    """An order that never was, or that is no longer live."""

    reason = "UNKNOWN_ORDER"

    def __init__(self, name: str) -> None:
        super().__init__(f"order {name[:80]!r} is not live", metadata={"order": name[:80]})


class TooManyNodes(ResourceExhausted):
    """A strategy, portfolio or desk that the tree has no room for."""

    reason = "CAPACITY"

    def __init__(self, nodes_max: int) -> None:
        super().__init__(f"the engine has room for {nodes_max} desks, portfolios and strategies")


class InvalidOrder(InvalidArgument):
    """Fields that do not fit together."""

    reason = "INVALID_ORDER"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}", fields=[FieldViolation(field, problem)])


class OffTick(InvalidArgument):
    """A price that is no multiple of the price increment."""

    reason = "OFF_TICK"


class OffLot(InvalidArgument):
    """A quantity that is no multiple of the quantity increment."""

    reason = "OFF_LOT"


class BelowMinimumNotional(InvalidArgument):
    """An order that is worth too little."""

    reason = "BELOW_MINIMUM_NOTIONAL"

    def __init__(self, notional: str, minimum: str, currency: str) -> None:
        problem = f"the order is worth {notional} {currency}; the minimum is {minimum}"
        super().__init__(f"quantity: {problem}", fields=[FieldViolation("quantity", problem)])


_SENTENCES = {
    Reason.UNKNOWN_INSTRUMENT: "the engine does not know the instrument",
    Reason.UNKNOWN_ORDER: "the order is not live",
    Reason.NOT_OWNER: "the order belongs to another portfolio",
    Reason.INVALID_COMMAND: "the fields of the order do not fit together",
    Reason.INVALID_PRICE: "the price is out of bounds for this order type",
    Reason.INVALID_QUANTITY: "the quantity is out of bounds",
    Reason.TRADING_HALTED: "trading is halted here",
    Reason.REDUCE_ONLY: "only orders that reduce the position are allowed here",
    Reason.ORDER_QUANTITY_LIMIT: "the order is larger than one order may be",
    Reason.ORDER_NOTIONAL_LIMIT: "the order is worth more than one order may be",
    Reason.PRICE_COLLAR: "the price reaches too far through the reference price",
    Reason.ORDER_RATE_LIMIT: "too many orders a second",
    Reason.POSITION_LIMIT: "the position would pass its limit",
    Reason.GROSS_EXPOSURE_LIMIT: "the gross exposure would pass its limit",
    Reason.POST_ONLY_WOULD_TRADE: "the order is post-only and would take liquidity",
    Reason.FOK_NOT_FILLABLE: "the order cannot be filled whole at once",
    Reason.CAPACITY: "the engine is full",
    Reason.QUANTITY_BELOW_FILLED: "more than the new quantity has traded already",
    Reason.DUPLICATE_CLIENT_ORDER: "the client_order_id was used before",
    Reason.INVALID_EXPIRY: "the order would end before it begins",
    Reason.PHASE: "the market's present phase does not take this",
    Reason.PRICE_BAND: "the price is outside the band around the static price",
    Reason.MINIMUM_QUANTITY: "the minimum quantity cannot be filled at once",
    Reason.LIST_REJECTED: "another order of its list was refused",
    Reason.LIST_INCOMPLETE: "the list of orders was not whole",
}
_CLASSES: dict[Reason, type[TickmeshError]] = {
    Reason.UNKNOWN_ORDER: NotFound,
    Reason.NOT_OWNER: PermissionDenied,
    Reason.INVALID_COMMAND: InvalidArgument,
    Reason.INVALID_PRICE: InvalidArgument,
    Reason.INVALID_QUANTITY: InvalidArgument,
    Reason.INVALID_EXPIRY: InvalidArgument,
    Reason.LIST_INCOMPLETE: InvalidArgument,
    Reason.UNKNOWN_INSTRUMENT: NotFound,
    Reason.ORDER_RATE_LIMIT: ResourceExhausted,
    Reason.CAPACITY: ResourceExhausted,
}


def sentence(reason: str) -> str:
    """Returns what a reason of the engine means."""
    return _SENTENCES.get(Reason[reason], reason) if reason in Reason.__members__ else reason


def refusal(reason: str, metadata: dict[str, str]) -> TickmeshError:
    """Returns the error for a refusal by the engine; a limit's figures go into its metadata."""
    kind = _CLASSES.get(Reason[reason], FailedPrecondition)
    figures = ", ".join(
        f"{key} {metadata[key]}" for key in ("scope", "limit", "used", "asked") if key in metadata
    )
    return kind(sentence(reason) + (f" ({figures})" if figures else ""), reason=reason, metadata=metadata)
