"""When garbage is collected: in processes that keep much, and make few cycles."""

import gc


def collect_rarely() -> None:
    """Spares a hot path the walks over what lives as long as the process: a quarter of its time.

    Call it once in a process, when it has started: what is there is never looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 100)
