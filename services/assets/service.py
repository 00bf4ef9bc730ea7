"""Starts the assets service on a host."""

from tickmesh.assets.v1 import assets_pb2_grpc

from ..runtime import settings as runtime_settings
from ..runtime.host import Host
from . import seed
from .catalogue import open_catalogue
from .servicer import AssetsServicer
from .settings import AssetsSettings


async def start(host: Host) -> None:
    """Opens the book of instruments, fills an empty one, and serves it."""
    settings = runtime_settings.load(AssetsSettings)
    database = await host.database("assets")
    catalogue = await open_catalogue(database, host.cache, host.clock, settings, host.settings.shard_count)
    if settings.seed_instruments:
        await seed.fill(catalogue)
    host.spawn(catalogue.refresh_for_ever(settings.refresh_s), "assets refresh")
    servicer = AssetsServicer(catalogue, host.clock)
    host.serve(assets_pb2_grpc.add_AssetsServiceServicer_to_server, servicer)
