"""What the engine makes of commands that set the stage, come twice, do not fit or make no sense."""

from collections.abc import Callable
from random import Random

import pytest

from tests.native.commands import Command, as_events
from tests.native.flow import Flow
from tests.native.market import ALPHA, BETA, FIRM, SMALL, UNIT_VALUE, Market, types
from tickmesh.native.engine import (
    COMMAND_SIZE,
    DEPTH_MAX,
    NONE,
    NUMBER_MAX,
    CommandType,
    Engine,
    EngineConfig,
    EventType,
    LimitType,
    Reason,
    Side,
    TimeInForce,
)

PAGE = 64  # neighbouring prices


@pytest.fixture
def market() -> Market:
    return Market()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"side": 0}, Reason.INVALID_COMMAND),
        ({"side": 3}, Reason.INVALID_COMMAND),
        ({"kind": 0}, Reason.INVALID_COMMAND),
        ({"kind": 13}, Reason.INVALID_COMMAND),
        ({"time_in_force": 5}, Reason.INVALID_COMMAND),
        ({"time_in_force": 12}, Reason.INVALID_COMMAND),
        ({"flags": 64}, Reason.INVALID_COMMAND),
        ({"self_trade": 5}, Reason.INVALID_COMMAND),
        ({"self_trade": 8}, Reason.INVALID_COMMAND),
        ({"self_trade": 13}, Reason.INVALID_COMMAND),
        ({"contingency": 4}, Reason.INVALID_COMMAND),
        ({"more": 1}, Reason.INVALID_COMMAND),
        ({"client_key": 0}, Reason.INVALID_COMMAND),
        ({"instrument": 1}, Reason.UNKNOWN_INSTRUMENT),
        ({"instrument": NONE}, Reason.UNKNOWN_INSTRUMENT),
        ({"node": 4}, Reason.UNKNOWN_NODE),
        ({"node": NONE}, Reason.UNKNOWN_NODE),
        ({"price": 0}, Reason.INVALID_PRICE),
        ({"price": -1}, Reason.INVALID_PRICE),
        ({"price": NUMBER_MAX + 1}, Reason.INVALID_PRICE),
        ({"kind": 1, "price": 1}, Reason.INVALID_PRICE),
        ({"target": 1}, Reason.INVALID_PRICE),
        ({"target": 2**46}, Reason.INVALID_PRICE),
        ({"target": 2**64 - 1}, Reason.INVALID_PRICE),
        ({"kind": 3, "price": 0}, Reason.INVALID_PRICE),
        ({"kind": 3, "price": 0, "target": NUMBER_MAX + 1}, Reason.INVALID_PRICE),
        ({"kind": 9, "price": 1}, Reason.INVALID_PRICE),
        ({"kind": 10, "price": 0, "target": NUMBER_MAX + 1}, Reason.INVALID_PRICE),
        ({"kind": 10, "price": 0, "target": 2**64 - NUMBER_MAX - 1}, Reason.INVALID_PRICE),
        ({"quantity": 0}, Reason.INVALID_QUANTITY),
        ({"quantity": -(2**63)}, Reason.INVALID_QUANTITY),
        ({"quantity": 2**63 - 1}, Reason.INVALID_QUANTITY),
    ],
)
@pytest.mark.parametrize("busy", [False, True])
def test_an_order_that_makes_no_sense_is_refused(
    market: Market, fields: dict[str, int], reason: Reason, busy: bool
) -> None:
    if busy:
        market.sell(1, 1_010, node=BETA)
        market.buy(1, 990)
    (event,) = market.order(**({"side": Side.BUY, "quantity": 1, "price": 1_000} | fields))
    assert (event.type, event.reason) == (EventType.ORDER_REJECTED, reason)
    assert event.order == market.sequence
    assert market.engine.status().orders == (2 if busy else 0)


def test_a_repeated_client_key_gets_the_id_of_the_first_order(market: Market) -> None:
    first = market.buy(1, 990, client_key=7)[0].order
    (event,) = market.sell(5, 1_010, client_key=7, node=BETA)
    assert (event.reason, event.leaves) == (Reason.DUPLICATE_CLIENT_ORDER, first)
    assert event.order == market.sequence


def test_a_refused_order_keeps_its_client_key_too(market: Market) -> None:
    first = market.buy(0, 990, client_key=7)[0].order
    assert market.buy(1, 990, client_key=7)[0].leaves == first


def test_the_oldest_client_key_is_forgotten_first(market: Market) -> None:
    for key in range(1, SMALL.client_keys + 2):
        market.buy(0, 990, client_key=key)
    assert market.buy(0, 990, client_key=2)[0].reason == Reason.DUPLICATE_CLIENT_ORDER
    assert market.buy(0, 990, client_key=1)[0].reason == Reason.INVALID_QUANTITY


@pytest.mark.parametrize("step", [0, -1])
@pytest.mark.parametrize("command_type", list(CommandType))
def test_a_command_that_comes_again_does_nothing(
    market: Market, command_type: CommandType, step: int
) -> None:
    order = market.buy(5, 990)[0].order
    before = market.engine.status()
    fields = {"target": order, "instrument": 1, "node": ALPHA, "price": 990, "quantity": 5}
    (event,) = market.run(command_type, sequence=market.sequence + step, **fields)
    assert (event.reason, event.order) == (Reason.INVALID_COMMAND, 0)
    after = market.engine.status()
    assert after.event_sequence == before.event_sequence + 1
    assert (after.orders, after.instruments, after.command_sequence) == (1, 1, before.command_sequence)


def test_time_that_falls_is_taken_as_the_last_time(market: Market) -> None:
    market.time_ns = 10**9
    market.limit(LimitType.ORDER_RATE, 1, instrument=NONE)
    market.buy(1, 990)
    market.time_ns = 0
    assert market.buy(1, 990)[0].reason == Reason.ORDER_RATE_LIMIT
    market.time_ns = 2 * 10**9
    assert market.buy(1, 990)[0].type == EventType.ORDER_ACCEPTED


@pytest.mark.parametrize(
    ("command_type", "fields", "reason"),
    [
        (CommandType.LIST_INSTRUMENT, {"instrument": 0}, Reason.ALREADY_EXISTS),
        (CommandType.LIST_INSTRUMENT, {"instrument": 2}, Reason.ALREADY_EXISTS),
        (CommandType.LIST_INSTRUMENT, {"instrument": 1, "quantity": 1}, Reason.INVALID_PRICE),
        (CommandType.LIST_INSTRUMENT, {"instrument": 1, "price": 1}, Reason.INVALID_QUANTITY),
        (CommandType.SET_UNIT_VALUE, {"instrument": 1, "quantity": 1}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_UNIT_VALUE, {"instrument": 0, "quantity": 0}, Reason.INVALID_QUANTITY),
        (CommandType.ADD_NODE, {"node": 3, "target": 0}, Reason.ALREADY_EXISTS),
        (CommandType.ADD_NODE, {"node": 5, "target": 0}, Reason.ALREADY_EXISTS),
        (CommandType.ADD_NODE, {"node": 4, "target": 4}, Reason.UNKNOWN_NODE),
        (CommandType.ADD_NODE, {"node": 4, "target": NONE}, Reason.UNKNOWN_NODE),
        (CommandType.ADD_NODE, {"node": 4, "target": 2**32}, Reason.UNKNOWN_NODE),
        (CommandType.SET_LIMIT, {"kind": 0}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": 7}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": 1, "instrument": NONE}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": 3, "instrument": NONE}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": 4, "instrument": 0}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": 5, "instrument": NONE}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": 6, "instrument": 0}, Reason.INVALID_COMMAND),
        (CommandType.SET_LIMIT, {"kind": 1, "instrument": 1}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_LIMIT, {"kind": 1, "node": 4}, Reason.UNKNOWN_NODE),
        (CommandType.SET_TRADING_STATE, {"kind": 3}, Reason.INVALID_COMMAND),
        (CommandType.SET_TRADING_STATE, {"instrument": 1}, Reason.UNKNOWN_INSTRUMENT),
        (CommandType.SET_TRADING_STATE, {"node": 4}, Reason.UNKNOWN_NODE),
        (CommandType.END_OF_DAY, {"instrument": 1}, Reason.UNKNOWN_INSTRUMENT),
        (0, {}, Reason.INVALID_COMMAND),
        (20, {}, Reason.INVALID_COMMAND),
        (255, {}, Reason.INVALID_COMMAND),
    ],
)
def test_a_control_command_that_makes_no_sense_is_refused(
    market: Market, command_type: int, fields: dict[str, int], reason: Reason
) -> None:
    (event,) = market.run(command_type, **fields)
    assert (event.type, event.reason) == (EventType.CONTROL_REJECTED, reason)


def test_a_control_command_that_took_effect_says_so(market: Market) -> None:
    (event,) = market.limit(LimitType.POSITION, 5)
    assert (event.type, event.node, event.instrument) == (EventType.CONTROL_APPLIED, ALPHA, 0)


def test_reserved_bytes_that_are_not_zero_are_refused(market: Market) -> None:
    block = bytearray(Command(100, 0, type=CommandType.CANCEL_ORDER).pack())
    block[-1] = 1
    (event,) = as_events(market.engine.process(block))
    assert (event.type, event.reason) == (EventType.CANCEL_REJECTED, Reason.INVALID_COMMAND)


def test_a_tree_has_a_greatest_depth() -> None:
    with Engine(
        EngineConfig(orders=1, instruments=1, pages=1, nodes=99, positions=1, client_keys=1)
    ) as engine:
        commands = [
            Command(1 + node, 0, type=CommandType.ADD_NODE, node=node, target=node - 1 if node else NONE)
            for node in range(DEPTH_MAX + 1)
        ]
        events = as_events(engine.process(b"".join(command.pack() for command in commands)))
        assert events[-2].type == EventType.CONTROL_APPLIED
        assert events[-1].reason == Reason.CAPACITY


def test_full_pools_of_instruments_and_nodes_refuse_more(market: Market) -> None:
    market.list_instrument(1)
    assert market.list_instrument(2)[0].reason == Reason.CAPACITY
    for node in range(4, SMALL.nodes):
        market.run(CommandType.ADD_NODE, node=node, target=FIRM)
    (event,) = market.run(CommandType.ADD_NODE, node=SMALL.nodes, target=FIRM)
    assert event.reason == Reason.CAPACITY


def test_a_full_order_pool_refuses_orders_that_may_rest_before_they_trade(market: Market) -> None:
    for _ in range(SMALL.orders):
        market.sell(1, 1_010, node=BETA)
    (event,) = market.buy(1, 1_010)
    assert event.reason == Reason.CAPACITY
    assert len(market.buy(1, 1_010, time_in_force=TimeInForce.IOC)) == 4
    assert types(market.buy(1, 990)) == ["ORDER_ACCEPTED", "BOOK_LEVEL"]


def test_when_no_page_is_left_only_prices_near_others_find_a_place(market: Market) -> None:
    for page in range(1, SMALL.pages):
        market.buy(1, page * PAGE)
    last = market.sell(1, SMALL.pages * PAGE)[0].order
    assert market.engine.status().pages == SMALL.pages
    assert market.buy(1, SMALL.pages * PAGE - 1 + PAGE)[0].reason == Reason.CAPACITY
    assert market.buy(1, PAGE - 1)[0].reason == Reason.CAPACITY
    near = market.buy(1, 2 * PAGE - 1)[0].order
    assert market.replace(near, price=PAGE - 1)[0].reason == Reason.CAPACITY
    market.cancel(last)
    assert market.replace(near, price=PAGE - 1)[0].type == EventType.ORDER_REPLACED


def test_a_full_position_table_refuses_orders_limits_and_states() -> None:
    market = Market(EngineConfig(orders=9, instruments=2, pages=9, nodes=8, positions=3, client_keys=9))
    order = market.buy(1, 990)[0].order
    assert market.engine.status().positions == 3
    assert market.buy(1, 990, node=BETA)[0].reason == Reason.CAPACITY
    assert market.limit(LimitType.POSITION, 5, BETA)[0].reason == Reason.CAPACITY
    assert market.state(2, BETA, 0)[0].reason == Reason.CAPACITY
    assert market.limit(LimitType.POSITION, -1, BETA)[0].type == EventType.CONTROL_APPLIED
    market.cancel(order)
    assert market.engine.status().positions == 0
    assert market.buy(1, 990, node=BETA)[0].type == EventType.ORDER_ACCEPTED


@pytest.mark.parametrize("seed", range(3))
def test_bytes_of_no_meaning_never_crash_the_engine(seed: int) -> None:
    random = Random(seed)
    blocks = bytearray(random.randbytes(COMMAND_SIZE * 20_000))
    for index in range(20_000):
        start = index * COMMAND_SIZE
        if random.random() < 0.9:
            blocks[start : start + 8] = (100 + index).to_bytes(8, "little")
            blocks[start + 56] %= len(CommandType) + 2
            blocks[start + 61 : start + 64] = bytes(3)
    with Engine(SMALL) as engine:
        engine.process(b"".join(command.pack() for command in Flow(0).stage()))
        events = engine.process(blocks)
    assert len(events) >= 20_000


@pytest.mark.parametrize("batch", [1, 7, 5_000])
def test_a_replay_gives_the_same_events_and_the_same_state(batch: int) -> None:
    flow = Flow(11)
    journal = b"".join(command.pack() for command in flow.stage() + flow.commands(5_000))
    with Engine(SMALL) as first, Engine(SMALL) as second:
        events = first.process(journal).tobytes()
        step = batch * COMMAND_SIZE
        parts = [second.process(journal[at : at + step]).tobytes() for at in range(0, len(journal), step)]
        assert b"".join(parts) == events
        assert first.state_hash() == second.state_hash()


def test_the_state_hash_sees_whose_order_stands_first() -> None:
    digests = set()
    for nodes in ((ALPHA, BETA), (BETA, ALPHA)):
        market = Market()
        for node in nodes:
            market.buy(1, 990, node=node)
        digests.add(market.engine.state_hash())
    assert len(digests) == 2


def test_the_state_hash_sees_what_later_commands_can_observe(market: Market) -> None:
    seen = {market.engine.state_hash()}
    order = market.buy(10, 990)[0].order
    changes: list[Callable[[], object]] = [
        lambda: market.replace(order, quantity=9),
        lambda: market.replace(order, price=991),
        lambda: market.limit(LimitType.POSITION, 5),
        lambda: market.limit(LimitType.ORDER_RATE, 5, instrument=NONE),
        lambda: market.state(1, FIRM),
        lambda: market.run(CommandType.SET_UNIT_VALUE, quantity=UNIT_VALUE + 1),
        lambda: market.cancel(order),
    ]
    for change in changes:
        seen.add(market.engine.state_hash())
        change()
    seen.add(market.engine.state_hash())
    assert len(seen) == len(changes) + 2
