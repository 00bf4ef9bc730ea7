"""`verify`: proves that no record of the journal was altered, and that it replays to one state."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import local
from .command import OK, REFUSED, UNREACHABLE, Command, CommandError
from .place import add_data

if TYPE_CHECKING:
    from ..orders.verification import Report
    from ..runtime.settings import RuntimeSettings


def _configure(parser: ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument(
        "--database",
        metavar="URL",
        help="where the journal is; default where the platform of --data keeps it",
    )
    parser.add_argument("--shard", metavar="N", type=int, default=0, help="which journal; default 0")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def database_url(args: Namespace) -> str:
    """Returns the journal's database: as named, or as the platform last ran, or a SQLite file."""
    if args.database is not None:
        return str(args.database)
    known = local.read(Path(args.data))
    return known.database_url if known else os.environ.get("TICKMESH_DATABASE_URL", "")


def _settings(args: Namespace) -> "RuntimeSettings":
    from ..runtime.settings import RuntimeSettings

    data_dir, url = Path(args.data), database_url(args)
    if not url and not (data_dir / "orders_journal.sqlite").exists():
        raise CommandError(
            f"there is no journal in {data_dir}; name a data directory with --data", UNREACHABLE
        )
    return RuntimeSettings(data_dir=data_dir, database_url=url)


def _verify(args: Namespace) -> int:
    settings = _settings(args)
    from sqlalchemy.exc import SQLAlchemyError

    try:
        report = _walk(settings, args)
    except SQLAlchemyError as error:
        first_line = str(error).splitlines()[0]
        raise CommandError(f"the journal cannot be read: {first_line}", UNREACHABLE) from error
    _print(report, args)
    return OK if report.first_bad is None else REFUSED


def _walk(settings: "RuntimeSettings", args: Namespace) -> "Report":
    from ..orders.verification import verify

    if args.json:
        return verify(settings, shard=args.shard)
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("walking the journal", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return verify(settings, progress, shard=args.shard)


def _print(report: "Report", args: Namespace) -> None:
    if args.json:
        from dataclasses import asdict

        from .output import print_json

        print_json({"whole": report.first_bad is None, **asdict(report)})
    elif report.first_bad is None:
        print(f"whole: {report.rows:,} rows with {report.commands:,} commands; state {report.state_hash}")
    else:
        print(f"ALTERED after {report.rows:,} whole rows: {report.first_bad}")


COMMANDS = {
    "verify": Command(
        _configure,
        _verify,
        """  tickmesh verify
  tickmesh verify --data /var/lib/tickmesh --json
Exit codes: 0 whole, 1 altered.""",
    )
}
