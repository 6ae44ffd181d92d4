"""A batch that does not fit is halved until it does; other failures stay what they are."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from heimdex.domain.errors import EngineFailed
from heimdex.ml.acceleration.memory import OutOfMemory, enough_for, in_halves, watched


@given(st.integers(1, 40), st.integers(1, 40))
def test_every_item_is_worked_on_once_and_in_order(count: int, room: int) -> None:
    def work(some: NDArray[np.int64]) -> NDArray[np.int64]:
        if len(some) > room:
            raise OutOfMemory("too many")
        return some * 2

    parts = in_halves(work, np.arange(count))
    assert np.concatenate(parts).tolist() == [2 * number for number in range(count)]
    assert len(parts) == 1 or max(map(len, parts)) <= room


def test_a_single_item_that_does_not_fit_says_what_to_do() -> None:
    def full(_: Sequence[str]) -> None:
        raise OutOfMemory("bad_alloc")

    with pytest.raises(OutOfMemory, match="bad_alloc"):
        in_halves(full, ["one", "two"])
    with (
        pytest.raises(EngineFailed, match=r"not enough memory for one text with bge-m3.*smaller"),
        enough_for("one text", "bge-m3"),
    ):
        in_halves(full, ["one", "two"])


@pytest.mark.parametrize(
    "said",
    [
        "Failed to allocate memory for requested buffer of size 8000000000",
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "std::bad_alloc",
        "DefaultCPUAllocator: not enough memory: you tried to allocate 64 bytes.",
        "CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    ],
)
def test_what_runtimes_say_of_memory_is_understood(said: str) -> None:
    with pytest.raises(OutOfMemory), watched():
        raise RuntimeError(said)


def test_other_failures_are_not_taken_for_it() -> None:
    with pytest.raises(RuntimeError, match="shape"), watched():
        raise RuntimeError("mismatched shape of input")
    with pytest.raises(OSError, match="allocate"), watched():
        raise OSError("cannot allocate")
    with pytest.raises(OutOfMemory), watched(OSError):
        raise OSError("cannot allocate")
    with pytest.raises(OutOfMemory), watched():
        raise MemoryError
