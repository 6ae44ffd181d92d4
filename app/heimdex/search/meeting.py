"""Joins the answers to several parts of one sentence (`said: peace seen: podium`): a moment is
where they meet in time.

Each part was answered by itself (`look`); how moments are shown is left to `explain`.
"""

from collections.abc import Sequence

from heimdex.domain.ids import VideoId
from heimdex.search.calibration import CUT
from heimdex.search.moments import LEAD_MS, Draft
from heimdex.search.ranking import APART, EASIER, Ranked

MOST = 60
"""Moments of the first part that are looked at."""


def meeting(answers: Sequence[Sequence[Ranked]]) -> list[Ranked]:
    """Moments in which something of every part happens at once, best first, then what answers one
    part alone, which is near at best.

    As with somebody who is on screen, less is needed of each: what happens by chance in two ways
    at once is rare.
    """
    met: list[Ranked] = []
    for one in answers[0][:MOST]:
        others = [_best_beside(one, answer) for answer in answers[1:]]
        if all(others):
            met.append(_joined([one, *(other for other in others if other is not None)]))
    met.sort(key=lambda each: -each.score)
    kept: list[Ranked] = []
    for each in met:
        if not any(_same(each, other) for other in kept):
            kept.append(each)
    alone = [each for answer in answers for each in answer]
    near = [
        Ranked(each.draft, min(APART * each.score, CUT - 0.01))
        for each in alone
        if not any(_same(each, other) for other in kept)
    ]
    return sorted([*kept, *near], key=lambda each: -each.score)


def _best_beside(one: Ranked, answer: Sequence[Ranked]) -> Ranked | None:
    """The surest moment of another part that happens at the same time."""
    beside = [
        each
        for each in answer
        if each.draft.video_id == one.draft.video_id
        and each.draft.start_ms < one.draft.end_ms + LEAD_MS
        and each.draft.end_ms > one.draft.start_ms - LEAD_MS
    ]
    return max(beside, key=lambda each: each.score, default=None)


def _joined(parts: Sequence[Ranked]) -> Ranked:
    drafts = [part.draft for part in parts]
    start_ms = max(draft.start_ms for draft in drafts)
    end_ms = min(draft.end_ms for draft in drafts)
    if start_ms >= end_ms:
        # They only touch: what is said lasts, a glimpse beside it does not.
        longest = max(drafts, key=lambda draft: draft.end_ms - draft.start_ms)
        start_ms, end_ms = longest.start_ms, longest.end_ms
    joined = Draft(drafts[0].video_id, start_ms, end_ms)
    for draft in drafts:
        for reason in draft.reasons.values():
            joined.take(reason)
    eased = [min(1.0, part.score + EASIER) for part in parts]
    sure = min(eased) >= CUT
    score = sum(eased) / len(eased) if sure else min(part.score for part in parts)
    return Ranked(joined, score)


def _same(one: Ranked, other: Ranked) -> bool:
    video: VideoId = one.draft.video_id
    return (
        video == other.draft.video_id
        and one.draft.start_ms < other.draft.end_ms
        and other.draft.start_ms < one.draft.end_ms
    )
