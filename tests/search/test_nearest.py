"""The best rows are those that sorting everything gives, whatever was looked at first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heimdex.search.nearest import best_rows
from heimdex.storage.compact import NOT_THERE


def sorted_rows(similarity: np.ndarray, n: int) -> np.ndarray:
    there = np.flatnonzero(similarity > NOT_THERE)
    return there[np.lexsort((there, -similarity[there]))][:n]


@given(
    arrays(np.float32, st.integers(0, 300), elements=st.floats(-1, 1, width=32)),
    st.integers(-1, 310),
    st.floats(0, 1),
)
def test_the_largest_come_first(similarity: np.ndarray, n: int, gone: float) -> None:
    similarity[: int(gone * len(similarity))] = NOT_THERE
    found = best_rows(similarity, n)
    expected = sorted_rows(similarity, max(n, 0))
    # Of equal ones at the end any will do.
    np.testing.assert_array_equal(similarity[found], similarity[expected])
    assert len(set(found.tolist())) == len(found)
    assert (np.diff(similarity[found]) <= 0).all()


@pytest.mark.parametrize("n", [1, 10, 500, 20_000])
@pytest.mark.parametrize("order", ["chance", "best first", "best last", "one in 61", "equal"])
def test_many_rows_in_any_order(n: int, order: str) -> None:
    random = np.random.default_rng(1)
    similarity = random.standard_normal(20_011).astype(np.float32) / 8
    if order == "best first":
        similarity = -np.sort(-similarity)
    elif order == "best last":
        similarity = np.sort(similarity)
    elif order == "one in 61":
        similarity[::61] += 1
    elif order == "equal":
        similarity[:] = 0.25
    found = best_rows(similarity, n)
    np.testing.assert_array_equal(similarity[found], similarity[sorted_rows(similarity, n)])
