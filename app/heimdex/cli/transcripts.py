"""`heimdex transcript`: what is said in one video, as text or subtitles.

The formats are written by the export room.
"""

import argparse
import sys
from pathlib import Path

from heimdex.cli.session import opened
from heimdex.domain.errors import UserError

FORMATS = ("txt", "srt", "vtt", "json")


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = "Print what is said in an indexed video."
    command.epilog = "example: heimdex transcript holiday.mp4 --format srt > holiday.srt"
    command.add_argument("video", metavar="VIDEO", help="a path, a file name or an id")
    command.add_argument("--format", choices=FORMATS, default="txt", help="default: txt")
    command.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write to a new file instead"
    )
    command.set_defaults(run=transcript)


def transcript(options: argparse.Namespace) -> int:
    """Print the transcript of one video."""
    from heimdex.export.transcripts import render

    with opened(options) as library:
        video = library.catalogue.find_video(options.video)
        spoken = library.stages.transcript(video.id)
        if spoken is None:
            raise UserError(f"{video.path.name} has not been listened to; run `heimdex index`.")
        text = render(spoken, options.format)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    try:
        with options.output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{options.output} is there already; choose another name.") from None
    except OSError as error:
        raise UserError(f"{options.output} cannot be written ({error.strerror}).") from error
    return 0
