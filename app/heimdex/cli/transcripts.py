"""`heimdex transcript`: what is said in one video, or written on its screen, as text or subtitles.

The formats are written by the export room.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from heimdex.cli.session import opened
from heimdex.domain.errors import UserError
from heimdex.domain.search import EvidenceKind
from heimdex.domain.speech import Transcript
from heimdex.domain.stages import Stage, StageStatus

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.domain.media import Video

FORMATS = ("txt", "srt", "vtt", "json")


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = "Print what is said in an indexed video, or written on its screen."
    command.epilog = "example: heimdex transcript holiday.mp4 --format srt > holiday.srt"
    command.add_argument("video", metavar="VIDEO", help="a path, a file name or an id")
    command.add_argument(
        "--kind",
        choices=(EvidenceKind.SPEECH, EvidenceKind.TEXT),
        default=EvidenceKind.SPEECH,
        help="what is said (speech, the default) or read on the screen (text)",
    )
    command.add_argument("--format", choices=FORMATS, default="txt", help="default: txt")
    command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write to a new file instead"
    )
    command.set_defaults(run=transcript)


def transcript(options: argparse.Namespace) -> int:
    """Print the transcript of one video."""
    from heimdex.export import render, save

    with opened(options) as library:
        video = library.catalogue.find_video(options.video)
        if options.kind == EvidenceKind.TEXT:
            told = _shown(library, video, subtitles=options.format in ("srt", "vtt"))
        else:
            told = _spoken(library, video)
        text = render(told, options.format)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    save(options.output, text, replace=False)
    return 0


def _spoken(library: "Library", video: "Video") -> Transcript:
    spoken = library.stages.transcript(video.id)
    if spoken is None:
        run = library.stages.runs(video.id).get(Stage.SPEECH)
        if run is not None and run.status is StageStatus.SKIPPED:
            raise UserError(f"{video.path.name} has no sound, so nothing is said in it.")
        raise UserError(f"{video.path.name} has not been listened to; run `heimdex index`.")
    return spoken


def _shown(library: "Library", video: "Video", *, subtitles: bool) -> Transcript:
    from heimdex.export import screen_text

    run = library.stages.runs(video.id).get(Stage.OCR)
    if run is None or run.status is StageStatus.FAILED:
        why = f" ({run.error})" if run is not None and run.error else ""
        raise UserError(
            f"The text on the screen of {video.path.name} has not been read{why}; "
            "run `heimdex index`."
        )
    found = library.stages.ocr_lines(video.id)
    return screen_text.screens(found) if subtitles else screen_text.lines(found)
