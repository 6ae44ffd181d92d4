"""Says what each moment is worth and puts them in order.

Moments were made by `moments`; how they are shown is left to `explain`. Two numbers, two jobs: the
score (0..1, calibrated, 0.5 is the cut) says whether a moment answers, reciprocal rank fusion over
the channels says which answer comes first among those that do, and among those that do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from heimdex.search.calibration import CUT, DOUBTFUL, together
from heimdex.search.candidates import Candidate, Channel, Ranking
from heimdex.search.fuse import fuse
from heimdex.search.moments import LEAD_MS, Draft, gather

WEIGHTS: Mapping[Channel, float] = {
    Channel.PHRASE: 1.5,
    Channel.WORDS: 1.0,
    Channel.LEARNT: 0.3,
    Channel.MEANING: 1.0,
    Channel.SIGHT: 1.0,
    Channel.TEXT: 1.0,
    Channel.PERSON: 1.0,
}
"""What a full confidence in a channel is worth. Quoted words were asked for exactly; the others
are equal, and differ by how sure they are. Learnt weights see the words that WORDS sees, so they
only help to put in order; .3 is what the authors of BGE-M3 give them beside its vectors."""

EASIER = CUT - DOUBTFUL
"""How much less sure a reason must be for somebody who is on screen. Of all that is said and seen
only what happens meanwhile is left, so there is less to be wrong about: an engine's `suggest`
threshold is enough."""

APART = 0.6
"""What is left of a score where the person or the phrase that was asked for is missing."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A moment with its score."""

    draft: Draft
    score: float


def rank(rankings: Sequence[Ranking], *, near: bool = False) -> list[Ranked]:
    """Moments out of candidates, best first. `near`: something else that was asked for is missing,
    so none of them is a match, however well the rest fits."""
    drafts, place = gather(rankings)
    scores = [_score(draft.reasons) for draft in drafts]
    if near:
        scores = [min(APART * score, CUT - 0.01) for score in scores]
    return _ordered(drafts, scores, _numbered(rankings, place))


def rank_with(there: Ranking, rankings: Sequence[Ranking], *, said: bool = False) -> list[Ranked]:
    """Moments for somebody and something: `there` is where the person is on screen, `rankings`
    what is said and seen meanwhile. A stretch in which nothing of it was found is an answer too,
    after those in which something was, unless the something had to be `said`."""
    drafts, place = gather(rankings)
    numbered = _numbered(rankings, place)
    persons: list[tuple[int, float]] = []
    for stretch in there:
        met = [n for n, draft in enumerate(drafts) if stretch.channel not in draft.reasons]
        met = [n for n in met if _meets(drafts[n], stretch)]
        if not met:
            met = [len(drafts)]
            drafts.append(Draft(stretch.video_id, stretch.start_ms, stretch.end_ms))
        for number in met:
            draft = drafts[number]
            at_ms = min(max(stretch.start_ms, draft.start_ms), draft.end_ms)
            draft.take(replace(stretch, at_ms=at_ms))
            persons.append((number, _gain(_met(stretch))))
    scores = [_with_person(draft, said) for draft in drafts]
    return _ordered(drafts, scores, [*numbered, persons])


def _met(stretch: Candidate) -> Candidate:
    """A stretch as what it is beside something that was asked for: a condition. How alike the face
    is says that it is they, not that they do it."""
    return replace(stretch, confidence=CUT)


def _meets(draft: Draft, stretch: Candidate) -> bool:
    return (
        draft.video_id == stretch.video_id
        and stretch.overlap_ms(draft.start_ms - LEAD_MS, draft.end_ms + LEAD_MS) > 0
    )


def _numbered(
    rankings: Sequence[Ranking], place: Mapping[Candidate, int]
) -> list[list[tuple[int, float]]]:
    return [[(place[candidate], _gain(candidate)) for candidate in ranking] for ranking in rankings]


def _ordered(
    drafts: Sequence[Draft],
    scores: Sequence[float],
    rankings: Sequence[Sequence[tuple[int, float]]],
) -> list[Ranked]:
    order = sorted(fuse(rankings), key=lambda number: scores[number] < CUT)
    return [Ranked(drafts[number], scores[number]) for number in order]


def _gain(candidate: Candidate) -> float:
    # Squared: two channels that each guess at a third are not worth one that knows.
    return WEIGHTS[candidate.channel] * candidate.confidence**2


_WORDED = (Channel.PHRASE, Channel.WORDS, Channel.MEANING, Channel.TEXT)


def _score(reasons: Mapping[Channel, Candidate]) -> float:
    """How sure we are; what is said or written may be found in several ways, which support
    each other."""
    sure = {channel: reason.confidence for channel, reason in reasons.items()}
    # The same words, found in two ways, are one reason and not two.
    sure[Channel.WORDS] = max(sure.get(Channel.WORDS, 0.0), sure.pop(Channel.LEARNT, 0.0))
    said = together([sure.pop(c, 0.0) for c in _WORDED])
    return max(said, *sure.values(), 0.0)


def _with_person(draft: Draft, said: bool) -> float:
    rest: dict[Channel, Candidate] = {
        c: reason for c, reason in draft.reasons.items() if c is not Channel.PERSON
    }
    content = _score(rest)
    person = draft.reasons.get(Channel.PERSON)
    if person is None:
        return content
    eased = min(1.0, content + EASIER) if content > 0 else 0.0
    if eased >= CUT:
        return (eased + person.confidence) / 2
    # They are there; whether they do what was asked for, only the eyes can tell, unless it was
    # something to be heard.
    return eased if said else CUT + 0.1 * eased
