"""Starts the router on a host."""

from tickmesh.orders.v1 import orders_pb2_grpc

from ..runtime.host import Host
from .directory import Directory
from .servicer import RouterServicer
from .shards import Shards


async def start(host: Host) -> None:
    """Serves once the instruments are known; a shard may come later."""
    shards = Shards([host.channel_to(address, watches=True) for address in host.settings.shard_addresses])
    directory = Directory(host.channel("assets"))
    host.spawn(directory.follow(), "router-instruments")
    await directory.listed.wait()
    servicer = RouterServicer(shards, directory, host.clock)
    host.serve(orders_pb2_grpc.add_OrdersServiceServicer_to_server, servicer)
