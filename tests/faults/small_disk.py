"""A disk that can be filled: a file system of its own where that may be mounted, else a bound on files."""

import errno
import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil

SIZE_BYTES = 192 << 20


class Disk(Protocol):
    """Where the data of a platform is."""

    def fill(self) -> None:
        """Leaves no room for anything."""

    def make_room(self) -> None:
        """Leaves room again."""


class _FileSystem:
    """A tmpfs. A file of no use takes what is free: then writing fails with ENOSPC."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as ballast, suppress(OSError):
            while True:
                self._write(ballast.write)

    def _write(self, write: Callable[[bytes], int]) -> None:
        try:
            write(bytes(1 << 20))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            write(bytes(1 << 10))  # until not even that fits

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)


class _Bound:
    """A bound on the size of files, which processes hand on to their children: writing fails with EFBIG."""

    def __init__(self, processes: Callable[[], Iterable[int]]) -> None:
        self._processes = processes

    def fill(self) -> None:
        self._bound(0)

    def make_room(self) -> None:
        self._bound(resource.RLIM_INFINITY)

    def _bound(self, size_bytes: int) -> None:
        for process in self._processes():
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                for one in [psutil.Process(process), *psutil.Process(process).children(recursive=True)]:
                    resource.prlimit(one.pid, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


@contextmanager
def small_disk(folder: Path, processes: Callable[[], Iterable[int]], bound: bool = False) -> Iterator[Disk]:
    """Makes a folder a small disk for the length of a with block.

    Where nothing may be mounted, or with `bound`, the files of some processes cannot grow instead.
    """
    folder.mkdir()
    if bound or not _mount(folder):
        yield _Bound(processes)
        return
    try:
        yield _FileSystem(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES},mode=755", "tickmesh-test", folder]
    with suppress(FileNotFoundError):
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    return False
