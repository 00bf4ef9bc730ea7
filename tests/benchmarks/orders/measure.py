"""Everything that is measured about the order path, part by part."""

from collections.abc import Callable, Iterator
from functools import partial

from ..running import Row
from . import growth, inside, latency, rates, readers, shards, tables

LONG_HISTORY = 100_000_000  # commands
PARTS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "rates": rates.direct,
    "edge": rates.edge,
    "shards": shards.measure,
    "latency": latency.measure,
    "inside": inside.measure,
    "readers": readers.measure,
    "tables": tables.keeping_up,
    "catching-up": tables.alone,
    "instruments": growth.instruments,
    "clients": growth.clients,
    "journal": growth.journal,
}


def measure(
    parts: tuple[str, ...] = tuple(PARTS), *, quick: bool = False, long: bool = False
) -> Iterator[tuple[str, list[Row]]]:
    """Yields the rows of each part."""
    for name in parts:
        run = partial(growth.journal, commands=LONG_HISTORY) if long and name == "journal" else PARTS[name]
        yield name, list(run(quick))
