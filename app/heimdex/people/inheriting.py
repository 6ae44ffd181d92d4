"""Decides what an edited file takes over from the version before it: names, groups, what was said.

A word about a face holds for the same face only. So each face of the new version is compared with
those of the old one, at the same time, or shifted by what was cut off or put in front of it; where
nothing fits, because another recording took the name of the file, nothing is taken over.
"""

from collections.abc import Sequence

import numpy as np

from heimdex.domain.engines import Thresholds
from heimdex.domain.faces import DecisionKind, FaceTrack, TrackRef
from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Space, Vectors
from heimdex.people.replay import SLACK_MS, overlap, replay
from heimdex.storage.heritage import PORTRAIT, Heritage, OldTrack, Word
from heimdex.storage.people import PeopleStore

_SHIFT_STEP_MS = 250
"""Two pairs of faces speak for one shift when theirs differ by no more than that."""
_CUTS = 8
"""So many pieces of the old version are looked for in the new one."""


def inherit(
    store: PeopleStore,
    space: Space,
    video_id: VideoId,
    tracks: Sequence[FaceTrack],
    vectors: Vectors,
    thresholds: Thresholds,
) -> None:
    """Take over what fits the faces of a video (`tracks`, and `vectors` of them in `space`), and
    forget the rest. Part of sorting them: words become decisions, groups what was known before."""
    heritage = store.heritage(video_id, space)
    if len(heritage.tracks) and len(tracks):
        same = fitting(heritage, tracks, vectors, thresholds.match)
        own = replay(store.decisions(video_id), tracks).belongs
        for word in heritage.words:
            old = _meant(word, heritage.tracks)
            # What was said about this version itself counts for more.
            if old in same and tracks[same[old]].index not in own:
                _say(store, video_id, word, tracks[same[old]])
        for at, track in enumerate(heritage.tracks):
            if track.person_id is not None and at in same:
                now = tracks[same[at]]
                store.add_former(video_id, track.person_id, track.similarity, now.best_ms, now.box)
    store.drop_heritage(video_id)


def fitting(
    heritage: Heritage, tracks: Sequence[FaceTrack], vectors: Vectors, match: float
) -> dict[int, int]:
    """Which of the old faces (by place in `heritage`) is which of the new ones (by place).

    At the same time a face must look the same to the model (`match`). Elsewhere it must do so
    halfway to being identical, as the same pictures do, before it speaks for a shift; with the
    shift known, `match` is enough again.
    """
    likeness = heritage.vectors @ vectors.T
    apart = np.array([[old.best_ms - new.best_ms for new in tracks] for old in heritage.tracks])
    found: dict[int, int] = {}
    free = np.ones(len(tracks), bool)
    shift: int | None = 0
    for _ in range(_CUTS):
        if shift is not None:
            for at, new in _at_shift(heritage.tracks, tracks, likeness, match, shift, found, free):
                found[at] = new
                free[new] = False
        left = np.array([at not in found for at in range(len(heritage.tracks))])
        certain = (likeness >= (1 + match) / 2) & left[:, None] & free[None, :]
        if not certain.any():
            break
        shift = _most_said(apart[certain])
    return found


def _at_shift(
    old: Sequence[OldTrack],
    new: Sequence[FaceTrack],
    likeness: np.ndarray,
    match: float,
    shift: int,
    found: dict[int, int],
    free: np.ndarray,
) -> list[tuple[int, int]]:
    """Pairs that look alike and are on screen together once the old times are shifted, the most
    alike first and each face once; of two alike at once the one in the same place."""
    candidates = [
        (float(likeness[a, b]) + overlap(old[a].box, new[b].box), int(a), int(b))
        for a, b in zip(*np.nonzero(likeness >= match), strict=True)
        if a not in found and free[b] and _together(old[a], new[b], shift)
    ]
    pairs: list[tuple[int, int]] = []
    used_old, used_new = set[int](), set[int]()
    for _, a, b in sorted(candidates, reverse=True):
        if a not in used_old and b not in used_new:
            used_old.add(a)
            used_new.add(b)
            pairs.append((a, b))
    return pairs


def _together(old: OldTrack, new: FaceTrack, shift: int) -> bool:
    start, end = old.start_ms - shift, old.end_ms - shift
    return start <= new.end_ms + SLACK_MS and end >= new.start_ms - SLACK_MS


def _most_said(apart: np.ndarray) -> int:
    """The shift that most pairs speak for; of equals the smallest."""
    steps, counts = np.unique(np.round(apart / _SHIFT_STEP_MS), return_counts=True)
    best = min(range(len(steps)), key=lambda at: (-int(counts[at]), abs(float(steps[at]))))
    near = np.abs(apart / _SHIFT_STEP_MS - steps[best]) <= 1
    return int(np.median(apart[near]))


def _meant(word: Word, tracks: Sequence[OldTrack]) -> int | None:
    """The old face that a word is about."""
    there = [
        at
        for at, track in enumerate(tracks)
        if track.start_ms - SLACK_MS <= word.at_ms <= track.end_ms + SLACK_MS
    ]
    best = max(there, key=lambda at: overlap(tracks[at].box, word.box), default=None)
    return best if best is not None and overlap(tracks[best].box, word.box) > 0 else None


def _say(store: PeopleStore, video_id: VideoId, word: Word, track: FaceTrack) -> None:
    if word.kind == PORTRAIT:
        store.set_portrait(word.person_id, TrackRef(video_id, track.index))
    else:
        kind = DecisionKind(word.kind)
        store.add_decision(kind, word.person_id, video_id, track.best_ms, track.box, inherited=True)
