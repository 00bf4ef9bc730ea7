"""How a fault is repeated for longer than a test may take, from the command line."""

import argparse
import time
from collections.abc import Iterator, Mapping


class Options(argparse.Namespace):
    """How long, from which seed, and what else a fault's own flags say."""

    seconds: float
    seed: int
    bound: bool
    postgres: bool

    def left(self) -> Iterator[int]:
        """Yields numbers of rounds, at least one, until the time is over; says so in the end."""
        began_s, number = time.monotonic(), 0
        while number == 0 or time.monotonic() - began_s < self.seconds:
            yield number
            number += 1
        print(
            f"{number} rounds in {time.monotonic() - began_s:.0f} s with seed {self.seed}: nothing was lost"
        )


def rounds(manual: str | None, flags: Mapping[str, str]) -> Options:
    """Reads the command line: --seconds, --seed and flags with their help."""
    parser = argparse.ArgumentParser(description=(manual or "").splitlines()[0])
    parser.add_argument("--seconds", metavar="N", type=float, default=60.0, help="how long; default 60")
    parser.add_argument(
        "--seed", metavar="K", type=int, default=1, help="of what is left to chance; default 1"
    )
    for flag, what in flags.items():
        parser.add_argument(flag, action="store_true", help=what)
    return parser.parse_args(namespace=Options())
