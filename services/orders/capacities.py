"""How much room the order path has, from what an operator chose."""

from tickmesh.native.engine import EngineConfig, Feed
from tickmesh.native.venue import VenueConfig

from ..runtime.shards import origin_of
from .settings import OrdersSettings


def engine_config(settings: OrdersSettings) -> EngineConfig:
    """Returns the capacities of the engine."""
    return EngineConfig(
        orders=settings.orders_capacity,
        instruments=settings.orders_instruments,
        pages=settings.orders_pages,
        nodes=settings.orders_nodes,
        positions=settings.orders_positions,
        client_keys=settings.orders_client_ids,
        extras=settings.orders_extras,
        feeds=Feed.LEVELS,
        origin=origin_of(settings.orders_shard),
    )


def venue_config(settings: OrdersSettings) -> VenueConfig:
    """Returns the capacities of the venue: those of the engine, and room for what is on its way."""
    return VenueConfig(
        orders=settings.orders_capacity,
        waiting=settings.orders_waiting_max,
        instruments=settings.orders_instruments,
        nodes=settings.orders_nodes,
    )
