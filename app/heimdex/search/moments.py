"""Joins candidates of all channels to moments: what overlaps or follows in one video is one answer.

What a moment is worth is left to `ranking`, what it says to `explain`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from heimdex.domain.ids import VideoId
from heimdex.search.calibration import CUT
from heimdex.search.candidates import Candidate, Channel, Ranking

NEAR_MS = 1_000
"""Two stretches with no more between them follow each other."""

LONGEST_MS = 60_000
"""A moment does not grow beyond this by taking in what follows."""

LEAD_MS = 700
"""Somebody may begin to speak this long before they are seen, or be seen before they speak."""


@dataclass(slots=True)
class Draft:
    """A moment in the making: where it is, and the best candidate of each channel."""

    video_id: VideoId
    start_ms: int
    end_ms: int
    reasons: dict[Channel, Candidate] = field(default_factory=dict)

    def take(self, candidate: Candidate) -> None:
        """Keep a candidate as the channel's reason, unless a surer one is there."""
        kept = self.reasons.get(candidate.channel)
        if kept is None or candidate.confidence > kept.confidence:
            self.reasons[candidate.channel] = candidate

    def overlap_ms(self, candidate: Candidate) -> int:
        """How long both are there; negative is the gap between them."""
        return candidate.overlap_ms(self.start_ms, self.end_ms)


def gather(rankings: Iterable[Ranking]) -> tuple[list[Draft], dict[Candidate, int]]:
    """Make moments of candidates; also says for each candidate the number of its moment.

    The surest candidates come first and say where a moment is; a lesser one joins the moment that
    it shares most of its time with, or that it directly follows when both are matches of one
    kind. So a moment begins where its best reason begins, not where the longest scene does.
    """
    drafts: list[Draft] = []
    by_video: dict[VideoId, list[int]] = {}
    place: dict[Candidate, int] = {}
    everything = [candidate for ranking in rankings for candidate in ranking]
    # What is said and who is there is placed to the word and the track: they anchor first.
    everything.sort(key=lambda c: (-c.confidence, c.channel is Channel.SIGHT))
    for candidate in everything:
        theirs = by_video.setdefault(candidate.video_id, [])
        number = _home(candidate, [(at, drafts[at]) for at in theirs])
        if number is None:
            number = len(drafts)
            theirs.append(number)
            drafts.append(Draft(candidate.video_id, candidate.start_ms, candidate.end_ms))
        else:
            _grow(drafts[number], candidate)
        drafts[number].take(candidate)
        place[candidate] = number
    return drafts, place


def inside(ranking: Ranking, stretches: Sequence[Candidate]) -> Ranking:
    """The candidates that happen during one of `stretches`, cut to it."""
    found: Ranking = []
    for candidate in ranking:
        best: Candidate | None = None
        for stretch in stretches:
            if stretch.video_id != candidate.video_id:
                continue
            shared = stretch.overlap_ms(candidate.start_ms - LEAD_MS, candidate.end_ms + LEAD_MS)
            if shared > 0 and (
                best is None
                or shared > best.overlap_ms(candidate.start_ms - LEAD_MS, candidate.end_ms)
            ):
                best = stretch
        if best is not None:
            found.append(_cut(candidate, best))
    return found


def _cut(candidate: Candidate, stretch: Candidate) -> Candidate:
    start_ms = max(candidate.start_ms, stretch.start_ms - LEAD_MS)
    end_ms = min(candidate.end_ms, stretch.end_ms + LEAD_MS)
    if start_ms >= end_ms:
        return candidate
    at_ms = min(max(candidate.at_ms, start_ms), end_ms)
    return replace(candidate, start_ms=start_ms, end_ms=end_ms, at_ms=at_ms)


def _home(candidate: Candidate, drafts: Sequence[tuple[int, Draft]]) -> int | None:
    best: tuple[int, int] | None = None
    for number, draft in drafts:
        shared = draft.overlap_ms(candidate)
        shorter = min(candidate.end_ms - candidate.start_ms, draft.end_ms - draft.start_ms)
        belongs = shared > 0 and 2 * shared >= shorter
        if not belongs and shared >= -NEAR_MS:
            belongs = _follows(candidate, draft)
        if belongs and (best is None or shared > best[0]):
            best = (shared, number)
    return None if best is None else best[1]


def _follows(candidate: Candidate, draft: Draft) -> bool:
    """Whether a candidate beside a moment goes on with the same answer."""
    same = [r for r in draft.reasons.values() if r.channel.kind is candidate.channel.kind]
    together = max(candidate.end_ms, draft.end_ms) - min(candidate.start_ms, draft.start_ms)
    return (
        bool(same)
        and candidate.confidence >= CUT
        and max(r.confidence for r in same) >= CUT
        and together <= LONGEST_MS
    )


def _grow(draft: Draft, candidate: Candidate) -> None:
    same = [r for r in draft.reasons.values() if r.channel.kind is candidate.channel.kind]
    if not same or candidate.confidence < CUT:
        return
    draft.end_ms = max(draft.end_ms, candidate.end_ms)
    # An earlier start only for something about as sure: the first second is what a person sees.
    if candidate.confidence >= 0.9 * max(r.confidence for r in same):
        draft.start_ms = min(draft.start_ms, candidate.start_ms)
