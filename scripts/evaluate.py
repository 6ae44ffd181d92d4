"""Measures how well a real library answers sentences whose answers are known.

The queries file says which people to enrol and, for each sentence, every acceptable answer; the
method is described in docs/search.md. Indexing and searching are the application's own, counting
is `evaluate_figures`'.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from evaluate_figures import DEPTH, Answer, Asked, OnScreen, Outcome, judged, summed_up
from heimdex.domain.errors import HeimdexError, UserError
from heimdex.domain.search import SearchResult

ABSENT = Path(__file__).with_name("absent.json")
"""Sentences of our own that nothing in the shared media answers."""

SIGHTS = Path(__file__).with_name("sights.json")
"""Sentences of our own about what is seen in the shared media, and as many about what is not."""

ON_SCREEN = Path(__file__).with_name("on_screen.json")
"""Who can be seen where in the shared media, by our own eyes."""
_NOTHING = (
    "no_good_match",
    "no_good_match_with_absent",
    "no_good_match_own_sights",
    "no_good_match_all",
)
Search = Callable[[str], SearchResult]


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
            sights = ask(_read(options.sights)) if options.sights else []
            seen = _seen(options.on_screen) if options.on_screen else None
            names = ask({"queries": _by_name(seen, document.get("enrol", {}))}) if seen else []
    report = summed_up(outcomes, absent, names, seen, sights)
    show([*outcomes, *absent, *sights, *names], report, options.verbose)
    if options.curve:
        show_curves(report["curves"])
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


def show(outcomes: Sequence[Outcome], report: dict[str, Any], verbose: bool) -> None:
    """The table for a person."""
    if verbose:
        for outcome in outcomes:
            top = outcome.hits[0] if outcome.hits else None
            first = f"{top['score']:.2f} {top['file']}@{top['start_s']:.1f}" if top else "nothing"
            mark = "none" if outcome.no_good_match else "  ? " if outcome.unsure else "    "
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
    print()
    for key, called in (("people", "queries name somebody"), ("names", "names were asked for")):
        who = report[key]
        if who["queries"]:
            print(
                f"people: {who['queries']} {called}, {who['matches']} matches, "
                f"precision {_two(who['precision']).strip()} (of first moments "
                f"{_two(who['precision_at_1']).strip()}), recall {_two(who['recall']).strip()}; "
                f"the person is on screen in {_two(who['identified']).strip()} of the matches"
            )
    for key in _NOTHING:
        none = report[key]
        if not none["queries"]:
            continue
        print(
            f"{key.replace('_', ' ')}, {none['queries']} queries: said {none['said']} times, "
            f"precision {_two(none['precision']).strip()}, recall {_two(none['recall']).strip()}; "
            f"first moment wrong {_two(none['first_wrong']).strip()}, "
            f"said of right first moments {_two(none['missed_first']).strip()}; unsure "
            f"{none['unsure']} times, {_two(none['unsure_absent']).strip()} without an answer; "
            f"matched {none['matched']}, first wrong {_two(none['matched_wrong']).strip()}"
        )
    took = report["took_ms"]
    if took["p50"] is not None:
        print(f"a search took {took['p50']:.0f} ms (median), {took['p95']:.0f} ms (95 %)")


def show_curves(curves: dict[str, list[dict[str, Any]]]) -> None:
    """What "nothing fits" would be worth with the cut elsewhere."""
    for name, rows in curves.items():
        print(f"\nno good match, {name}: {rows[0]['queries']} queries")
        print("  cut  said  precision  recall  first wrong  of right")
        for row in rows:
            print(
                f"{row['cut']:5.2f} {row['said']:5} {_two(row['precision']):>10} "
                f"{_two(row['recall']):>7} {_two(row['first_wrong']):>12} "
                f"{_two(row['missed_first']):>9}"
            )


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
    parser.add_argument(
        "--sights",
        type=Path,
        help="sentences about what is seen, with their answers (default: those in sights.json for "
        "the media of HEIMDEX_SHARED, else none)",
    )
    parser.add_argument(
        "--on-screen",
        type=Path,
        help="who can be seen where (default: on_screen.json for the media of HEIMDEX_SHARED, "
        "else none): everybody is asked for by name, and matches are held against it",
    )
    parser.add_argument(
        "--curve",
        action="store_true",
        help='also show what "nothing fits" would be worth with the cut at other scores',
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
    if options.media is None:
        options.absent = options.absent or ABSENT
        options.sights = options.sights or SIGHTS
        options.on_screen = options.on_screen or ON_SCREEN
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
            answers=_stretches(one.get("answers", [])),
            about=one.get("about", one["kind"]),
        )
        for one in document["queries"]
    ]


def _stretches(listed: Sequence[dict[str, Any]]) -> tuple[Answer, ...]:
    return tuple(Answer(a["file"], float(a["start_s"]), float(a["end_s"])) for a in listed)


def _seen(path: Path) -> OnScreen:
    try:
        listed = json.loads(path.read_text("utf-8"))["people"]
        return {name: _stretches(stretches) for name, stretches in listed.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path.name} does not say who is on screen ({error}).") from error


def _by_name(seen: OnScreen, enrolled: dict[str, Any]) -> list[dict[str, Any]]:
    """Queries that are nothing but a name: everybody, under each of their names."""
    return [
        {
            "id": f"n{number}",
            "kind": "name",
            "lang": "en" if name.isascii() else "ko",
            "query": name,
            "answers": [vars(stretch) for stretch in stretches],
        }
        for number, (person, stretches) in enumerate(seen.items(), 1)
        for name in (person, *enrolled.get(person, {}).get("aliases", []))
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


def _two(value: float | None) -> str:
    return f"{'-' if value is None else f'{value:.2f}':>6}"


if __name__ == "__main__":
    sys.exit(main())
