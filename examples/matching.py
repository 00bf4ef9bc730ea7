"""The matching engine inside one process: no server, no network. Run it: `python examples/matching.py`.

Prices are ticks of a cent, quantities are shares. A market opens with an auction, a strategy puts a bracket
around its position, an iceberg hides its size, a limit says no, and 100,000 orders arrive as one array.
"""

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from tickmesh.native.engine import (
    COMMAND_DTYPE,
    NONE,
    CommandType,
    Contingency,
    Engine,
    EngineConfig,
    EventType,
    LimitType,
    OrderType,
    Phase,
    Reason,
    Side,
    TimeInForce,
)

FIRM, ALPHA, BETA = 0, 1, 2  # two strategies below one firm
CONFIG = EngineConfig(orders=200_000, instruments=16, client_keys=200_000)


def tell(title: str, events: NDArray[np.void]) -> None:
    print(f"\n{title}")
    for event in events:
        words = [f"{name} {event[name]}" for name in ("order", "price", "quantity", "leaves") if event[name]]
        if event["side"]:
            words.insert(0, Side(event["side"]).name)
        if event["reason"]:
            words.append(f"because of {Reason(event['reason']).name}")
        print(f"  {EventType(event['type']).name:16}", *words)


def order(engine: Engine, side: Side, quantity: int, price: int, **fields: int) -> NDArray[np.void]:
    """Sends an order of ALPHA: LIMIT, for the day, unless the fields say otherwise."""
    key = engine.status().command_sequence + 1  # whatever names the order for its owner
    plain = {"kind": OrderType.LIMIT, "node": ALPHA, "client_key": key}
    return engine.submit(CommandType.NEW_ORDER, side=side, quantity=quantity, price=price, **(plain | fields))


def set_up(engine: Engine) -> None:
    """Lists one instrument (a tick of a share is worth 10,000,000 nano-dollars), and builds the tree."""
    engine.submit(CommandType.LIST_INSTRUMENT, instrument=0, price=10_000, quantity=10_000_000)
    for node, parent in ((FIRM, NONE), (ALPHA, FIRM), (BETA, FIRM)):
        engine.submit(CommandType.ADD_NODE, node=node, target=parent)
    engine.submit(CommandType.SET_LIMIT, node=ALPHA, kind=LimitType.POSITION, quantity=5_000)
    engine.submit(CommandType.SET_FEES, node=FIRM, instrument=NONE, price=-20, quantity=30)  # millionths


def open_market(engine: Engine) -> None:
    engine.submit(CommandType.SET_PHASE, kind=Phase.OPENING_AUCTION)
    order(engine, Side.BUY, 300, 10_010)
    order(engine, Side.BUY, 200, 0, kind=OrderType.MARKET, time_in_force=TimeInForce.AT_THE_OPENING)
    order(engine, Side.SELL, 400, 9_990, node=BETA)
    tell("What the auction would give now", engine.submit(CommandType.INDICATE))
    tell("It crosses", engine.submit(CommandType.SET_PHASE, kind=Phase.CONTINUOUS))


def trade(engine: Engine) -> None:
    rules = {"contingency": Contingency.BRACKET, "time_in_force": TimeInForce.GTC}
    order(engine, Side.BUY, 100, 10_020, more=2, **rules)
    order(engine, Side.SELL, 100, 10_100, more=1, **rules)  # takes the profit
    stop = {"kind": OrderType.STOP, "target": 9_950}  # or limits the loss
    tell("A bracket is accepted whole", order(engine, Side.SELL, 100, 0, **stop, **rules))
    engine.submit(CommandType.ORDER_TERMS, price=50)
    tell("An iceberg shows 50 of 500", order(engine, Side.SELL, 500, 10_020, node=BETA))
    print(
        "  best offers:", *(f"{level.quantity} at {level.price}," for level in engine.depth(0, Side.SELL, 2))
    )
    print("  the first of them has left:", engine.queue(0, Side.SELL, 1)[0].leaves)
    tell("A limit says no", order(engine, Side.BUY, 6_000, 9_900))
    print("  ALPHA:", engine.exposure(ALPHA, 0), engine.usage(ALPHA, 0, LimitType.POSITION))


def many_orders(first: int, count: int) -> NDArray[np.void]:
    """Returns orders of BETA as columns; one in ten would trade at once."""
    chance = np.random.default_rng(7)
    commands = np.zeros(count, dtype=COMMAND_DTYPE)
    commands["sequence"] = commands["client_key"] = commands["time_ns"] = np.arange(first, first + count)
    commands["type"], commands["kind"], commands["node"] = CommandType.NEW_ORDER, OrderType.LIMIT, BETA
    commands["side"] = chance.choice([Side.BUY, Side.SELL], count)
    away = chance.integers(1, 300, count) * np.where(chance.random(count) < 0.1, -1, 1)
    commands["price"] = 10_020 + np.where(commands["side"] == Side.BUY, -away, away)
    commands["quantity"] = chance.integers(1, 100, count)
    return commands


def run_many(engine: Engine) -> None:
    commands, start = many_orders(engine.status().command_sequence + 1, 100_000), perf_counter()
    events = engine.run(commands)  # a view of the engine's own array: nothing is copied
    rate = len(commands) / (perf_counter() - start) / 1e6
    trades = events[events["type"] == EventType.TRADE]
    print(f"\n{len(commands):,} orders in one call, {rate:.1f} million a second, new memory included")
    print(f"  {len(trades) // 2:,} trades of {trades['quantity'].sum() // 2:,} shares")
    print(f"  {engine.status().orders:,} orders are live, last price {engine.instrument(0).reference_price}")


def run_one_by_one(engine: Engine) -> None:
    commands = many_orders(engine.status().command_sequence + 1, 100_000)
    step, start = engine.batch(commands).step, perf_counter()
    told = sum(map(step, range(len(commands))))  # events; those of one call are the first of engine.events
    rate = len(commands) / (perf_counter() - start) / 1e6
    print(f"\n{len(commands):,} orders in as many calls, {rate:.1f} million a second: {told:,} events")


def main() -> None:
    with Engine(CONFIG) as engine:
        set_up(engine)
        open_market(engine)
        trade(engine)
        run_many(engine)
        run_one_by_one(engine)
        snapshot = engine.snapshot()
        with Engine.restore(CONFIG, snapshot) as restored:
            print(f"\nA snapshot of {len(snapshot):,} bytes of state {engine.state_hash():016x}")
            print(f"  loads into another engine: state {restored.state_hash():016x}")
            assert restored.state_hash() == engine.state_hash()


if __name__ == "__main__":
    main()
