"""The `tickmesh` command. Each file of commands is imported only when one of its commands is asked for."""

from .main import main

__all__ = ["main"]
