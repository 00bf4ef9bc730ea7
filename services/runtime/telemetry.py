"""Logs: one JSON object a line on standard error, without secrets."""

import contextlib
import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET = ("token", "authorization", "password", "secret", "cookie")


class _StandardError:
    """Writes lines to what standard error is at that moment.

    When it is closed they are lost: a terminal that goes away must not end what a service does.
    """

    def __init__(self, *_: object) -> None:
        pass

    def msg(self, message: str) -> None:
        """Writes one line."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{message}\n")
            sys.stderr.flush()

    log = debug = info = warning = warn = error = exception = critical = fatal = msg


def configure(service: str, level: str = "info") -> None:
    """Sets up logging for the process. Call it once, before the first log line."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_secrets,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_StandardError,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Returns a logger whose lines carry the name of the module."""
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=name)
    return log


def _without_secrets(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if any(word in key.lower() for word in _SECRET):
            event[key] = "(hidden)"
    return event
