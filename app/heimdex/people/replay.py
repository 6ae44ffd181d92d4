"""Finds the face that a decision is about among the tracks that a video has now.

Decisions are kept by video, time and box, so this is what makes them outlive a new detector, a new
face model and a rebuilt index. What a decision leads to is left to `People`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from heimdex.domain.faces import Box, Decision, DecisionKind, FaceTrack
from heimdex.domain.ids import PersonId

SLACK_MS = 500
"""A shot border may be found a few frames elsewhere the next time."""

SAME_BOX = 0.3
"""Intersection over union from which two boxes show one face at one time."""


@dataclass(slots=True)
class Verdicts:
    """What people said about the tracks of one video, by track index."""

    belongs: dict[int, PersonId] = field(default_factory=dict)
    not_of: dict[int, set[PersonId]] = field(default_factory=dict)


def replay(decisions: Iterable[Decision], tracks: Sequence[FaceTrack]) -> Verdicts:
    """Find each decision's track and sum up what was said; later words overrule earlier ones.

    A decision whose face is not found any more has no effect, and stays for the next time.
    """
    verdicts = Verdicts()
    for decision in sorted(decisions, key=lambda d: d.id):
        track = find_track(tracks, decision.at_ms, decision.box)
        if track is None:
            continue
        if decision.kind is DecisionKind.IS:
            verdicts.belongs[track.index] = decision.person_id
            verdicts.not_of.get(track.index, set()).discard(decision.person_id)
        else:
            verdicts.not_of.setdefault(track.index, set()).add(decision.person_id)
            if verdicts.belongs.get(track.index) == decision.person_id:
                del verdicts.belongs[track.index]
    return verdicts


def find_track(tracks: Sequence[FaceTrack], at_ms: int, box: Box) -> FaceTrack | None:
    """The track that shows the face at `box` at `at_ms`, or None.

    A track is known by its best box only, which may be of another moment of the shot: then the
    nearest face counts if its centre lies within a face's width.
    """
    there = [t for t in tracks if t.start_ms - SLACK_MS <= at_ms <= t.end_ms + SLACK_MS]
    if not there:
        return None
    # Of two stretches of one face (a track that broke) the one nearer in time.
    best = max(there, key=lambda t: (overlap(t.box, box), -abs(t.best_ms - at_ms)))
    if overlap(best.box, box) >= SAME_BOX:
        return best
    near = min(there, key=lambda t: _distance(t.box, box))
    return near if _distance(near.box, box) <= 1.0 else None


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    both = _area(a) + _area(b) - shared
    # Of boxes so thin that a product is less than the least number there is, nothing can be said.
    return shared / both if both > 0 else 0.0


def _area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def _distance(a: Box, b: Box) -> float:
    """Between the centres, in widths and heights of the larger face."""
    width = max(a[2] - a[0], b[2] - b[0], 1e-6)
    height = max(a[3] - a[1], b[3] - b[1], 1e-6)
    x = (a[0] + a[2] - b[0] - b[2]) / 2 / width
    y = (a[1] + a[3] - b[1] - b[3]) / 2 / height
    return float((x * x + y * y) ** 0.5)
