"""Files that appear whole or not at all."""

import os
import uuid
from pathlib import Path


def draft(directory: Path, content: bytes, mode: int) -> Path:
    """Writes a file beside its final place, from the start with these permissions, and returns where it is.

    Link or rename it to its name.
    """
    path = directory / f".{uuid.uuid4().hex}"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    return path
