"""Brings the tables of a service up to date: its migrations/ folder, run by Alembic."""

import threading
from importlib import import_module
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

_ALEMBIC = threading.Lock()  # Alembic keeps the migration that runs in globals of its own


def folder(service: str) -> Path:
    """Returns where the revisions of a service are."""
    package = import_module(f"tickmesh.services.{service}")
    return Path(package.__path__[0]) / "migrations"


def newest_revision(revisions: Path) -> str:
    """Returns the revision that the code expects: files are named v0001_..., in order."""
    newest: str = max(path.stem for path in revisions.glob("v[0-9]*.py"))
    return newest[1:].partition("_")[0]


def migrate(engine: Engine, name: str, revisions: Path, target: str = "head") -> None:
    """Brings tables to a revision, if they are not there already. `name` is the schema in PostgreSQL."""
    with engine.begin() as connection:
        _prepare_schema(connection, name)
        if target == "head" and _present(connection) == newest_revision(revisions):
            return
        with _ALEMBIC:
            _run(connection, revisions, target)


def _prepare_schema(connection: Connection, name: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(4711)"))
        connection.execute(sa.schema.CreateSchema(name, if_not_exists=True))


def _present(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _run(connection: Connection, revisions: Path, target: str) -> None:
    from alembic import command  # costs 0.3 s to import, and is needed only when something changed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("version_locations", str(revisions))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    if target == "head" or (_present(connection) or "") < target:
        command.upgrade(config, target)
    else:
        command.downgrade(config, target)
