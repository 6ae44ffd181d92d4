"""Joins the rankings of the channels into one: reciprocal rank fusion.

What is ranked (moments), and how sure each channel is, is decided by the caller.

Each ranking gives an item gain / (60 + its rank) (Cormack, Clarke, Büttcher: Reciprocal Rank
Fusion outperforms Condorcet and individual rank learning methods, SIGIR 2009). Plain fusion holds
every list equally likely to have an answer; here one sentence is usually answered by one channel,
while the others still return their least bad. So the gain of an entry is the channel's weight
times how sure the channel is of it, and a channel that only guesses cannot outvote one that knows.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

K = 60
"""The constant of the paper: how little the very first ranks are apart."""

Item = TypeVar("Item", bound=Hashable)


def fuse(rankings: Sequence[Sequence[tuple[Item, float]]]) -> dict[Item, float]:
    """Sum gain / (K + rank) over all rankings, rank counting from 1.

    `rankings`: each a sequence of (item, gain ≥ 0), best first; an item that comes twice in one
    ranking counts at its better place. Returns items in order of their sums, largest first; equal
    sums keep the order in which the items were first seen, so the result is always the same.
    """
    sums: dict[Item, float] = {}
    for ranking in rankings:
        seen: set[Item] = set()
        for item, gain in ranking:
            if item not in seen:
                seen.add(item)
                sums[item] = sums.get(item, 0.0) + gain / (K + len(seen))
    return ordered(sums)


def ordered(sums: Mapping[Item, float]) -> dict[Item, float]:
    """The same items, largest sum first, equals as they came."""
    return dict(sorted(sums.items(), key=lambda each: -each[1]))
