"""A request for every RPC, good for both transports. A new RPC needs a line here, or the walk fails."""

import base64
import itertools
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from .clients import GrpcClient, Value

PORTFOLIO = "walk"
SYMBOL = "NVDA"
STRATEGY = "taker-stock"
_numbers = itertools.count(1)


class Scene:
    """What the samples find: a portfolio with a resting order and a trade."""

    def __init__(self, grpc: GrpcClient) -> None:
        self._grpc = grpc
        portfolio = {"portfolio_id": PORTFOLIO, "desk_id": "tests", "name": "Walk"}
        grpc.call("PortfolioService.CreatePortfolio", {"portfolio": portfolio})
        self.price = grpc.call("AssetsService.GetInstrument", {"symbol": SYMBOL})["reference_price"]
        self.order_id = self.resting()["order_id"]
        other = {**portfolio, "portfolio_id": "walk-other"}
        grpc.call("PortfolioService.CreatePortfolio", {"portfolio": other})
        self._trade()

    def an_order(self, **changes: str) -> Value:
        order = {
            "client_order_id": f"walk-{next(_numbers)}",
            "portfolio_id": PORTFOLIO,
            "symbol": SYMBOL,
            "side": "BUY",
            "order_type": "LIMIT",
            "quantity": "10",
            "price": self.price,
        }
        return {**order, **changes}

    def resting(self) -> Value:
        return self._grpc.call("OrdersService.SubmitOrder", self.an_order())

    def fresh_limit(self) -> str:
        """Sets a limit, to be removed again, and returns its name."""
        scope = {"level": "DESK", "id": "tests"}
        request = {"scope": scope, "limit_type": "ORDER_NOTIONAL", "value": "900000"}
        return str(self._grpc.call("RiskService.SetLimit", request)["limit_id"])

    def _trade(self) -> None:
        self._grpc.call(
            "OrdersService.SubmitOrder", self.an_order(portfolio_id="walk-other", side="SELL", quantity="3")
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """How to call one RPC twice so that both answers must be the same."""

    request: Callable[[Scene], Value]  # asked once a call: a change that happens once needs a fresh object
    differs: tuple[str, ...] = ()  # fields of the answer that name the object or the moment


def same(request: Value, *differs: str) -> Sample:
    """The same request each time: a read, or a change that its request_id makes happen once."""
    return Sample(lambda _: request, differs)


_OWN = ("order_id", "client_order_id", "submit_time", "update_time")
_NOW = ("time", "heartbeat")
_SCOPE = {"level": "PORTFOLIO", "id": PORTFOLIO}
_INSTRUMENT = {
    "symbol": "WALK",
    "name": "Walk Corporation",
    "asset_type": "STOCK",
    "currency": "USD",
    "price_increment": "0.01",
    "quantity_increment": "1",
    "calendar": "XNYS",
    "reference_price": "10",
    "stock": {"sector": "Energy", "country": "US"},
}


def _ticks(_: Scene) -> Value:
    def column(layout: str, *values: int) -> str:
        return base64.b64encode(struct.pack(f"<{len(values)}{layout}", *values)).decode()

    now_ns = time.time_ns()
    columns = {
        "instruments": [{"index": 0, "symbol": "GOOGL"}],
        "instrument_index": column("I", 0, 0),
        "kind": column("B", 1, 2),
        "price_ticks": column("q", 15_000, 15_001),
        "quantity_lots": column("q", 5, 6),
        "time_ns": column("q", now_ns, now_ns),
    }
    return {"ticks": columns}


def _batch(scene: Scene) -> Value:
    fresh = scene.an_order(quantity="1", price=scene.price)
    wrong = scene.an_order(quantity="-1")
    return {"actions": [{"submit": fresh}, {"cancel": {"order_id": "1"}}, {"submit": wrong}]}


SAMPLES: dict[str, Sample] = {
    "OrdersService.SubmitOrder": Sample(lambda scene: scene.an_order(client_order_id="walk-once")),
    "OrdersService.SubmitOrders": Sample(_batch, ("order_id", "command", "timing")),
    "OrdersService.CancelOrder": Sample(lambda scene: {"order_id": scene.resting()["order_id"]}, _OWN),
    "OrdersService.ReplaceOrder": Sample(
        lambda scene: {"order_id": scene.resting()["order_id"], "quantity": "7"}, _OWN
    ),
    "OrdersService.MassCancel": Sample(
        lambda scene: {"portfolio_id": scene.resting()["portfolio_id"]}, ("canceled_count",)
    ),
    "OrdersService.GetOrder": Sample(lambda scene: {"order_id": scene.order_id}),
    "OrdersService.ListOrders": same({"portfolio_id": PORTFOLIO, "page_size": 3}),
    "OrdersService.ListExecutions": same({"symbol": SYMBOL, "exec_type": "TRADE"}),
    "OrdersService.StreamExecutions": same({"exec_types": ["TRADE"], "from_start": True}),
    "OrdersService.GetBook": same({"symbol": SYMBOL, "depth": 5}, "time"),
    "OrdersService.StreamBook": same({"symbols": [SYMBOL, "AAPL"], "delivery": "COMPLETE"}, "time"),
    "OrdersService.GetEngineStatus": same({}, "commands_per_second", "projected_sequence"),
    "OrdersService.GetLimitUsage": same(
        {"limits": [{"scope": {"level": "PORTFOLIO", "id": PORTFOLIO}, "limit_type": "GROSS_EXPOSURE"}]}
    ),
    "OrdersService.ApplyControls": same(
        {"request_id": "walk-c", "controls": [{"account": {"portfolio_id": PORTFOLIO, "desk_id": "tests"}}]}
    ),
    "RiskService.SetLimit": same(
        {"request_id": "walk-l", "scope": _SCOPE, "limit_type": "ORDER_RATE", "value": "500"}
    ),
    "RiskService.DeleteLimit": Sample(lambda scene: {"limit_id": scene.fresh_limit()}),
    "RiskService.ListLimits": same({"page_size": 5}),
    "RiskService.SetTradingState": same(
        {
            "request_id": "walk-s",
            "scope": {"level": "DESK", "id": "tests"},
            "state": "ACTIVE",
            "comment": "walk",
        }
    ),
    "RiskService.KillSwitch": same(
        {"request_id": "walk-k", "scope": {"level": "PORTFOLIO", "id": "takers"}, "comment": "walk"}
    ),
    "RiskService.ListTradingStates": same({}),
    "RiskService.ListRiskEvents": same({"page_size": 3}),
    "RiskService.StreamRiskEvents": same({}),
    "AssetsService.CreateInstrument": same({"request_id": "walk-i", "instrument": _INSTRUMENT}),
    "AssetsService.GetInstrument": same({"symbol": SYMBOL}),
    "AssetsService.UpdateInstrument": same(
        {"request_id": "walk-u", "instrument": {"symbol": "JPM", "name": "Walk"}, "update_mask": "name"}
    ),
    "AssetsService.ListInstruments": same({"asset_type": "CRYPTO", "query": "usd", "page_size": 2}),
    "AssetsService.StreamInstruments": same({}),
    "PortfolioService.CreatePortfolio": same(
        {
            "request_id": "walk-p",
            "portfolio": {"portfolio_id": "walked", "desk_id": "tests", "name": "Walked"},
        }
    ),
    "PortfolioService.GetPortfolio": same({"portfolio_id": PORTFOLIO}),
    "PortfolioService.ListPortfolios": same({"page_size": 2}),
    "PortfolioService.ListPositions": same({"portfolio_id": PORTFOLIO, "open_only": True}),
    "PortfolioService.StreamPositions": same({"portfolio_id": PORTFOLIO}),
    "StrategyService.ListStrategies": same({"page_size": 4}, "last_step_time"),
    "StrategyService.GetStrategy": same({"strategy_id": STRATEGY}, "last_step_time"),
    "StrategyService.StartStrategy": same({"strategy_id": STRATEGY}, "last_step_time", "orders_sent"),
    "StrategyService.StopStrategy": same({"strategy_id": STRATEGY}, "last_step_time", "orders_sent"),
    "StrategyService.UpdateParameters": same(
        {"strategy_id": "market-maker-bond", "parameters": [{"name": "spread_bps", "value": "9"}]},
        "last_step_time",
    ),
    "StrategyService.StreamStatus": same({}, "last_step_time"),
    "PricingService.GetQuote": same({"symbol": SYMBOL}),
    "PricingService.ListQuotes": same({"symbols": [SYMBOL, "AAPL"], "page_size": 5}),
    "PricingService.StreamQuotes": same({"symbols": [SYMBOL]}),
    "PricingService.ListTrades": same({"symbol": SYMBOL}),
    "PricingService.ListBars": same({"symbol": SYMBOL, "interval": "DAY_1"}),
    "PricingService.StreamBars": same({"symbols": [SYMBOL], "interval": "DAY_1"}),
    "PricingService.PublishTicks": Sample(_ticks),
    "PricingService.StreamTicks": same({"symbols": [SYMBOL]}, *_NOW, "resume_token"),
}
