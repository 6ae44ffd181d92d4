"""`heimdex search`: moments for a sentence, a picture, or another moment.

Finding them is the search room's; here the question is read and the answer written.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heimdex.cli.arguments import day, moment, place, positive
from heimdex.cli.output import bold, clock, complain, counted, emit, marked, note, seconds
from heimdex.cli.session import opened
from heimdex.domain.errors import UserError
from heimdex.domain.search import Evidence, EvidenceKind, Filters, Moment, SearchResult
from heimdex.domain.stages import JobState

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

WRONG_USAGE = 2
"""As argparse has it."""

LABELS = {
    EvidenceKind.SPEECH: "said",
    EvidenceKind.VISUAL: "seen",
    EvidenceKind.TEXT: "on screen",
    EvidenceKind.PERSON: "who",
}

_EPILOG = """\
examples:
  heimdex search "the cat on the sofa"
  heimdex search "소파 위의 고양이"
  heimdex search '"milk and sugar"'                words exactly as said
  heimdex search "Anna beach NOT dog" -n 3         a person, a sight, and what must not be there
  heimdex search coffee --kind visual --after 2025-01 --in ~/Videos
  heimdex search --image cat.jpg
  heimdex search --like holiday.mp4@1:23
"""


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = (
        "Find moments by a sentence in plain English or Korean, by a picture, or by "
        "another moment. One sentence may mix people, words, sights and NOT."
    )
    command.epilog = _EPILOG
    question = command.add_mutually_exclusive_group(required=True)
    question.add_argument("query", nargs="?", metavar="QUERY", help="what to look for")
    question.add_argument("--image", type=Path, metavar="FILE", help="moments that look like it")
    question.add_argument(
        "--like", type=moment, metavar="VIDEO@SECONDS", help="moments that look like that one"
    )
    command.add_argument(
        "-n", type=positive, default=10, metavar="N", help="at most so many (default: 10)"
    )
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.add_argument(
        "--kind",
        action="append",
        choices=[str(kind) for kind in EvidenceKind],
        help="only moments found by this; may be given more than once",
    )
    command.add_argument(
        "--in", dest="folder", type=place, metavar="FOLDER", help="only videos in or below it"
    )
    command.add_argument(
        "--after", type=day, metavar="D", help="only videos recorded on or after (2025, 2025-03-14)"
    )
    command.add_argument("--before", type=day, metavar="D", help="only videos recorded before")
    command.set_defaults(run=search)


def search(options: argparse.Namespace) -> int:
    """Answer one question. Finding nothing is an answer too: exit code 0."""
    filters = Filters(
        kinds=frozenset(EvidenceKind(kind) for kind in options.kind or ()),
        folder=options.folder,
        after=options.after,
        before=options.before,
    )
    if filters != Filters() and options.query is None:
        complain("--kind, --in, --after and --before go with a QUERY only")
        return WRONG_USAGE
    with opened(options) as library:
        result, asked = _answer(library, options, filters)
        if options.json:
            emit(document(result, asked))
            return 0
        show(result)
        _tell_what_is_missing(library, result)
    return 0


def _answer(
    library: "Library", options: argparse.Namespace, filters: Filters
) -> tuple[SearchResult, str]:
    """The result and the question as it was asked."""
    if options.image is not None:
        return library.searcher.by_image(options.image, options.n), str(options.image)
    if options.like is not None:
        name, at_ms = options.like
        video = library.catalogue.find_video(name)
        asked = f"{video.path}@{at_ms / 1000:g}"
        return library.searcher.similar(video.id, at_ms, options.n), asked
    if not options.query.strip():
        raise UserError("The question is empty; write what you look for.")
    inside = filters.folder
    if inside is not None and not any(
        file.path.is_relative_to(inside) for file in library.catalogue.files()
    ):
        # Nothing found is an answer, but a mistyped folder should not look like one.
        complain(f"No video of the library is in {inside}; see `heimdex status`.")
    return library.searcher.search(options.query, filters, options.n), options.query


def document(result: SearchResult, asked: str) -> dict[str, Any]:
    """The JSON shape of an answer."""
    return {
        "query": asked,
        "took_ms": round(result.took_ms, 1),
        "no_good_match": result.no_good_match,
        "hits": [
            {
                "video": str(hit.path),
                "start_s": seconds(hit.start_ms),
                "end_s": seconds(hit.end_ms),
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


def show(result: SearchResult) -> None:
    """The answer for a person."""
    if not result.moments:
        print("Nothing was found.")
        return
    if result.no_good_match:
        print("Nothing fits well. The nearest there is:\n")
    for number, hit in enumerate(result.moments, 1):
        print(f"{number:2}. {bold(clock(hit.start_ms))}–{clock(hit.end_ms)}  {_place(hit)}")
        for reason in hit.evidence:
            print(f"      {LABELS[reason.kind]:>9}  {_reason(reason)}")
    print(f"\n{counted(len(result.moments), 'moment')} in {result.took_ms:.0f} ms")


def _place(hit: Moment) -> str:
    name = str(hit.path) if not sys.stdout.isatty() else bold(str(hit.path))
    return name if hit.online else f"{name}  (not reachable now)"


def _reason(reason: Evidence) -> str:
    text = marked(reason.text, reason.matches)
    if reason.kind is EvidenceKind.SPEECH:
        text = f"“{text}”"
    return f"{text}  ({clock(reason.at_ms)})" if text else f"at {clock(reason.at_ms)}"


def _tell_what_is_missing(library: "Library", result: SearchResult) -> None:
    """An answer is only as good as what was indexed: say so where it was not all."""
    counts = library.jobs.counts()
    pending = counts[JobState.QUEUED] + counts[JobState.RUNNING] + counts[JobState.PAUSED]
    if not library.catalogue.videos():
        note("The library is empty; add videos with `heimdex add PATH`.")
    elif pending:
        note(f"{counted(pending, 'video')} not indexed yet; run `heimdex index`.")
