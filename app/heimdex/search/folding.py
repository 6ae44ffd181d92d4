"""Folds moments that show the same shot into the best of them, so that one shot does not fill a
list.

Which moments there are and in which order was decided by `ranking`; they are shown by `searcher`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from heimdex.domain.ids import VideoId
from heimdex.search.candidates import Channel
from heimdex.search.moments import Draft
from heimdex.search.ranking import Ranked

SceneAt = Callable[[VideoId, int], int | None]
"""The scene of a video that is on at a time in ms; None where the video has no picture."""

_LOOKS = frozenset({Channel.SIGHT, Channel.PERSON})
"""What looks alike all through a shot. Words differ from one second to the next: what is said or
written is never folded."""

NEARLY = 0.8
"""Other places of a shot are told where they are this much as sure as its best; all of a shot is
somewhat alike."""


@dataclass(slots=True)
class Folded:
    """A moment, and where else in its shot nearly as much was found, in ms, by time."""

    ranked: Ranked
    also_ms: list[int] = field(default_factory=list)


def folded(ranked: Sequence[Ranked], n: int, scene_at: SceneAt) -> list[Folded]:
    """The first `n` moments of different shots, in their order.

    A moment goes into an earlier one of its shot that was found in at least the same ways: of two
    sights in one shot the surer stays; somebody who is seen is not put behind what they say.
    """
    kept: list[Folded] = []
    videos: set[VideoId] = set()
    shots: dict[tuple[VideoId, int], list[Folded]] = {}
    for each in ranked:
        video_id = each.draft.video_id
        if len(kept) >= n and video_id not in videos:
            continue
        shot = _shot(each.draft, scene_at)
        there = [] if shot is None else shots.setdefault(shot, [])
        home = _home(each.draft, there)
        if home is not None:
            if each.score >= NEARLY * home.ranked.score:
                home.also_ms.append(each.draft.start_ms)
        elif len(kept) < n:
            new = Folded(each)
            kept.append(new)
            videos.add(video_id)
            there.append(new)
    for one in kept:
        one.also_ms.sort()
    return kept


def _shot(draft: Draft, scene_at: SceneAt) -> tuple[VideoId, int] | None:
    seen = draft.reasons.get(Channel.SIGHT) or draft.reasons.get(Channel.PERSON)
    if seen is None:
        return None
    scene = scene_at(draft.video_id, seen.at_ms)
    return None if scene is None else (draft.video_id, scene)


def _home(draft: Draft, there: Sequence[Folded]) -> Folded | None:
    if not draft.reasons.keys() <= _LOOKS:
        return None
    return next(
        (each for each in there if draft.reasons.keys() <= each.ranked.draft.reasons.keys()), None
    )
