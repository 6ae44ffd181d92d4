"""Turns similarities into confidences from 0 to 1, where 0.5 is the cut between match and none.

Similarities of two engines mean nothing to each other; confidences do. Which engine is in use, and
its thresholds, is told by `bootstrap` from the manifests.
"""

from itertools import pairwise

from heimdex.domain.engines import Thresholds

CUT = 0.5
"""At and above it a moment counts as a match."""

DOUBTFUL = 0.25
"""The confidence at an engine's `suggest` threshold."""


def confidence(similarity: float, thresholds: Thresholds) -> float:
    """Piecewise linear: 0 → 0, `suggest` → 0.25, `match` → 0.5, 1 → 1; never leaves 0..1."""
    points = (
        (0.0, 0.0),
        (thresholds.suggest, DOUBTFUL),
        (thresholds.match, CUT),
        (1.0, 1.0),
    )
    for (low, a), (high, b) in pairwise(points):
        if similarity <= high and high > low:
            return min(max(a + (b - a) * (similarity - low) / (high - low), a), b)
    return 1.0


def covered(coverage: float, words: int) -> float:
    """Confidence of a passage that holds the share `coverage` (0..1, rare words counting more) of
    a query's `words`.

    The whole of a long query is certain; one word alone may mean something else where it stands.
    Around two thirds of a query is the cut: people remember most of what was said, not all of it.
    """
    if words <= 0:
        return 0.0
    most = 0.95 if words > 1 else 0.8
    share = 0.65
    if coverage <= share:
        return CUT * coverage / share
    return CUT + (most - CUT) * (coverage - share) / (1 - share)


def together(confidences: list[float]) -> float:
    """Confidence from several reasons: the best one, lifted by each further one that agrees.

    Never below the best, never above 1; reasons that are hardly any lift hardly at all.
    """
    total = 0.0
    for each in sorted(confidences, reverse=True):
        total = each if total == 0.0 else total + 0.6 * each * (1 - total)
    return total
