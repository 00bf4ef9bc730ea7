"""Random actions: what clients send, and what they send when something is broken."""

from dataclasses import dataclass, field
from decimal import Context, Decimal
from random import Random

from tests.native.venue.entry_wire import DELIMITED, FIXED32, FIXED64, VARINT, Field, encode, parse
from tests.native.venue.entry_world import PORTFOLIOS, STRATEGIES
from tests.native.venue.reference_entry import ReferenceEntry, client_key
from tickmesh.orders.v1 import orders_pb2 as pb
from tickmesh.services.orders.domain.listings import Listing
from tickmesh.services.values import UNITS_MAX, Increment, decimal_text

_EXACT = Context(prec=60)
_LAST_PLACE = Decimal("1e-18")  # that the contract takes
ODD_TEXTS = [
    b"", b" ", b"~", b"\x7f", b"\x1f", b"\n", b"1\n", b"\0", b"a\0b", b"\x80", b"\xff", "é".encode(),
    b"\xed\xa0\x80", b"0", b"00", b"01", b"-1", b"+1", b"1.", b".5", b"1e5", b"1,5", b"1.0", b"1.00000",
    b"0.0", b"1.5", b"1..5", b"1.5.5", b"0x10", b"NaN", b"1_000", "١".encode(), b"9" * 18, b"9" * 19,
    b"0." + b"0" * 17 + b"1", b"0." + b"0" * 18 + b"1", b"1." + b"0" * 18, b"1." + b"0" * 19,
    b"70368744177664", b"70368744177665", b"1 ", b"9223372036854775807", b"9223372036854775808",
    b"00000000000000000001", b"0000000000000000001", b"a" * 24, b"a" * 25, b"a" * 48, b"a" * 49,
    b"a" * 64, b"a" * 65, b"~" * 127, b"a" * 128, b"A", b".a", b"-", b"ACME", b"acme", b"demo", b"Demo",
    b"demo/", b"demo\0", b"mean-reversion",
]  # fmt: skip
ODD_NUMBERS = [0, 1, 2, 3, 4, 5, 6, 127, 128, 255, 256, 1 << 31, (1 << 32) + 1, (1 << 63) + 1, (1 << 64) - 1]


@dataclass
class Messages:
    """Draws actions that fit what a reference knows."""

    random: Random
    entry: ReferenceEntry
    names: list[tuple[str, str]] = field(
        default_factory=list
    )  # portfolios and client order ids that were used

    def action(self) -> pb.OrderAction:
        """Returns an action as a client would send it; most are fine."""
        kind = self.random.choices(["submit", "cancel", "replace"], [6, 2, 3])[0]
        if kind == "submit":
            return pb.OrderAction(submit=self.submit())
        if kind == "cancel":
            return pb.OrderAction(cancel=pb.CancelOrderRequest(**self.target()))
        return pb.OrderAction(replace=self.replace())

    def submit(self) -> pb.SubmitOrderRequest:
        """Returns a new order."""
        listing = self.random.choice(self.entry.listings.by_index)
        portfolio = self.random.choice(PORTFOLIOS)
        strategies = ["", *STRATEGIES] if portfolio != PORTFOLIOS[-1] else [""] * 9 + [*STRATEGIES[:1]]
        is_market = self.random.random() < 0.3
        message = pb.SubmitOrderRequest(
            client_order_id=self.client_order_id(),
            portfolio_id=portfolio,
            strategy_id=self.random.choice(strategies),
            symbol=listing.symbol,
            side=self.random.choice([pb.Order.BUY, pb.Order.SELL]),
            order_type=pb.Order.MARKET if is_market else pb.Order.LIMIT,
            quantity=self.amount(listing.quantity_increment),
            price="" if is_market else self.amount(listing.price_increment),
            time_in_force=self.random.choice([0, 0, 1, 2, 3, 4]),  # type: ignore[arg-type]
        )
        self.names.append((message.portfolio_id, message.client_order_id))
        message.post_only = not is_market and message.time_in_force < 3 and self.random.random() < 0.3
        return message

    def client_order_id(self) -> str:
        """Returns one of printable characters, of any length that is allowed."""
        length = self.random.choice([1, 8, 16, 36, 64])
        return "".join(chr(self.random.randint(0x20, 0x7E)) for _ in range(length))

    def amount(self, increment: Increment) -> str:
        """Returns a multiple of an increment, written in one of the ways that it can be."""
        most = self.random.choice([1, 3, 100, 10**6, 10**11, UNITS_MAX - 1, UNITS_MAX])
        units = self.random.choice([most, self.random.randint(1, most)])
        text = decimal_text(increment.to_decimal(units).quantize(_LAST_PLACE, context=_EXACT))
        room = 18 - len(text.partition(".")[2])
        if self.random.random() < 0.2 and room > 0:
            text += ("" if "." in text else ".") + "0" * self.random.randint(1, room)
        return text

    def target(self) -> dict[str, str]:
        """Names an order, in one of the ways there are."""
        if self.names and self.random.random() < 0.5:
            portfolio, name = self.random.choice([*self.names[:100], *self.names[-100:]])
            return {"portfolio_id": portfolio, "client_order_id": name}
        order = str(self.random.choice([*self.entry.live, self.random.randint(1, 10_000)]))
        words = {"order_id": order.zfill(self.random.choice([1, 1, 19]))}
        if self.random.random() < 0.5:
            words["portfolio_id"] = self.random.choice(PORTFOLIOS)
        if self.random.random() < 0.3:
            words["client_order_id"] = self.client_order_id()
        return words

    def replace(self) -> pb.ReplaceOrderRequest:
        """Returns a change of price, quantity or both, mostly of an order that lives."""
        words = self.target()
        listing = self._listing_of(words)
        which = self.random.randint(1, 3)
        quantity = self.amount(listing.quantity_increment) if which & 1 else ""
        price = self.amount(listing.price_increment) if which & 2 else ""
        return pb.ReplaceOrderRequest(**words, quantity=quantity, price=price)

    def _listing_of(self, words: dict[str, str]) -> Listing:
        """Returns the instrument of an order that lives, or some."""
        key = client_key(words.get("portfolio_id", ""), words.get("client_order_id", ""))
        order = int(words["order_id"]) if "order_id" in words else self.entry.by_key.get(key, 0)
        live = self.entry.live.get(order)
        return live.listing if live else self.entry.listings.by_index[0]

    def mutated(self) -> bytes:
        """Returns an action that was broken in one way or several, or that only looks broken."""
        [outer] = parse(self.action().SerializeToString())
        assert isinstance(outer.value, bytes)
        fields = parse(outer.value)
        for _ in range(self.random.choice([0, 1, 1, 1, 2])):
            fields = self._break_fields(fields)
        outer = outer.but(value=encode(fields))
        action = outer.encode() if self.random.random() < 0.9 else encode(self._break_fields([outer]))
        return action if self.random.random() < 0.7 else self.break_bytes(action)

    def _break_fields(self, fields: list[Field]) -> list[Field]:
        place = self.random.randrange(len(fields)) if fields else 0
        before, rest = fields[:place], fields[place:]
        if not rest:
            return [self._stranger()]
        [field, *after] = rest
        how = self.random.randrange(8)
        if how == 0:
            return [*before, *after]
        if how == 1:
            return [*before, field, self.random.choice([field, self._other(field)]), *after]
        if how == 2:
            return self.random.sample(fields, len(fields))
        if how == 3:
            return [*before, self._stranger(), *rest]
        if how == 4:
            return [*before, field.but(**{self._padding(): self.random.randint(1, 9)}), *after]
        return [*before, self._other(field), *after]

    def _padding(self) -> str:
        return self.random.choice(["tag_padding", "value_padding"])

    def _other(self, field: Field) -> Field:
        """Returns a field of the same number and, mostly, of the same type."""
        number = field.number if self.random.random() < 0.9 else self.random.randint(1, 16)
        is_text = (field.wire_type == DELIMITED) == (self.random.random() < 0.95)
        value = self.random.choice(ODD_TEXTS) if is_text else self.random.choice(ODD_NUMBERS)
        return Field(number, DELIMITED if is_text else VARINT, value)

    def _stranger(self) -> Field:
        number = self.random.choice([0, 1, 5, 11, 15, 16, 31, 32, 19_000, (1 << 29) - 1])
        wire_type = self.random.randrange(8)
        garbage = self.random.randbytes({FIXED32: 4, FIXED64: 8}.get(wire_type, self.random.randint(0, 9)))
        return Field(number, wire_type, garbage)

    def break_bytes(self, data: bytes) -> bytes:
        """Returns bytes that are cut off, or of which one or some are others."""
        place = self.random.randint(0, len(data))
        return self.random.choice(
            [
                data[:place],
                data[:place] + self.random.randbytes(1) + data[place:],
                data[:place] + data[place + 1 :],
                data[:place] + self.random.randbytes(1) + data[place + 1 :],
                data + self.random.randbytes(self.random.randint(1, 4)),
                self.random.randbytes(place),
            ]
        )
