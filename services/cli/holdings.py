"""`positions` and `instruments`: what we have, and what there is."""

from argparse import ArgumentParser, Namespace
from typing import Any

from . import moments, place
from .command import OK, Command

_ASSET_TYPES = ("STOCK", "BOND", "ETF", "REIT", "MUTUAL_FUND", "CRYPTO", "FOREX", "COMMODITY")
_POSITION_TITLES = (
    "portfolio", "symbol", "quantity", "average", "mark", "value", "currency", "realized",
    "unrealized", "trades",
)  # fmt: skip
_INSTRUMENT_TITLES = ("symbol", "name", "type", "currency", "increment", "lot", "reference", "isin", "mic")


def _configure_positions(parser: ArgumentParser) -> None:
    parser.add_argument("--portfolio", metavar="ID", default="", help="only this one's; default all")
    parser.add_argument(
        "--symbol", type=str.upper, metavar="SYMBOL", default="", help="only in this instrument"
    )
    parser.add_argument("--open", action="store_true", help="only those that are not flat")
    parser.add_argument(
        "--limit", metavar="N", type=int, default=1_000, help="how many at most; default 1000"
    )
    moments.add_as_of(parser)
    place.add_client(parser)


def _positions(args: Namespace) -> int:
    from tickmesh.portfolio.v1 import portfolio_pb2 as pb

    from . import output, session

    request = pb.ListPositionsRequest(portfolio_id=args.portfolio, symbol=args.symbol, open_only=args.open)
    moments.set_as_of(request, args)

    async def show(connected: session.Session) -> int:
        listed = await session.everything(connected.portfolio.ListPositions, request, max(1, args.limit))
        if args.json:
            output.print_json(listed)
        else:
            output.print_table(_POSITION_TITLES, map(_position, listed.positions), _POSITION_TITLES[2:])
        return OK

    return session.run(args, show)


def _position(position: Any) -> tuple[Any, ...]:
    from .output import signed

    return (
        position.portfolio_id,
        position.symbol,
        signed(position.quantity),
        position.average_price,
        position.mark_price,
        position.market_value,
        position.currency,
        signed(position.realized_pnl),
        signed(position.unrealized_pnl),
        str(position.trade_count),
    )


def _configure_instruments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "query", nargs="?", default="", metavar="QUERY", help="text in symbol, name or identifier"
    )
    parser.add_argument("--type", type=str.upper, choices=_ASSET_TYPES, help="only this type")
    parser.add_argument(
        "--limit", metavar="N", type=int, default=1_000, help="how many at most; default 1000"
    )
    place.add_client(parser)


def _instruments(args: Namespace) -> int:
    from tickmesh.assets.v1 import assets_pb2 as pb

    from . import output, session

    kind = pb.Instrument.AssetType.Value(args.type or "ASSET_TYPE_UNSPECIFIED")
    request = pb.ListInstrumentsRequest(query=args.query, asset_type=kind)

    async def show(connected: session.Session) -> int:
        listed = await session.everything(connected.assets.ListInstruments, request, max(1, args.limit))
        if args.json:
            output.print_json(listed)
        else:
            numbers = ("increment", "lot", "reference")
            output.print_table(_INSTRUMENT_TITLES, map(_instrument, listed.instruments), numbers)
        return OK

    return session.run(args, show)


def _instrument(instrument: Any) -> tuple[str, ...]:
    return (
        instrument.symbol,
        instrument.name,
        type(instrument).AssetType.Name(instrument.asset_type),
        instrument.currency,
        instrument.price_increment,
        instrument.quantity_increment,
        instrument.reference_price,
        instrument.isin,
        instrument.mic,
    )


COMMANDS = {
    "positions": Command(
        _configure_positions,
        _positions,
        "  tickmesh positions --portfolio demo\n  tickmesh positions --open --json\n"
        "  tickmesh positions --as-of 2026-11-21T10:00:00Z",
    ),
    "instruments": Command(
        _configure_instruments,
        _instruments,
        "  tickmesh instruments\n  tickmesh instruments apple\n  tickmesh instruments --type BOND",
    ),
}
