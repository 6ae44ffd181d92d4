"""`heimdex search`: moments for a sentence, pictures, other moments, or their sum.

Finding them is the search room's, putting the question together `asking`'s; here the answer is
written.
"""

import argparse
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heimdex.cli.arguments import day, duration, moment, place, positive
from heimdex.cli.asking import asked, question
from heimdex.cli.output import (
    bold,
    clock,
    complain,
    counted,
    emit,
    marked,
    note,
    plain,
    seconds,
)
from heimdex.cli.session import opened
from heimdex.domain.errors import UserError
from heimdex.domain.search import (
    Chip,
    ChipKind,
    Evidence,
    EvidenceKind,
    Filters,
    Length,
    Moment,
    Query,
    Question,
    SearchResult,
    Sort,
    When,
)
from heimdex.domain.stages import JobState
from heimdex.search.calibration import CUT

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

LABELS = {
    EvidenceKind.SPEECH: "said",
    EvidenceKind.VISUAL: "seen",
    EvidenceKind.TEXT: "on screen",
    EvidenceKind.PERSON: "who",
}

_EPILOG = """\
examples:
  heimdex search "the cat on the sofa"
  heimdex search "소파 위의 고양이, 작년 여름"
  heimdex search '"milk and sugar"'                words exactly as said
  heimdex search "Anna beach NOT dog" -n 3         a person, a sight, and what must not be there
  heimdex search "who:Anna said: holiday folder:2019 longer than 5 minutes"
  heimdex search "beach + dog - people"            near the first two, away from the last
  heimdex search coffee --kind visual --after 2025-01 --in ~/Videos --sort date
  heimdex search "at night" --image cat.jpg        like the picture, but at night
  heimdex search --like holiday.mp4@1:23 --minus people
  heimdex search "Anna dancing" --save Anna        ask it again with `heimdex searches run Anna`
"""


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = (
        "Find moments by a sentence in plain English or Korean, by pictures, or by other moments. "
        "One sentence may mix people, words, sights, dates, folders, lengths and NOT; what was "
        "understood is shown above the answer."
    )
    command.epilog = _EPILOG
    command.add_argument("query", nargs="?", metavar="QUERY", help="what to look for")
    command.add_argument(
        "--image",
        type=Path,
        action="append",
        metavar="FILE",
        help="moments that look like it; may be given more than once, and with a QUERY",
    )
    command.add_argument(
        "--like",
        type=moment,
        action="append",
        metavar="VIDEO@SECONDS",
        help="moments that look like that one",
    )
    for sign, what in (("plus", "more like"), ("minus", "less like")):
        command.add_argument(
            f"--{sign}",
            action="append",
            metavar="THING",
            help=f"{what} this: words, a picture file, or VIDEO@SECONDS",
        )
    command.add_argument(
        "-n", type=positive, default=10, metavar="N", help="at most so many (default: 10)"
    )
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.add_argument(
        "--sort",
        choices=[str(sort) for sort in Sort],
        default=str(Sort.RELEVANCE),
        help="best first (default), or newest recording first",
    )
    _define_limits(command.add_argument_group("limits, beside those in the QUERY"))
    command.add_argument(
        "--plain",
        action="append",
        metavar="WORDS",
        help="take these words of the QUERY as words, not as a name, a date or a length",
    )
    command.add_argument("--save", metavar="NAME", help="keep the question under this name")
    command.set_defaults(run=search, wrong=command.error)


def _define_limits(group: Any) -> None:
    group.add_argument(
        "--kind",
        action="append",
        choices=[str(kind) for kind in EvidenceKind],
        help="only moments found by this; may be given more than once",
    )
    group.add_argument(
        "--person",
        action="append",
        metavar="NAME",
        help="only while this person is on screen; may be given more than once",
    )
    group.add_argument(
        "--in", dest="folder", type=place, metavar="FOLDER", help="only videos in or below it"
    )
    group.add_argument(
        "--after", type=day, metavar="D", help="only videos recorded on or after (2025, 2025-03-14)"
    )
    group.add_argument("--before", type=day, metavar="D", help="only videos recorded before")
    group.add_argument(
        "--longer", type=duration, metavar="T", help="only videos of at least this length (5m, 90s)"
    )
    group.add_argument(
        "--shorter", type=duration, metavar="T", help="only videos of at most this length"
    )


def search(options: argparse.Namespace) -> int:
    """Answer one question. Finding nothing is an answer too: exit code 0."""
    if not _asks_anything(options):
        options.wrong("nothing is asked; write a QUERY, or give --image, --like, --person …")
    with opened(options) as library:
        wanted = question(library, options)
        _check(library, wanted)
        result = library.searcher.ask(wanted, options.n)
        if options.save is not None:
            kept = library.searches.save(options.save, wanted)
            note(f"Saved as {kept.name!r}; ask it again with `heimdex searches run`.")
        if options.json:
            emit(document(result, asked(library, wanted)))
            return 0
        show(result)
        _tell_what_is_missing(library)
    return 0


def _asks_anything(options: argparse.Namespace) -> bool:
    given = (options.query, options.image, options.like, options.plus, options.person)
    limits = (options.folder, options.after, options.before, options.longer, options.shorter)
    return any(each is not None for each in (*given, *limits))


def _check(library: "Library", wanted: Question) -> None:
    if wanted.empty and wanted.filters == Filters(kinds=wanted.filters.kinds):
        raise UserError("The question is empty; write what you look for.")
    inside = wanted.filters.folder
    if inside is not None and not any(
        file.path.is_relative_to(inside) for file in library.catalogue.files()
    ):
        # Nothing found is an answer, but a mistyped folder should not look like one.
        complain(f"No video of the library is in {inside}; see `heimdex status`.")


def document(result: SearchResult, asked: str) -> dict[str, Any]:
    """The JSON shape of an answer."""
    return {
        "query": asked,
        "took_ms": round(result.took_ms, 1),
        "no_good_match": result.no_good_match,
        "unsure": result.unsure,
        "missing": list(result.missing),
        "understood": [_chip(chip, result) for chip in result.query.chips],
        "hits": [
            {
                "video": str(hit.path),
                "reachable": hit.online,
                "start_s": seconds(hit.start_ms),
                "end_s": seconds(hit.end_ms),
                "also_s": [seconds(also_ms) for also_ms in hit.also_ms],
                "score": round(hit.score, 4),
                "people": list(hit.people),
                "evidence": [
                    {
                        "kind": str(reason.kind),
                        "text": reason.text,
                        "score": round(reason.score, 4),
                        "at_s": seconds(reason.at_ms),
                    }
                    for reason in hit.evidence
                ],
            }
            for hit in result.moments
        ],
    }


def _chip(chip: Chip, result: SearchResult) -> dict[str, Any]:
    described: dict[str, Any] = {"kind": str(chip.kind), "text": chip.text}
    if chip.negated:
        described["negated"] = True
    if chip in result.dropped:
        described["dropped"] = True
    value = chip.value
    if isinstance(value, When):
        if value.yearly:
            described["yearly"] = True
        else:
            described["after"] = _day(value.periods[0].after)
            described["before"] = _day(value.periods[0].before)
    elif isinstance(value, Length):
        described["longer_s"] = None if value.least_ms is None else value.least_ms / 1000
        described["shorter_s"] = None if value.most_ms is None else value.most_ms / 1000
    elif isinstance(value, EvidenceKind):
        described["evidence"] = str(value)
    return described


def _day(second: int | None) -> str | None:
    return None if second is None else datetime.fromtimestamp(second).date().isoformat()


def show(result: SearchResult, new: frozenset[tuple[str, int]] = frozenset()) -> None:
    """The answer for a person. `new`: video and start of the moments to be marked as new."""
    if result.query.chips:
        print(f"Understood: {plain(_understood(result.query))}\n")
    if not result.moments:
        print("Nothing was found.")
        return
    dropped = " and ".join(f"“{chip.text}”" for chip in result.dropped)
    if dropped and result.only_near:
        print(f"Nothing fits together with {dropped}. The nearest without that:\n")
    elif dropped:
        print(f"Nothing was found with {dropped}; without that:\n")
    elif result.missing:
        names = " and no ".join(f"“{name}”" for name in result.missing)
        print(f"Nothing fits: no {names} was recognised in any video. The nearest there is:\n")
    elif result.no_good_match:
        print("Nothing fits. The nearest there is:\n")
    elif result.unsure:
        print(
            "No match was found, but the picture model in use cannot tell whether this can be seen "
            "somewhere. The nearest there is:\n"
        )
    dated = any(chip.kind is ChipKind.DATE for chip in result.query.chips)
    matches = sum(hit.score >= CUT for hit in result.moments)
    for number, hit in enumerate(result.moments, 1):
        if matches and number == matches + 1:
            print("\nLess sure:\n")
        mark = "  new" if (hit.video_id, hit.start_ms) in new else ""
        span = f"{bold(clock(hit.start_ms))}–{clock(hit.end_ms)}"
        when = f"  recorded {_day(hit.recorded_at)}" if dated and hit.recorded_at else ""
        print(f"{number:2}. {span}  {_place(hit)}{when}{mark}")
        for reason in hit.evidence:
            print(f"      {LABELS[reason.kind]:>9}  {_reason(reason)}")
        if hit.people and all(e.kind is not EvidenceKind.PERSON for e in hit.evidence):
            print(f"      {'with':>9}  {', '.join(hit.people)}")
        if hit.also_ms:
            print(f"      {'also at':>9}  {', '.join(map(clock, hit.also_ms))}")
    shown = matches or len(result.moments)
    print(f"\n{counted(shown, 'moment')} in {result.took_ms:.0f} ms")


def _understood(query: Query) -> str:
    """The chips in one line; "or" before somebody who will do instead of the one before."""
    parts: list[str] = []
    people = 0
    for chip in query.chips:
        somebody = chip.kind is ChipKind.PERSON and not chip.negated
        people += somebody
        other = somebody and query.any_person and people > 1
        parts.append(f"or {_words(chip)}" if other else _words(chip))
    return ", ".join(parts)


def _words(chip: Chip) -> str:
    text = chip.text
    if isinstance(chip.value, When):
        first = chip.value.periods[0]
        when = "every year" if chip.value.yearly else _span(first.after, first.before)
        text = f"{text} ({when})"
    if isinstance(chip.value, EvidenceKind):
        return f"only {LABELS[chip.value]}"
    if chip.kind is ChipKind.TERM:
        return f"{'−' if chip.negated else '+'} {text}"
    kind = "" if chip.kind is ChipKind.WORDS else f"{chip.kind} "
    return f"{'not ' if chip.negated else ''}{kind}{text}"


def _span(after: int | None, before: int | None) -> str:
    last = None if before is None else before - 1
    return f"{_day(after) or '…'} to {_day(last) or '…'}"


def _place(hit: Moment) -> str:
    name = bold(plain(str(hit.path)))
    return name if hit.online else f"{name}  (not reachable now)"


def _reason(reason: Evidence) -> str:
    text = marked(reason.text, reason.matches)
    if reason.kind is EvidenceKind.SPEECH:
        text = f"“{text}”"
    return f"{text}  ({clock(reason.at_ms)})" if text else f"at {clock(reason.at_ms)}"


def _tell_what_is_missing(library: "Library") -> None:
    """An answer is only as good as what was indexed: say so where it was not all."""
    counts = library.jobs.counts()
    pending = counts[JobState.QUEUED] + counts[JobState.RUNNING] + counts[JobState.PAUSED]
    if not library.catalogue.videos():
        note("The library is empty; add videos with `heimdex add PATH`.")
    elif pending:
        note(f"{counted(pending, 'video')} not indexed yet; run `heimdex index`.")
