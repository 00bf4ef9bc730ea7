"""Path templates of google.api.http: which route a path means, and the values in it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from ..descriptors import Route
from .problems import MethodNotAllowedError, bad_request, path_not_found

_VARIABLE = re.compile(r"\{([a-z0-9_.]+)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """A route, and the values that the path gave to its variables."""

    route: Route
    variables: dict[str, str]  # by field path, "instrument.symbol"


@dataclass(frozen=True, slots=True)
class _Pattern:
    route: Route
    regex: re.Pattern[str]
    names: tuple[str, ...]


class Router:
    """Finds the route of a request. The order in which routes are given does not matter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._patterns = sorted((_compile(route) for route in routes), key=_generality)

    def match(self, http_method: str, raw_path: str) -> Match:
        """Returns the route that is meant. Fails with 404 for an unknown path and 405 for a wrong method."""
        allowed = []
        for pattern in self._patterns:
            found = pattern.regex.fullmatch(raw_path)
            if found and pattern.route.http_method == http_method:
                values = [_decoded(text, raw_path) for text in found.groups()]
                return Match(pattern.route, dict(zip(pattern.names, values, strict=True)))
            if found:
                allowed.append(pattern.route.http_method)
        if allowed:
            raise MethodNotAllowedError(http_method, allowed)
        raise path_not_found(raw_path)


def _compile(route: Route) -> _Pattern:
    parts = _VARIABLE.split(route.template)
    literals, names = parts[0::2], tuple(parts[1::2])
    return _Pattern(route, re.compile("([^/]+)".join(re.escape(part) for part in literals)), names)


def _generality(pattern: _Pattern) -> tuple[int, int]:
    """Fewer variables first, then more literal text: "{id}:start" is asked before "{id}"."""
    template = pattern.route.template
    return len(pattern.names), -len(_VARIABLE.sub("", template))


def _decoded(text: str, raw_path: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise bad_request(
            "PATH_MALFORMED", f"{raw_path} is not UTF-8 once its percent signs are decoded"
        ) from None
