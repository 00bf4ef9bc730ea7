"""What a caller sent, so that the same request_id again gets the first answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from .domain.rulebook import Outcome

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Request(Generic[M]):
    """What a caller sent, and how the answer is made of what the change leaves behind."""

    name: str
    message: Message
    request_id: str
    response_type: type[M]
    answer: Callable[[Outcome], M]


def by_itself() -> Request[Empty]:
    """Returns the request of a change that nobody asked for."""
    return Request("", Empty(), "", Empty, lambda outcome: Empty())
