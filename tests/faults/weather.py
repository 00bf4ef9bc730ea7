"""A clock that jumps and a disk that is slow, for processes started with our small library before libc."""

import mmap
import os
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("weather.c")
_WEATHER = struct.Struct("<qqqQ")  # struct weather of weather.c
_FLAGS = ("-std=c11", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-shared", "-fPIC")


class Weather:
    """What the processes that are started with `environment` meet, all of them alike."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        library, state = folder / "weather.so", folder / "weather.state"
        subprocess.run([os.environ.get("CC", "cc"), *_FLAGS, "-o", library, SOURCE], check=True)
        state.write_bytes(_WEATHER.pack(0, 0, 0, seed))
        with state.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _WEATHER.size)
        state.chmod(0o666)  # PostgreSQL runs as another user
        self.environment = {"LD_PRELOAD": str(library), "TICKMESH_TEST_WEATHER": str(state)}

    def set_clock(self, ahead_s: float) -> None:
        """Moves the clock on the wall to so many seconds ahead of the true one, or behind it."""
        struct.pack_into("<q", self._shared, 0, int(ahead_s * 1e9))

    def slow_disk(self, least_s: float, most_s: float) -> None:
        """Lets every fsync take between so many and so many seconds more."""
        struct.pack_into("<qq", self._shared, 8, int(least_s * 1e6), int(most_s * 1e6))

    def clear(self) -> None:
        """Makes the clock right and the disk fast again."""
        self.set_clock(0.0)
        self.slow_disk(0.0, 0.0)
