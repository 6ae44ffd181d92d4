"""Measures how well a real library answers sentences whose answers are known.

The queries file says which people to enrol and, for each sentence, every acceptable answer; the
method is described in docs/search.md. Indexing and searching are the application's own.
"""

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from heimdex.domain.errors import HeimdexError, UserError
from heimdex.domain.search import SearchResult
from heimdex.search.calibration import CUT

ABSENT = Path(__file__).with_name("absent.json")
"""Sentences of our own that nothing in the shared media answers."""

TOLERANCE_S = 1.5
"""A hit may begin so much before an answer, or so much after its end."""
DEPTH = 10

Search = Callable[[str], SearchResult]


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


@dataclass(frozen=True)
class Asked:
    """A query with its answers; `kind` "none" means that nothing answers it."""

    id: str
    kind: str
    lang: str
    query: str
    answers: tuple[Answer, ...]


@dataclass
class Outcome:
    """What one query brought. `rank` counts from 1; `start_error_s` belongs to the hit at it."""

    asked: Asked
    rank: int | None
    gain: float
    start_error_s: float | None
    no_good_match: bool
    took_ms: float
    names_somebody: bool = False
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; gives the exit code."""
    options = _options(arguments)
    try:
        media, queries = _places(options)
        report = run(media, queries, options)
    except HeimdexError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        Path(options.json).write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    return 0


def run(media: Path, queries: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Index what is missing, enrol, ask everything, print the table, give the report."""
    from heimdex.bootstrap import open_library
    from heimdex.config.directories import Directories
    from heimdex.config.settings import Settings

    document = _read(queries)
    with tempfile.TemporaryDirectory(prefix="heimdex-evaluate-") as scratch:
        directories = Directories.resolve(options.library or Path(scratch))
        settings = Settings.load(directories.home)
        with open_library(directories, settings) as library:
            if not options.no_index:
                _index(library, media)
            _enrol(library.people, document.get("enrol", {}), media)
            require_answers(document, media, {file.path for file in library.catalogue.files()})

            def ask(document: dict[str, Any]) -> list[Outcome]:
                asked = [one for one in _asked(document) if _in_part(one, options.part)]
                return measure(lambda text: library.searcher.search(text, n=DEPTH), asked, media)

            outcomes = ask(document)
            absent = ask(_read(options.absent)) if options.absent else []
    report = summed_up(outcomes, absent)
    show([*outcomes, *absent], report, options.verbose)
    return report


def require_answers(document: dict[str, Any], media: Path, known: set[Path]) -> None:
    """UserError when a file that is an answer is not in the library: no figure would be right."""
    wanted = {a["file"] for query in document["queries"] for a in query.get("answers", ())}
    absent = sorted(name for name in wanted if media / name not in known)
    if absent:
        raise UserError(
            f"{len(absent)} of {len(wanted)} files that are answers are not in the library, "
            f"{absent[0]} for one; index the whole of {media}."
        )


def measure(search: Search, asked: Iterable[Asked], media: Path) -> list[Outcome]:
    """Ask every query once."""
    outcomes = []
    for one in asked:
        started = time.perf_counter()
        result = search(one.query)
        took_ms = (time.perf_counter() - started) * 1000
        outcomes.append(judged(one, result, media, took_ms))
    return outcomes


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
    named = bool(result.query.people)
    return Outcome(asked, rank, gain, error, result.no_good_match, took_ms, named, hits)


def summed_up(outcomes: Sequence[Outcome], absent: Sequence[Outcome] = ()) -> dict[str, Any]:
    """All figures as one JSON-ready object. `absent`: sentences of our own without an answer; they
    only count for whether search says so."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.asked.answers:
            groups.setdefault(f"{outcome.asked.kind}/{outcome.asked.lang}", []).append(outcome)
    for kind in dict.fromkeys(o.asked.kind for o in outcomes if o.asked.answers):
        groups[kind] = [o for o in outcomes if o.asked.kind == kind]
    answered = [o for o in outcomes if o.asked.answers]
    times = sorted(o.took_ms for o in outcomes)
    return {
        "all": asdict(figures(answered)),
        "groups": {name: asdict(figures(group)) for name, group in sorted(groups.items())},
        "people": people(outcomes),
        "no_good_match": nothing_fits(outcomes),
        "no_good_match_with_absent": nothing_fits([*outcomes, *absent]),
        "took_ms": {
            "p50": statistics.median(times) if times else None,
            "p95": times[min(len(times) - 1, math.ceil(0.95 * len(times)) - 1)] if times else None,
        },
        "queries": [asdict(outcome) for outcome in [*outcomes, *absent]],
    }


def nothing_fits(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How far "no good match" can be believed.

    precision: of the results flagged, those whose query has no answer at all; recall: of the
    queries without an answer, those flagged. first_wrong: of the results flagged, those whose first
    moment is no answer, which is what a person sees; missed_first: of the results whose first
    moment is an answer, those flagged all the same.
    """
    said = [o for o in outcomes if o.no_good_match]
    return {
        "queries": len(outcomes),
        "said": len(said),
        "precision": _share(said, lambda o: not o.asked.answers),
        "recall": _share([o for o in outcomes if not o.asked.answers], lambda o: o.no_good_match),
        "first_wrong": _share(said, lambda o: o.rank != 1),
        "missed_first": _share([o for o in outcomes if o.rank == 1], lambda o: o.no_good_match),
    }


def people(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Over the queries in which a name was recognised: precision, the share of their matches
    (moments at or above the cut) that are answers; recall, the share of their answers among the
    matches; precision_at_1, the same of the first moment only."""
    named = [o for o in outcomes if o.names_somebody and o.asked.answers]
    matches = [hit for o in named for hit in o.hits if hit["score"] >= CUT]
    found = sum(
        any(answer.holds(hit["file"], hit["start_s"]) for hit in o.hits if hit["score"] >= CUT)
        for o in named
        for answer in o.asked.answers
    )
    return {
        "queries": len(named),
        "matches": len(matches),
        "precision": _mean(float(hit["right"]) for hit in matches),
        "precision_at_1": _share([o for o in named if o.hits], lambda o: o.rank == 1),
        "recall": found / answers
        if (answers := sum(len(o.asked.answers) for o in named))
        else None,
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


def show(outcomes: Sequence[Outcome], report: dict[str, Any], verbose: bool) -> None:
    """The table for a person."""
    if verbose:
        for outcome in outcomes:
            top = outcome.hits[0] if outcome.hits else None
            first = f"{top['score']:.2f} {top['file']}@{top['start_s']:.1f}" if top else "nothing"
            mark = "none" if outcome.no_good_match else "    "
            print(
                f"{outcome.asked.id:5} {outcome.asked.kind:7} {outcome.rank or '-':>3} {mark} "
                f"{outcome.asked.query[:48]:48} {first}"
            )
        print()
    print(f"{'':12} {'n':>4} {'R@1':>6} {'R@5':>6} {'MRR':>6} {'nDCG':>6} {'start error':>12}")
    rows = [*report["groups"].items(), ("all", report["all"])]
    for name, row in rows:
        error = row["median_start_error_s"]
        print(
            f"{name:12} {row['queries']:4} {_two(row['recall_at_1'])} {_two(row['recall_at_5'])} "
            f"{_two(row['mrr'])} {_two(row['ndcg_at_10'])} "
            f"{'-' if error is None else f'{error:.2f} s':>12}"
        )
    who = report["people"]
    print(
        f"\npeople: {who['queries']} queries name somebody, {who['matches']} matches, "
        f"precision {_two(who['precision']).strip()} (of first moments "
        f"{_two(who['precision_at_1']).strip()}), recall {_two(who['recall']).strip()}"
    )
    for key in ("no_good_match", "no_good_match_with_absent"):
        none = report[key]
        print(
            f"no good match, {none['queries']} queries: said {none['said']} times, "
            f"precision {_two(none['precision']).strip()}, recall {_two(none['recall']).strip()}; "
            f"first moment wrong {_two(none['first_wrong']).strip()}, "
            f"said of right first moments {_two(none['missed_first']).strip()}"
        )
    took = report["took_ms"]
    if took["p50"] is not None:
        print(f"a search took {took['p50']:.0f} ms (median), {took['p95']:.0f} ms (95 %)")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/evaluate", description=__doc__)
    parser.add_argument(
        "--media",
        type=Path,
        help="folder of media (default: media/ in the folder that HEIMDEX_SHARED names)",
    )
    parser.add_argument(
        "--queries",
        type=Path,
        help="queries with answers (default: queries.json beside the media folder)",
    )
    parser.add_argument(
        "--library",
        type=Path,
        help="library to use or make (default: a new one that is thrown away)",
    )
    parser.add_argument(
        "--absent",
        type=Path,
        help="sentences that nothing answers, asked beside the queries (default: those in "
        "absent.json for the media of HEIMDEX_SHARED, else none)",
    )
    parser.add_argument("--no-index", action="store_true", help="take the library as it is")
    parser.add_argument(
        "--part",
        choices=("all", "tune", "report"),
        default="all",
        help="only the half that was tuned on, or the other one",
    )
    parser.add_argument("--json", metavar="FILE", help="also write everything as JSON")
    parser.add_argument("-v", "--verbose", action="store_true", help="one line a query")
    return parser.parse_args(arguments)


def _places(options: argparse.Namespace) -> tuple[Path, Path]:
    shared = os.environ.get("HEIMDEX_SHARED")
    media = options.media or (Path(shared) / "media" if shared else None)
    if media is None:
        raise UserError("Say where the media are: --media DIR, or HEIMDEX_SHARED.")
    # As the library names files; `absolute` would keep the `..` of a relative path.
    media = Path(os.path.abspath(media.expanduser()))  # noqa: PTH100
    queries = options.queries or media.parent / "queries.json"
    if not media.is_dir() or not queries.is_file():
        raise UserError(f"There is no folder {media} with {queries.name} beside it.")
    if options.absent is None and options.media is None:
        options.absent = ABSENT
    return media, queries


def _read(queries: Path) -> dict[str, Any]:
    try:
        document = json.loads(queries.read_text("utf-8"))
        document["queries"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{queries.name} is not a file of queries ({error}).") from error
    return dict(document)


def _asked(document: dict[str, Any]) -> list[Asked]:
    return [
        Asked(
            id=one["id"],
            kind=one["kind"],
            lang=one["lang"],
            query=one["query"],
            answers=tuple(
                Answer(a["file"], float(a["start_s"]), float(a["end_s"]))
                for a in one.get("answers", [])
            ),
        )
        for one in document["queries"]
    ]


def _in_part(asked: Asked, part: str) -> bool:
    """A sentence and its translation (d07, d07k) are always in the same half."""
    number = int("".join(c for c in asked.id if c.isdigit()) or 0)
    return part == "all" or (part == "tune") == (number % 2 == 1)


def _index(library: Any, media: Path) -> None:
    library.scanner.add([media])
    waiting = sum(n for state, n in library.jobs.counts().items() if str(state) == "queued")
    print(f"{waiting} files to index", file=sys.stderr)

    def told(event: Any) -> None:
        state = getattr(event, "state", None)
        if state is not None:
            title = library.catalogue.video(event.video_id)
            name = title.title if title is not None else event.video_id
            print(f"  {state}: {name} {event.error}".rstrip(), file=sys.stderr)

    library.worker.run(told, lambda: False)
    library.index.sync(library.database)


def _enrol(people: Any, wanted: dict[str, Any], media: Path) -> None:
    known = {person.name: person for person in people.list()}
    for name, given in wanted.items():
        person = known.get(name)
        if person is None or people.show(person.id).photos == 0:
            done = people.enroll(name, [media / photo for photo in given["photos"]])
            for photo, why in done.left_out:
                print(f"not enrolled by {photo.name}: {why}", file=sys.stderr)
            person = done.person
        people.alias(person.id, given.get("aliases", []))


def _relative(path: Path, media: Path) -> str:
    return path.relative_to(media).as_posix() if path.is_relative_to(media) else str(path)


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> float | None:
    return _mean(float(holds(outcome)) for outcome in outcomes)


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return sum(known) / len(known) if known else None


def _two(value: float | None) -> str:
    return f"{'-' if value is None else f'{value:.2f}':>6}"


if __name__ == "__main__":
    sys.exit(main())
