"""`verify`: proves that no record of the journal was altered or cut off, and that it replays to one state."""

import os
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import local
from .command import OK, REFUSED, UNREACHABLE, USAGE, Command, CommandError
from .place import add_data, key_dir

if TYPE_CHECKING:
    from ..orders.verification import Report
    from ..runtime.settings import RuntimeSettings

UNSIGNED_S_MAX = 60.0  # rows that came so long after the newest head were signed once, or nobody signs


def _configure(parser: ArgumentParser) -> None:
    add_data(parser)
    parser.add_argument(
        "--database",
        metavar="URL",
        help="where the journal is; default where the platform of --data keeps it",
    )
    parser.add_argument("--shard", metavar="N", type=int, default=0, help="which journal; default 0")
    parser.add_argument(
        "--heads",
        metavar="FILE",
        type=Path,
        help="signed heads that were kept elsewhere, one a line: nothing before them was cut off or forged",
    )
    parser.add_argument(
        "--key",
        metavar="FILE",
        type=Path,
        help="the public keys to trust; default journal.pub.pem beside the platform's own keys",
    )
    parser.add_argument("--no-replay", action="store_true", help="check hashes and heads only")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def database_url(args: Namespace) -> str:
    """Returns the journal's database: as named, or as the platform last ran, or a SQLite file."""
    if args.database is not None:
        return str(args.database)
    known = local.read(Path(args.data))
    return known.database_url if known else os.environ.get("TICKMESH_DATABASE_URL", "")


def _settings(args: Namespace) -> "RuntimeSettings":
    from ..runtime.settings import RuntimeSettings
    from ..runtime.shards import journal_of

    data_dir, url = Path(args.data), database_url(args)
    if not url and not (data_dir / f"{journal_of(args.shard)}.sqlite").exists():
        raise CommandError(
            f"there is no journal in {data_dir}; name a data directory with --data", UNREACHABLE
        )
    return RuntimeSettings(data_dir=data_dir, database_url=url, key_dir=key_dir(data_dir))


def _verify(args: Namespace) -> int:
    settings = _settings(args)
    from sqlalchemy.exc import SQLAlchemyError

    from ..orders.heads import NoHead
    from ..orders.verification import Unverifiable

    try:
        report = _walk(settings, args)
    except (NoHead, OSError) as error:
        raise CommandError(f"--heads: {error}", USAGE) from error
    except Unverifiable as error:
        raise CommandError(str(error), UNREACHABLE) from error
    except SQLAlchemyError as error:
        first_line = str(error).splitlines()[0]
        raise CommandError(f"the journal cannot be read: {first_line}", UNREACHABLE) from error
    _print(report, args)
    return OK if report.first_bad is None else REFUSED


def _walk(settings: "RuntimeSettings", args: Namespace) -> "Report":
    from ..orders.verification import verify

    asked = partial(
        verify,
        settings,
        shard=args.shard,
        replay=not args.no_replay,
        key_file=args.key,
        heads_file=args.heads,
    )
    if args.json:
        return asked()
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("walking the journal", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return asked(progress)


def _print(report: "Report", args: Namespace) -> None:
    if args.json:
        from dataclasses import asdict

        from .output import print_json

        print_json({"whole": report.first_bad is None, **asdict(report)})
    elif report.first_bad is None:
        state = f"; state {report.state_hash}" if report.state_hash else ""
        print(f"whole: {report.rows:,} rows with {report.commands:,} commands{state}")
        print(_signed(report))
    else:
        print(f"ALTERED after {report.rows:,} whole rows: {report.first_bad}")


def _signed(report: "Report") -> str:
    """Returns what the heads vouch for, in words."""
    if report.unsigned_s is None:
        return "NOT SIGNED: nothing shows whether later rows were cut off, or all of them were forged"
    words = f"signed: all up to command {report.signed_commands:,}, by {report.heads:,} heads"
    if not report.unsigned_rows:
        return words
    words += f"; the {report.unsigned_rows:,} rows behind it are whole but not yet signed"
    if report.unsigned_s > UNSIGNED_S_MAX:
        words += f"\nSUSPICIOUS: they span {report.unsigned_s:,.0f} s, and an owner signs once a second"
    return words


COMMANDS = {
    "verify": Command(
        _configure,
        _verify,
        """  tickmesh verify
  tickmesh verify --data /var/lib/tickmesh --json
  tickmesh verify --heads heads-kept-elsewhere.jsonl
Exit codes: 0 whole, 1 altered, 2 a wrong argument, 3 no journal, or no key to check its heads with.""",
    )
}
