"""How an instrument is listed and changed: checked against the rules, numbered, dated."""

from collections.abc import Iterable
from dataclasses import replace

from .faults import Fault, InvalidInstrument, StaleVersion
from .instruments import Instrument
from .rules import DEFAULT_CFI, faults_of
from .shards import shard_of

FIXED_FOR_LIFE = frozenset(
    {"symbol", "asset_type", "currency", "price_increment", "quantity_increment", "multiplier"}
)
SET_BY_SERVER = frozenset({"version", "create_time", "update_time", "shard"})


def listed(proposed: Instrument, now_ns: int, shards: int = 1) -> Instrument:
    """Returns a new instrument as it enters the book. Fails with InvalidInstrument when it breaks a rule."""
    complete = _checked(proposed)
    shard = shard_of(complete.symbol, shards)
    return replace(complete, version=1, create_time_ns=now_ns, update_time_ns=now_ns, shard=shard)


def amended(current: Instrument, proposed: Instrument, based_on: int, now_ns: int) -> Instrument:
    """Returns the next version of an instrument. Fails with StaleVersion or InvalidInstrument."""
    if based_on not in (0, current.version):
        raise StaleVersion(current.symbol, based_on, current.version)
    complete = _checked(proposed)
    return replace(
        complete,
        version=current.version + 1,
        create_time_ns=current.create_time_ns,
        update_time_ns=max(now_ns, current.update_time_ns),
        shard=current.shard,
    )


def _checked(proposed: Instrument) -> Instrument:
    complete = proposed if proposed.cfi else replace(proposed, cfi=DEFAULT_CFI[proposed.asset_type])
    faults = list(faults_of(complete))
    if faults:
        raise InvalidInstrument(faults)
    return complete


def refuse_fixed(paths: Iterable[str]) -> None:
    """Fails with InvalidInstrument when a change names a field that nobody may change."""
    faults = []
    for path in paths:
        root = path.partition(".")[0]
        if root in FIXED_FOR_LIFE:
            faults.append(Fault(path, "IMMUTABLE_FIELD", "is fixed for life; list a new symbol instead"))
        elif root in SET_BY_SERVER:
            faults.append(Fault(path, "IMMUTABLE_FIELD", "is set by the server"))
    if faults:
        raise InvalidInstrument(faults)
