"""What the answers to queries are worth: whether each was right, and the figures over all of them.

Asking the queries and showing the figures is `evaluate`'s; the method is described in
docs/search.md.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from heimdex.domain.search import SearchResult
from heimdex.search.calibration import CUT

TOLERANCE_S = 1.5
"""A hit may begin so much before an answer, or so much after its end."""
DEPTH = 10

CUTS = (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7)
"""Scores of the best moment below which "nothing fits" might be said."""


@dataclass(frozen=True)
class Answer:
    """A stretch of a file, relative to the media folder, that answers a query."""

    file: str
    start_s: float
    end_s: float

    def holds(self, file: str, start_s: float) -> bool:
        """Whether a hit that starts there counts."""
        return (
            file == self.file and self.start_s - TOLERANCE_S <= start_s <= self.end_s + TOLERANCE_S
        )


_SIGHTS = ("visual", "none")
"""Kinds that count as sights; of what has no answer and no kind either it is not known."""

OnScreen = Mapping[str, Sequence[Answer]]
"""Where each person can be seen."""


@dataclass(frozen=True)
class Asked:
    """A query with its answers; `kind` "none" means that nothing answers it, and `about` then says
    what kind of query it is all the same."""

    id: str
    kind: str
    lang: str
    query: str
    answers: tuple[Answer, ...]
    about: str = ""


@dataclass
class Outcome:
    """What one query brought. `rank` counts from 1; `start_error_s` belongs to the hit at it."""

    asked: Asked
    rank: int | None
    gain: float
    start_error_s: float | None
    no_good_match: bool
    took_ms: float
    unsure: bool = False
    named: tuple[str, ...] = ()
    hits: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Figures:
    """Means over some queries; None where no query says anything about it."""

    queries: int
    recall_at_1: float | None
    recall_at_5: float | None
    mrr: float | None
    ndcg_at_10: float | None
    median_start_error_s: float | None


def judged(asked: Asked, result: SearchResult, media: Path, took_ms: float) -> Outcome:
    """Compare a result with the answers."""
    rank: int | None = None
    error: float | None = None
    found: set[Answer] = set()
    gain = 0.0
    hits = []
    for place, moment in enumerate(result.moments[:DEPTH], start=1):
        file, start_s = _relative(moment.path, media), moment.start_ms / 1000
        right = [answer for answer in asked.answers if answer.holds(file, start_s)]
        if right and rank is None:
            rank = place
            error = min(abs(start_s - answer.start_s) for answer in right)
        # A second hit on the same answer is no second gain.
        if set(right) - found:
            gain += 1 / math.log2(place + 1)
            found |= set(right)
        hits.append(
            {
                "file": file,
                "start_s": start_s,
                "score": round(moment.score, 3),
                "right": bool(right),
                "kinds": [str(reason.kind) for reason in moment.evidence],
            }
        )
    ideal = sum(1 / math.log2(i + 2) for i in range(min(len(asked.answers), DEPTH)))
    gain = min(1.0, gain / ideal) if ideal else 0.0
    named = result.query.people_names
    said = result.no_good_match
    return Outcome(asked, rank, gain, error, said, took_ms, result.unsure, named, hits)


def summed_up(
    outcomes: Sequence[Outcome],
    absent: Sequence[Outcome] = (),
    names: Sequence[Outcome] = (),
    on_screen: OnScreen | None = None,
    sights: Sequence[Outcome] = (),
) -> dict[str, Any]:
    """All figures as one JSON-ready object. `absent`: sentences of our own without an answer; they
    only count for whether search says so. `names`: everybody of `on_screen` asked for by name.
    `sights`: sentences of our own about what is seen, with and without an answer."""
    every = [*outcomes, *absent, *sights]
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.asked.answers:
            groups.setdefault(f"{outcome.asked.kind}/{outcome.asked.lang}", []).append(outcome)
    for kind in dict.fromkeys(o.asked.kind for o in outcomes if o.asked.answers):
        groups[kind] = [o for o in outcomes if o.asked.kind == kind]
    for outcome in sights:
        if outcome.asked.answers:
            groups.setdefault("own sights", []).append(outcome)
            groups.setdefault(f"own sights/{outcome.asked.lang}", []).append(outcome)
    answered = [o for o in outcomes if o.asked.answers]
    times = sorted(o.took_ms for o in outcomes)
    return {
        "all": asdict(figures(answered)),
        "groups": {name: asdict(figures(group)) for name, group in sorted(groups.items())},
        "people": people(outcomes, on_screen),
        "names": people(names, on_screen),
        "no_good_match": nothing_fits(outcomes),
        "no_good_match_with_absent": nothing_fits([*outcomes, *absent]),
        "no_good_match_own_sights": nothing_fits(sights),
        "no_good_match_all": nothing_fits(every),
        "curves": {
            "all": curve(every),
            "sights": curve([o for o in every if o.asked.about in _SIGHTS]),
            "others": curve([o for o in every if o.asked.about not in _SIGHTS]),
        },
        "took_ms": {
            "p50": statistics.median(times) if times else None,
            "p95": times[min(len(times) - 1, math.ceil(0.95 * len(times)) - 1)] if times else None,
        },
        "queries": [asdict(outcome) for outcome in [*every, *names]],
    }


def nothing_fits(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How far "no good match" can be believed.

    precision: of the results flagged, those whose query has no answer at all; recall: of the
    queries without an answer, those flagged. first_wrong: of the results flagged, those whose first
    moment is no answer, which is what a person sees; missed_first: of the results whose first
    moment is an answer, those flagged all the same. unsure: results without a match that are not
    flagged either; unsure_absent: those of them without an answer. matched: results with a match;
    matched_wrong: those of them whose first moment is no answer.
    """
    said = [o for o in outcomes if o.no_good_match]
    unsure = [o for o in outcomes if o.unsure]
    matched = [o for o in outcomes if not (o.no_good_match or o.unsure)]
    return {
        "queries": len(outcomes),
        "said": len(said),
        "precision": _share(said, lambda o: not o.asked.answers),
        "recall": _share([o for o in outcomes if not o.asked.answers], lambda o: o.no_good_match),
        "first_wrong": _share(said, lambda o: o.rank != 1),
        "missed_first": _share([o for o in outcomes if o.rank == 1], lambda o: o.no_good_match),
        "unsure": len(unsure),
        "unsure_absent": _share(unsure, lambda o: not o.asked.answers),
        "matched": len(matched),
        "matched_wrong": _share(matched, lambda o: o.rank != 1),
    }


def curve(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The figures of `nothing_fits` as they would be with the cut at other scores, and every result
    below it called no good match, whether it can be judged or not."""
    rows = []
    for cut in CUTS:
        best = [max((hit["score"] for hit in o.hits), default=0.0) for o in outcomes]
        moved = [
            replace(o, no_good_match=b < cut, unsure=False)
            for o, b in zip(outcomes, best, strict=True)
        ]
        rows.append({"cut": cut, **nothing_fits(moved)})
    return rows


def people(outcomes: Sequence[Outcome], on_screen: OnScreen | None = None) -> dict[str, Any]:
    """Over the queries in which a name was recognised: precision, the share of their matches
    (moments at or above the cut) that are answers; recall, the share of their answers among the
    matches; precision_at_1, the same of the first moment only. `identified`: the share of matches
    in which everybody who was named is on screen, whether or not the rest fits."""
    named = [o for o in outcomes if o.named and o.asked.answers]
    matches = [(o, hit) for o in named for hit in o.hits if hit["score"] >= CUT]
    found = sum(
        any(answer.holds(hit["file"], hit["start_s"]) for hit in o.hits if hit["score"] >= CUT)
        for o in named
        for answer in o.asked.answers
    )
    there = None
    if on_screen is not None:
        there = _mean(
            float(
                all(
                    any(stretch.holds(hit["file"], hit["start_s"]) for stretch in stretches)
                    for stretches in (on_screen.get(name, ()) for name in o.named)
                )
            )
            for o, hit in matches
        )
    answers = sum(len(o.asked.answers) for o in named)
    return {
        "queries": len(named),
        "matches": len(matches),
        "precision": _mean(float(hit["right"]) for _, hit in matches),
        "precision_at_1": _share([o for o in named if o.hits], lambda o: o.rank == 1),
        "recall": found / answers if answers else None,
        "identified": there,
    }


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """Means over queries that have answers."""
    errors = [o.start_error_s for o in outcomes if o.start_error_s is not None and o.rank]
    return Figures(
        queries=len(outcomes),
        recall_at_1=_share(outcomes, lambda o: o.rank == 1),
        recall_at_5=_share(outcomes, lambda o: o.rank is not None and o.rank <= 5),
        mrr=_mean(1 / o.rank if o.rank else 0.0 for o in outcomes),
        ndcg_at_10=_mean(o.gain for o in outcomes),
        median_start_error_s=statistics.median(errors) if errors else None,
    )


def _relative(path: Path, media: Path) -> str:
    return path.relative_to(media).as_posix() if path.is_relative_to(media) else str(path)


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> float | None:
    return _mean(float(holds(outcome)) for outcome in outcomes)


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return sum(known) / len(known) if known else None
