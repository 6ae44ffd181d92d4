"""What is done where a runtime lacks memory: it is told apart from other failures, and halved.

How much may be loaded at a time is left to `lending`, the size of a usual batch to the engines.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol, Self, TypeVar

from heimdex.domain.errors import EngineFailed

S = TypeVar("S", bound="Divisible")
T = TypeVar("T")

_SIGNS: Final = ("allocate", "out of memory", "bad_alloc", "alloc_failed")
"""How onnxruntime, OpenVINO, torch, CTranslate2 and cuBLAS speak of it, in small letters."""


class Divisible(Protocol):
    """A sequence or an array of items."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Self: ...


class OutOfMemory(Exception):
    """The runtime could not get the memory that a pass needs."""


@contextmanager
def watched(failure: type[Exception] = RuntimeError) -> Iterator[None]:
    """Raise `OutOfMemory` for whatever a runtime raises in its place.

    `failure`: the runtime's own error for everything; what it says tells which it is.
    """
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory(str(error)) from error
    except failure as error:
        if any(sign in str(error).lower() for sign in _SIGNS):
            raise OutOfMemory(str(error)) from error
        raise


def in_halves(work: Callable[[S], T], items: S) -> list[T]:
    """What `work` makes of the items: one answer for all of them, or, where they do not fit into
    memory together, one for each part that does, in order.

    Raises `OutOfMemory` when a single item does not fit.
    """
    try:
        return [work(items)]
    except OutOfMemory:
        if len(items) < 2:
            raise
    # After the error is gone, and with it the frames that hold on to memory.
    half = len(items) // 2
    return [*in_halves(work, items[:half]), *in_halves(work, items[half:])]


@contextmanager
def enough_for(one: str, model_id: str) -> Iterator[None]:
    """Say what to do when there is not even memory for `one` picture or text: `EngineFailed`."""
    try:
        yield
    except OutOfMemory as error:
        raise EngineFailed(
            f"There is not enough memory for {one} with {model_id}; close other programs, or "
            "choose a smaller model."
        ) from error
