"""`heimdex demo`: the main job, shown on the terminal with the sample that comes with Heimdex.

Works in a library of its own that is thrown away; the person's library is not opened.
"""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from heimdex.cli.output import bold, clock, counted
from heimdex.cli.progress import WorkBar
from heimdex.cli.searching import LABELS
from heimdex.cli.session import opened
from heimdex.domain.errors import UserError
from heimdex.domain.search import EvidenceKind, Filters
from heimdex.domain.stages import JobFinished, JobState, StageFinished, WorkEvent

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

_NAME = "Eileen Collins"

_QUESTIONS: tuple[tuple[str, str, frozenset[EvidenceKind]], ...] = (
    ("something said", "the first woman to command a space shuttle", frozenset()),
    ("the same in Korean", "우유랑 설탕 사야 해", frozenset()),
    ("something seen", "a cup of coffee", frozenset({EvidenceKind.VISUAL})),
    ("the same in Korean", "고양이", frozenset({EvidenceKind.VISUAL})),
    ("somebody", _NAME, frozenset()),
    ("somebody and something said", f"{_NAME} repaired the telescope", frozenset()),
)


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = (
        "Index the three sample videos that come with Heimdex in a library that is "
        "thrown away afterwards, name the face in them, and answer some questions."
    )
    command.set_defaults(run=demo)


def demo(options: argparse.Namespace) -> int:
    """Index the sample and answer."""
    with tempfile.TemporaryDirectory(prefix="heimdex-demo-") as folder:
        options.library = Path(folder) / "library"
        with opened(options) as library:
            sample = library.directories.resources / "sample"
            print(bold(f"Indexing the sample videos in {sample}"), flush=True)
            _index(library, sample)
            _name_the_face(library)
            for what, question, kinds in _QUESTIONS:
                _ask(library, what, question, kinds)
    print('\nYour own videos:  heimdex add FOLDER, heimdex index, heimdex search "…"')
    return 0


def _index(library: "Library", sample: Path) -> None:
    library.scanner.add([sample], watched=False)
    trouble: list[str] = []
    with WorkBar(library.catalogue, library.jobs, shown=True) as bar:

        def on_event(event: WorkEvent) -> None:
            bar.show(event)
            if isinstance(event, StageFinished) and event.error:
                trouble.append(event.error)
            elif isinstance(event, JobFinished):
                if event.state is JobState.DONE:
                    video = library.catalogue.video(event.video_id)
                    if video is not None:
                        bar.say(f"  {video.path.name} ({clock(video.duration_ms)}) is searchable")
                elif event.error:
                    trouble.append(event.error)

        report = library.worker.run(on_event, lambda: False)
    if trouble or report.halted:
        raise UserError(report.halted or trouble[0])
    print(f"  {counted(report.done, 'video')} in {report.seconds:.0f} s\n")


def _name_the_face(library: "Library") -> None:
    """What a person does once: say who the most seen face is."""
    strangers = [person for person in library.people.list() if person.name is None]
    if not strangers:
        raise UserError("No face was found in the sample; run `heimdex models verify`.")
    seen = max(strangers, key=lambda person: person.track_count)
    person = library.people.name(seen.id, _NAME)
    faces, videos = counted(person.track_count, "shot"), counted(person.video_count, "video")
    print(f"The face that is seen most is named {bold(_NAME)}: {faces} in {videos}.")


def _ask(library: "Library", what: str, question: str, kinds: frozenset[EvidenceKind]) -> None:
    result = library.searcher.search(question, Filters(kinds=kinds), 2 if question == _NAME else 1)
    print(f"\nFind {what}: {bold(question)}")
    if not result.moments:
        print("  nothing was found")
    for hit in result.moments:
        reasons = "; ".join(f"{LABELS[r.kind]}: {r.text}" for r in hit.evidence[:2])
        print(f"  {hit.path.name} {clock(hit.start_ms)}–{clock(hit.end_ms)}  {reasons}")
