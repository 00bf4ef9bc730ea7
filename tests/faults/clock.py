"""The clock of a machine jumps, forwards and backwards, while orders flow.

    python -m tests.faults.clock --seconds 120 --seed 7

Time in the journal never goes back, nobody loses the shard by it, no service ends, and orders go on.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path

import grpc

from tests.services.orders.desk import BUY, Order, a_limit, an_order, refusal_of, scope
from tickmesh.orders.v1 import orders_pb2, orders_pb2_grpc
from tickmesh.services.runtime import client, contract, identity
from tickmesh.services.runtime.errors import describe

from .company import ORDERS, Company, a_company
from .crew import WITHIN_S
from .longer import rounds
from .steady import under_load
from .test_takeover import check_everything
from .weather import Weather

HOUR_S = 3_600.0
DAY_S = 24 * HOUR_S
ORDERS_A_SECOND = 5


async def jump(company: Company, weather: Weather, aheads_s: list[float]) -> None:
    """Sets the clock to several times while orders flow; then everything must be there, once."""
    pids = _pids(company)
    async with under_load(company.desk) as (steady, following):
        for ahead_s in aheads_s:
            weather.set_clock(ahead_s)
            await steady.wait_for_more(100)
        await steady.stop()
        await check_everything(company, steady, following)
    await company.all_answer()
    await company.check_positions()
    times = [one.transact_time.ToNanoseconds() for one in await company.desk.executions()]
    assert times == sorted(times), "the time in the journal went back"
    assert _pids(company) == pids, "a process ended"


def _pids(company: Company) -> dict[str, int]:
    return {name: process.pid for name, process in company.processes.items()}


async def bounded(company: Company) -> None:
    """A bound on the rate of orders lets more through after a moment, whatever the clock did."""
    place = scope("PORTFOLIO", "demo")
    await company.desk.control(a_limit("ORDER_RATE", str(ORDERS_A_SECOND), place))
    while await _is_accepted(company):
        pass
    async with asyncio.timeout(WITHIN_S):
        while not await _is_accepted(company):
            await asyncio.sleep(0.1)
    await company.desk.control(a_limit("ORDER_RATE", "1000000", place))


async def _is_accepted(company: Company) -> bool:
    try:
        await company.desk.stub.SubmitOrder(an_order(BUY, "1", "180.00"), timeout=WITHIN_S)
    except grpc.aio.AioRpcError as error:
        assert describe(error).reason == "ORDER_RATE_LIMIT", error
        return False
    return True


async def the_day_ends(company: Company, weather: Weather) -> None:
    """Over midnight, DAY orders expire with the next command; setting the clock back comes too late."""
    before = await company.desk.submit(time_in_force=Order.DAY, price="180.00")
    weather.set_clock(DAY_S)
    after = await company.desk.submit(time_in_force=Order.DAY, price="180.00")
    weather.set_clock(0.0)
    await company.desk.submit(price="180.00")
    assert (await company.desk.get(before)).status == Order.EXPIRED
    assert (await company.desk.get(after)).status == Order.NEW


async def tokens(company: Company, weather: Weather) -> None:
    """A token of a quarter of an hour is too old for a clock an hour ahead, and not for one behind."""
    signer = identity.Signer.load(company.folder / "keys")
    token = signer.mint("test", contract.all_scopes(), client.TOKEN_TTL_S)
    async with client.connect(company.addresses[ORDERS], lambda: token) as channel:
        desk = orders_pb2_grpc.OrdersServiceStub(channel)
        weather.set_clock(HOUR_S)
        refused = await refusal_of(desk.GetEngineStatus(orders_pb2.GetEngineStatusRequest()))
        assert (refused.code, refused.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_EXPIRED")
        weather.set_clock(-HOUR_S)
        await desk.GetEngineStatus(orders_pb2.GetEngineStatusRequest())


async def restart(company: Company) -> None:
    """Starts the owner again; it finds a journal that is ahead of its clock."""
    epoch = (await company.desk.status()).epoch
    company.processes[ORDERS].kill()
    async with asyncio.timeout(WITHIN_S):
        while await company.role(ORDERS) != "owner" or (await company.desk.status()).epoch == epoch:
            await asyncio.sleep(0.05)


async def everything(company: Company, weather: Weather, chance: random.Random) -> None:
    """Does all of these once."""
    await the_day_ends(company, weather)
    await bounded(company)
    await tokens(company, weather)
    await restart(company)
    await jump(company, weather, [HOUR_S, 0.0, -HOUR_S, chance.uniform(-DAY_S, DAY_S), 0.0])


async def play(folder: Path, seed: int, rounds_left: Iterable[int] = range(1)) -> None:
    """Runs a company under a clock that jumps, for some rounds."""
    weather, chance = Weather(folder / "weather"), random.Random(seed)
    async with a_company(folder / "data", "", weather.environment) as company:
        for _ in rounds_left:
            await everything(company, weather, chance)


def main() -> None:
    options = rounds(__doc__, {})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True, prefix="to_m") as folder:
        asyncio.run(play(Path(folder), options.seed, options.left()))


if __name__ == "__main__":
    main()
