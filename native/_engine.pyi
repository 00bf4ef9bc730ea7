"""The extension module: what cffi makes of engine.h, and the type that python/bound.c adds."""

from typing import Any, Self

from numpy.typing import NDArray

ffi: Any
lib: Any

class Bound:
    def __new__(
        cls, handle: object, place: int, views: list[NDArray[Any] | None], columns: NDArray[Any]
    ) -> Self: ...
    def __len__(self) -> int: ...
    def step(self, index: int, /) -> int: ...
    def run(self, start: int = 0, stop: int | None = None, /) -> NDArray[Any]: ...
