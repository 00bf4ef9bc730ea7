"""Settings: frozen dataclasses, read from TICKMESH_ variables once, at start."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from .shards import SHARDS_MAX

T = TypeVar("T")
PREFIX = "TICKMESH_"
SERVICES = ("assets", "orders", "risk", "portfolio", "pricing", "strategy")
ROUTER = "router"
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class SettingsError(ValueError):
    """A variable that cannot be read. The message names it and says what would be right."""


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """What every process of the platform needs to know."""

    data_dir: Path = Path("data")
    database_url: str = ""  # empty: a SQLite file for each service in data_dir
    database_wait_s: float = 20.0  # for a PostgreSQL that does not answer, at the start of a process
    redis_url: str = ""  # empty: no Redis
    key_dir: Path = Path()  # empty: data_dir/keys
    assets_address: str = "127.0.0.1:7101"
    orders_address: str = "127.0.0.1:7102"  # or several, with commas between: an owner and who stands by
    orders_listen: str = ""  # where this process listens; empty: at orders_address
    orders_shards: str = ""  # each shard of orders, semicolons between; empty: one, at orders_address
    risk_address: str = "127.0.0.1:7103"
    portfolio_address: str = "127.0.0.1:7104"
    pricing_address: str = "127.0.0.1:7105"
    strategy_address: str = "127.0.0.1:7106"
    log_level: str = "info"
    stop_grace_s: float = 3.0

    @property
    def keys(self) -> Path:
        """Where the signing key and the public keys are."""
        return self.data_dir / "keys" if self.key_dir == Path() else self.key_dir

    @property
    def shard_addresses(self) -> list[str]:
        """Where each shard of orders is, each one address or several. Fails with SettingsError."""
        found = (self.orders_shards or self.orders_address).split(";")
        if not all(found) or len(found) > SHARDS_MAX:
            problem = f"1 to {SHARDS_MAX} addresses with semicolons between"
            raise SettingsError(f"TICKMESH_ORDERS_SHARDS: {self.orders_shards!r} is not {problem}")
        return found

    @property
    def shard_count(self) -> int:
        """Returns over how many shards of orders new instruments are spread. Fails with SettingsError."""
        return len(self.shard_addresses)

    def address(self, service: str) -> str:
        """Returns where to find a service. Fails with SettingsError for a name that is no service."""
        if service not in SERVICES:
            raise SettingsError(f"{service!r} is not a service; there are {', '.join(SERVICES)}")
        return str(getattr(self, f"{service}_address"))

    def listens_on(self, service: str) -> str:
        """Returns where a service of this process listens. Fails with SettingsError when several fit."""
        named = "orders" if service == ROUTER else service  # which stands where clients look for orders
        own = self.orders_listen if named == "orders" else ""
        address = own or self.address(named)
        if "," in address:
            raise SettingsError(
                f"{service} listens on one of {address}: say which with TICKMESH_ORDERS_LISTEN"
            )
        return address


def load(kind: type[T], environ: Mapping[str, str] | None = None) -> T:
    """Returns settings of a dataclass from the environment. Fails with SettingsError naming the variable."""
    source = os.environ if environ is None else environ
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for item in fields(kind):  # type: ignore[arg-type]
        name = PREFIX + item.name.upper()
        if name in source:
            values[item.name] = _read(name, source[name], hints[item.name])
    return kind(**values)


def _read(name: str, text: str, kind: type) -> object:
    if kind is bool:
        return _read_bool(name, text)
    try:
        value = kind(text)
    except (ValueError, ArithmeticError) as error:
        raise SettingsError(f"{name}: {text!r} is not a {kind.__name__}") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingsError(f"{name}: {text!r} is not a finite number")
    return value


def _read_bool(name: str, text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise SettingsError(f"{name}: {text!r} is neither true nor false")
