"""When garbage is collected: in processes that keep much, and make few cycles."""

import gc


def collect_rarely() -> None:
    """Spares a hot path the walks over what lives as long as the process: a quarter of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 100)
