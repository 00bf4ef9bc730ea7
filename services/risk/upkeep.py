"""What risk does without being asked: default limits for what is new, conversion rates for what moved."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from tickmesh.assets.v1 import assets_pb2

from ..runtime import telemetry
from ..runtime.errors import TickmeshError
from ..runtime.outages import DatabaseUnavailable
from .changes import Changes
from .domain.conversion import Conversions
from .domain.limits import LimitKey, LimitType
from .domain.rulebook import RuleBook, Signature
from .domain.scopes import Level, Scope
from .engine import Engine, EngineRefusedError, OrdersUnreachable
from .requests import by_itself
from .wire import pair_of, rate_control

SUBJECT = "default"
RETRY_S = 0.25
RETRY_S_MAX = 10.0

log = telemetry.logger(__name__)


class Defaults:
    """Sets each default limit once in its life, as soon as the orders service knows what it is for."""

    def __init__(
        self,
        changes: Changes,
        rules: RuleBook,
        clock: Callable[[], int],
        limits: dict[LimitKey, str],
        collar_bps: int,
    ) -> None:
        self._changes = changes
        self._rules = rules
        self._clock = clock
        self._wanted = dict(limits)
        self._collar_bps = collar_bps
        self._listed = False
        self._news = asyncio.Event()
        self.complete = asyncio.Event()  # nothing that was wanted so far is left to do

    def list_instruments(self, instruments: Iterable[assets_pb2.Instrument]) -> None:
        """Wants a price collar of the firm for each instrument."""
        for instrument in instruments if self._collar_bps else ():
            scope = Scope(Level.FIRM, symbol=instrument.symbol)
            self._wanted.setdefault(LimitKey(scope, LimitType.PRICE_COLLAR), str(self._collar_bps))
        self._listed = True
        self._news.set()

    async def run(self) -> None:
        """Sets what is wanted, for ever; what the orders service does not know yet is tried again."""
        delay_s = RETRY_S
        while True:
            self._news.clear()
            if await self._set_missing():
                if self._listed and not self._news.is_set():
                    self.complete.set()
                await self._news.wait()
                delay_s = RETRY_S
            else:
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, RETRY_S_MAX)

    async def _set_missing(self) -> bool:
        """Sets what was never touched: all at once, or one by one where something is refused."""
        missing = {key: value for key, value in self._wanted.items() if not self._rules.was_touched(key)}
        try:
            if missing:
                await self._set(missing)
            return True
        except EngineRefusedError:
            return all([await self._is_set(key, value) for key, value in missing.items()])
        except (OrdersUnreachable, DatabaseUnavailable) as error:
            log.info("default limits are not set yet", limits=len(missing), problem=error.message)
            return False

    async def _is_set(self, key: LimitKey, value: str) -> bool:
        try:
            await self._set({key: value})
        except TickmeshError as error:
            log.info("a default limit is not set yet", limit_id=key.limit_id, problem=error.message)
            return False
        return True

    async def _set(self, limits: Mapping[LimitKey, str]) -> None:
        await self._changes.set_limits(by_itself(), limits, Signature(SUBJECT, self._clock()))


class RateTeller:
    """Tells the engine what currencies are worth, whenever one moved far enough."""

    def __init__(self, engine: Engine, conversions: Conversions) -> None:
        self._engine = engine
        self._conversions = conversions
        self._news = asyncio.Event()

    def list_instruments(self, instruments: Iterable[assets_pb2.Instrument]) -> None:
        """Takes the reference prices of currency pairs, and which currencies matter."""
        for instrument in instruments:
            self._conversions.need(instrument.currency)
            pair = pair_of(instrument)
            if pair is not None:
                self._conversions.list_pair(instrument.symbol, pair, Decimal(instrument.reference_price))
        self._news.set()

    def price(self, prices: dict[str, Decimal]) -> None:
        """Takes new prices."""
        for symbol, price in prices.items():
            self._conversions.price(symbol, price)
        self._news.set()

    async def run(self) -> None:
        """Tells rates for ever; what could not be told is tried again."""
        while True:
            await self._news.wait()
            self._news.clear()
            rates = self._conversions.moved()
            if rates and not await self._tell(rates):
                self._news.set()
            await asyncio.sleep(RETRY_S)

    async def _tell(self, rates: dict[str, str]) -> bool:
        try:
            await self._engine.apply([rate_control(currency, rate) for currency, rate in rates.items()])
        except TickmeshError as error:
            log.info("conversion rates are not told yet", currencies=list(rates), problem=error.message)
            return False
        self._conversions.told(rates)
        return True


async def send_all_until_taken(changes: Changes, sent: asyncio.Event) -> None:
    """Sends all that is in force again and again until the orders service takes it."""
    delay_s = RETRY_S
    while True:
        try:
            refused = await changes.send_all()
        except TickmeshError as error:
            refused = [error.message]
        if not refused:
            return sent.set()
        log.info("the orders service does not take all that is in force", problems=refused[:3])
        await asyncio.sleep(delay_s)
        delay_s = min(delay_s * 2, RETRY_S_MAX)
