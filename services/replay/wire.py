"""Actions as the messages of the public order API, and its book as plain numbers."""

from collections.abc import Iterable, Sequence

from tickmesh.orders.v1 import orders_pb2 as pb

from .plan import Action, Do
from .rebuilt import Change, LevelChange, Levels
from .stage import Stage

Order = pb.Order


class OrderWriter:
    """Writes actions as messages. Prices come again and again, so their text is kept."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._increment = stage.increment
        self._prices: dict[int, str] = {}
        self._write = {
            Do.PLACE: self._place,
            Do.HIT: self._hit,
            Do.REDUCE: self._reduce,
            Do.CANCEL: self._cancel,
        }

    def request(self, actions: Iterable[Action], first: int) -> pb.SubmitOrdersRequest:
        """Returns a batch; `first` is the place of its first action in the plan."""
        write = self._write
        return pb.SubmitOrdersRequest(
            actions=[write[action.do](action, number) for number, action in enumerate(actions, first)]
        )

    def _place(self, action: Action, number: int) -> pb.OrderAction:
        return self._submit(action, self._stage.passive, action.name, Order.GTC)

    def _hit(self, action: Action, number: int) -> pb.OrderAction:
        return self._submit(action, self._stage.takers, hit_name(number), Order.IOC)

    def _submit(
        self, action: Action, portfolio: str, name: str, lives: Order.TimeInForce.ValueType
    ) -> pb.OrderAction:
        submit = pb.SubmitOrderRequest(
            client_order_id=name,
            portfolio_id=portfolio,
            symbol=self._stage.symbol,
            side=Order.BUY if action.is_buy else Order.SELL,
            order_type=Order.LIMIT,
            quantity=str(action.quantity),
            price=self._price(action.price),
            time_in_force=lives,
        )
        return pb.OrderAction(submit=submit)

    def _reduce(self, action: Action, number: int) -> pb.OrderAction:
        replace = pb.ReplaceOrderRequest(
            portfolio_id=self._stage.passive, client_order_id=action.name, quantity=str(action.quantity)
        )
        return pb.OrderAction(replace=replace)

    def _cancel(self, action: Action, number: int) -> pb.OrderAction:
        cancel = pb.CancelOrderRequest(portfolio_id=self._stage.passive, client_order_id=action.name)
        return pb.OrderAction(cancel=cancel)

    def _price(self, units: int) -> str:
        text = self._prices.get(units)
        if text is None:
            text = self._prices[units] = self._increment.to_text(units // self._stage.price_step)
        return text


def hit_name(number: int) -> str:
    """Returns the client's id of the order that hits, by its place in the plan."""
    return f"hit-{number}"


def changes_of(responses: Sequence[pb.StreamBookResponse], symbol: str) -> list[Change]:
    """Returns all that a stream told about one book, in order."""
    levels = Levels()
    changes: list[Change] = []
    for response in responses:
        for book in response.snapshot.books:
            changes += [_change(levels, book, is_whole=True)] if book.symbol == symbol else []
        for update in response.update.updates:
            changes += [_change(levels, update, is_whole=False)] if update.symbol == symbol else []
    return changes


def _change(levels: Levels, message: pb.Book | pb.BookUpdate, is_whole: bool) -> Change:
    bids: list[LevelChange] = [levels.change(True, level.price, level.quantity) for level in message.bids]
    asks: list[LevelChange] = [levels.change(False, level.price, level.quantity) for level in message.asks]
    return Change(message.command, bids + asks, is_whole)
