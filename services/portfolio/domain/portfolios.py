"""Portfolios: what is opened for trading, and what may go wrong with it."""

from dataclasses import dataclass

from ...runtime.errors import AlreadyExists, NotFound

DEFAULT_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class PortfolioRecord:
    """A set of positions with one owner."""

    portfolio_id: str
    desk_id: str
    name: str
    base_currency: str
    create_time_ns: int


class UnknownPortfolio(NotFound):
    """A portfolio that nobody opened."""

    reason = "UNKNOWN_PORTFOLIO"

    def __init__(self, portfolio_id: str) -> None:
        super().__init__(f"portfolio {portfolio_id!r} is not open", metadata={"portfolio_id": portfolio_id})


class PortfolioExists(AlreadyExists):
    """An id that is in use."""

    reason = "PORTFOLIO_EXISTS"

    def __init__(self, portfolio_id: str) -> None:
        super().__init__(f"portfolio {portfolio_id!r} exists", metadata={"portfolio_id": portfolio_id})
