"""Lists over all shards: a page of each, merged, newest first."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

from ..runtime import as_of, paging
from ..runtime.server import Context
from ..values import time_ns
from .domain import merging
from .domain.merging import END, Part
from .shards import Shards

M = TypeVar("M", bound=Message)


class Listing(Generic[M]):
    """One list: of orders, or of executions."""

    def __init__(
        self,
        method: str,
        rows: str,
        response: type[M],
        moment: Callable[[Any], Any],
        id_of: Callable[[Any], str],
    ) -> None:
        self._method = method
        self._rows = rows
        self._response = response
        self._moment = moment
        self._id_of = id_of

    async def page(self, shards: Shards, request: Any, context: Context) -> M:
        """Returns a page of all shards together. Fails with InvalidPageToken and what a shard says."""
        moment_ns = as_of.as_of_ns(request)
        before = _before(request.page_token, moment_ns, len(shards))
        limit = paging.page_limit(request.page_size)
        asked = (self._part(shards, request, context, place) for place in enumerate(before))
        parts = await asyncio.gather(*asked)
        shown, following = merging.merge(parts, before, limit, self._newness, self._id_of)
        is_last = all(place == END for place in following)
        token = "" if is_last else as_of.encode(moment_ns, merging.to_text(following))
        return self._response(**{self._rows: shown, "next_page_token": token})

    async def _part(
        self, shards: Shards, request: Any, context: Context, place: tuple[int, str]
    ) -> Part[Any]:
        shard, before = place
        if before == END:
            return Part([], has_more=False)
        own = type(request)()
        own.CopyFrom(request)
        own.page_token = as_of.encode(as_of.as_of_ns(request), int(before)) if before else ""
        answer: Any = await shards.get(shard).ask(self._method, own.SerializeToString(), context)
        found: Any = self._response.FromString(answer)
        return Part(list(getattr(found, self._rows)), bool(found.next_page_token))

    def _newness(self, row: Any) -> tuple[int, int]:
        return time_ns(self._moment(row)), int(self._id_of(row))


def _before(token: str, moment_ns: int | None, shards: int) -> Sequence[str]:
    key = as_of.decode(token, (str,), moment_ns)
    try:
        return merging.from_text("" if key is None else str(key[0]), shards)
    except merging.NoPage as error:
        raise paging.InvalidPageToken from error
