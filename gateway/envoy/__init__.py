"""The edge: Envoy's configuration, rendered from the contract and the settings, and how to start it."""

from .bootstrap import command, render, write

__all__ = ["command", "render", "write"]
