"""A command's connection to a platform: an ordinary gRPC client of the public port."""

import asyncio
from argparse import Namespace
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import grpc

from ..runtime import client
from ..runtime.errors import RemoteError, describe
from . import place
from .command import REFUSED, UNREACHABLE, CommandError

TIMEOUT_S = 30.0
PAGE_SIZE = 1_000


@dataclass(frozen=True)
class Session:
    """An open channel, and the stubs on it; a stub is imported when it is first used."""

    channel: grpc.aio.Channel

    @cached_property
    def orders(self) -> Any:
        """Returns the stub of OrdersService."""
        from tickmesh.orders.v1.orders_pb2_grpc import OrdersServiceStub

        return OrdersServiceStub(self.channel)

    @cached_property
    def assets(self) -> Any:
        """Returns the stub of AssetsService."""
        from tickmesh.assets.v1.assets_pb2_grpc import AssetsServiceStub

        return AssetsServiceStub(self.channel)

    @cached_property
    def portfolio(self) -> Any:
        """Returns the stub of PortfolioService."""
        from tickmesh.portfolio.v1.portfolio_pb2_grpc import PortfolioServiceStub

        return PortfolioServiceStub(self.channel)

    @cached_property
    def pricing(self) -> Any:
        """Returns the stub of PricingService."""
        from tickmesh.pricing.v1.pricing_pb2_grpc import PricingServiceStub

        return PricingServiceStub(self.channel)


def run(args: Namespace, work: Callable[[Session], Awaitable[int]]) -> int:
    """Does work on a connection to the platform that the arguments mean, and returns its exit code."""
    where = place.find(args)
    try:
        return asyncio.run(_connected(where, work))
    except grpc.RpcError as error:
        raise refusal(describe(error), where.address) from error


async def _connected(where: place.Place, work: Callable[[Session], Awaitable[int]]) -> int:
    channel = client.connect(where.address, lambda: where.token)
    try:
        return await work(Session(channel))
    finally:
        await channel.close(None)


def refusal(error: RemoteError, address: str) -> CommandError:
    """Returns how a command ends when the platform refused: one line, and 3 when nobody answered."""
    line = f"{error.reason}: {error.message}"
    for violation in error.fields:
        if violation.field in error.message:
            continue
        told = violation.description in error.message
        line += f" (field {violation.field}{'' if told else ': ' + violation.description})"
    known = {key: value for key, value in sorted(error.metadata.items()) if value and value not in line}
    if known:
        line += f" [{', '.join(f'{key}={value}' for key, value in known.items())}]"
    if error.code is grpc.StatusCode.UNAVAILABLE:
        return CommandError(f"no answer from {address}: {line}", UNREACHABLE)
    return CommandError(line, REFUSED)


async def pages(call: Callable[..., Awaitable[Any]], request: Any, most: int) -> AsyncIterator[Any]:
    """Yields the responses of a list, page by page, until its end or until so many rows were asked for."""
    left = most
    while left > 0:
        request.page_size = min(left, PAGE_SIZE)
        response = await call(request, timeout=TIMEOUT_S)
        yield response
        left -= request.page_size
        request.page_token = response.next_page_token
        if not request.page_token:
            return


async def everything(call: Callable[..., Awaitable[Any]], request: Any, most: int) -> Any:
    """Returns the pages of a list as one response; its next_page_token says whether there is more."""
    whole: Any = None
    async for response in pages(call, request, most):
        if whole is None:
            whole = response
        else:
            whole.MergeFrom(response)
            whole.next_page_token = response.next_page_token
    return whole
