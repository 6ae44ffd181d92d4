"""Says why a moment was found: the words with the matches marked, the sight, the people.

Which moments there are, and in which order, was decided before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from heimdex.domain.ids import PersonId
from heimdex.domain.search import Evidence, EvidenceKind, Query
from heimdex.search.calibration import CUT, DOUBTFUL
from heimdex.search.candidates import Candidate, Channel
from heimdex.search.datings import Dating
from heimdex.search.locate import content_groups, matches, phrase_matches
from heimdex.search.moments import Draft

_SPEECH = (Channel.PHRASE, Channel.WORDS, Channel.LEARNT, Channel.MEANING)


def evidence(
    draft: Draft,
    query: Query,
    names: Mapping[PersonId, str],
    telling: Dating | None = None,
    there: Collection[PersonId] = (),
) -> tuple[Evidence, ...]:
    """The reasons for a moment, strongest first: at most one of each kind, and beside a good one no
    poor ones. `telling`: what dates its video where the file does not; a line on the screen that
    does is a reason too. `there`: who is on screen meanwhile."""
    reasons = [
        reason
        for reason in (
            _speech(draft, query),
            _text(draft.reasons.get(Channel.TEXT), query),
            _sight(draft.reasons.get(Channel.SIGHT)),
            _people(draft.reasons.get(Channel.PERSON), query, names, there),
        )
        if reason is not None
    ]
    # What is hardly there is no reason beside one that is.
    best = max((reason.score for reason in reasons), default=0.0)
    reasons = [reason for reason in reasons if reason.score >= min(best, DOUBTFUL)]
    # A scene that joined a sentence may be fullest before the sentence begins.
    within = [
        replace(reason, at_ms=min(max(reason.at_ms, draft.start_ms), draft.end_ms))
        for reason in reasons
    ]
    line = telling.text if telling is not None else ""
    if telling is not None and line and not any(line in reason.text for reason in within):
        within.append(Evidence(EvidenceKind.TEXT, line, CUT, telling.at_ms))
    return tuple(sorted(within, key=lambda reason: -reason.score))


def _speech(draft: Draft, query: Query) -> Evidence | None:
    said = [draft.reasons[channel] for channel in _SPEECH if channel in draft.reasons]
    if not said:
        return None
    best = max(said, key=lambda candidate: candidate.confidence)
    marked = list(matches(best.text, content_groups(query.meaning or query.raw)))
    for phrase in query.phrases:
        marked += phrase_matches(best.text, phrase)
    return Evidence(EvidenceKind.SPEECH, best.text, best.confidence, best.at_ms, joined(marked))


def _text(candidate: Candidate | None, query: Query) -> Evidence | None:
    if candidate is None:
        return None
    marked = list(candidate.marks)
    for phrase in query.phrases:
        marked += phrase_matches(candidate.text, phrase)
    return Evidence(
        EvidenceKind.TEXT, candidate.text, candidate.confidence, candidate.at_ms, joined(marked)
    )


def _sight(candidate: Candidate | None) -> Evidence | None:
    if candidate is None:
        return None
    return Evidence(EvidenceKind.VISUAL, candidate.text, candidate.confidence, candidate.at_ms)


def _people(
    candidate: Candidate | None,
    query: Query,
    names: Mapping[PersonId, str],
    there: Collection[PersonId],
) -> Evidence | None:
    if candidate is None:
        return None
    asked = [*query.people, *(p for p in query.filters.people if p not in query.people)]
    # Of "Anna or Berta" only who is there.
    wanted = [p for p in asked if p in candidate.people or p in there or not candidate.people]
    text = ", ".join(names[person_id] for person_id in wanted if person_id in names)
    return Evidence(
        EvidenceKind.PERSON, text, candidate.confidence, candidate.at_ms, ((0, len(text)),)
    )


def joined(ranges: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges in order, those that touch or overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
