"""The whole command: reads the arguments, runs one command, turns errors into exit codes.

What each command takes and does is in the module of its group. Nothing heavy is imported here, so
that `heimdex --version` answers at once.
"""

import argparse
import errno
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from heimdex.cli.arguments import Help
from heimdex.cli.output import complain, prepare_streams
from heimdex.domain.errors import Cancelled, HeimdexError

OK = 0
USER_ERROR = 1
INTERRUPTED = 130

COMMANDS = {
    "open": "open the window, and add videos to it",
    "add": "add videos or folders of them",
    "remove": "take videos or folders out of the library; the files stay",
    "index": "look and listen through everything that is pending",
    "status": "what is in the library and what waits",
    "search": "find the second by what is said, seen and who is there",
    "searches": "list, run and remove the searches you saved",
    "transcript": "write down what is said in a video",
    "people": "name the faces, and put right what is wrong",
    "models": "list, download, check and remove the models",
    "library": "check, rebuild, back up, restore or move the library",
    "bench": "measure it on this machine",
    "doctor": "what is installed, what works, what to do",
    "demo": "show what Heimdex does with its own sample videos",
}

_EXAMPLES = """\
examples:
  heimdex                                      open the window
  heimdex add ~/Videos                         add a folder and watch it for new videos
  heimdex index                                look and listen through everything that is new
  heimdex search "the cat on the sofa"         find the second
  heimdex search --like holiday.mp4@1:23       find moments that look like this one
  heimdex people name 3 "Anna"                 name a face once, find it everywhere
  heimdex open holiday.mp4                     open the window and add this video
  heimdex selftest                             prove that all parts of this program are there

Everything happens on this computer; videos are only ever read.
"""


class _Version(argparse.Action):
    """Prints the version, the commit and what runs the models."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from heimdex.config.directories import Directories
        from heimdex.config.version import described

        print(described(Directories.resolve().resources.parent))
        parser.exit()


def _parser(chosen: str) -> argparse.ArgumentParser:
    """The arguments of `chosen`, and the names of all other commands."""
    top = argparse.ArgumentParser(
        prog="heimdex",
        allow_abbrev=False,
        description="A private, local search engine for your own videos. "
        "Without a command it opens the window.",
        epilog=_EXAMPLES,
        formatter_class=Help,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="what this program is")
    top.set_defaults(run=None, library=None, verbose=False, paths=[])
    everywhere = _everywhere()
    for action in everywhere._actions:
        top._add_action(action)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, help_ in COMMANDS.items():
        command = commands.add_parser(name, parents=[everywhere], help=help_, formatter_class=Help)
        if name == chosen:
            _group(name).define(command, everywhere)
    return top


def _group(command: str) -> ModuleType:
    """The module of one command; only that one is imported, which is most of a start's time."""
    match command:
        case "open":
            from heimdex.cli import opening

            return opening
        case "add":
            from heimdex.cli import adding

            return adding
        case "remove":
            from heimdex.cli import removing

            return removing
        case "index":
            from heimdex.cli import indexing

            return indexing
        case "status":
            from heimdex.cli import status

            return status
        case "search":
            from heimdex.cli import searching

            return searching
        case "searches":
            from heimdex.cli import searches

            return searches
        case "transcript":
            from heimdex.cli import transcripts

            return transcripts
        case "people":
            from heimdex.cli import people

            return people
        case "models":
            from heimdex.cli import models

            return models
        case "library":
            from heimdex.cli import library

            return library
        case "bench":
            from heimdex.cli import bench

            return bench
        case "doctor":
            from heimdex.cli import doctor

            return doctor
        case "demo":
            from heimdex.cli import demo

            return demo
        case _:
            raise AssertionError(command)


def _chosen(arguments: Sequence[str]) -> str:
    """The command in the arguments: the first word that is no option and no option's value."""
    words = iter(arguments)
    for word in words:
        if word == "--library":
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def _everywhere() -> argparse.ArgumentParser:
    """Options that may stand before and after the command.

    Without a default of their own: the one after the command would overwrite the one before it.
    """
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    shared.add_argument(
        "--library",
        type=Path,
        metavar="DIR",
        help="the library to work on (default: the one in HEIMDEX_HOME or your data folder)",
    )
    shared.add_argument(
        "--verbose", action="store_true", help="also write the log to standard error"
    )
    return shared


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments. Wrong usage ends the process with exit code 2, as argparse does."""
    chosen = _chosen(arguments)
    if chosen == "search":
        arguments = [_as_words(argument) for argument in arguments]
    return _parser(chosen).parse_args(arguments)


_RULED_OUT = re.compile(r"-(?!n\d)[^\W\d].+", re.DOTALL)


def _as_words(argument: str) -> str:
    """`-dog` rules something out and is no option; with a space in front it is not taken for one.
    Options of one letter have their value beside them or are digits (-n3)."""
    return f" {argument}" if _RULED_OUT.fullmatch(argument) else argument


def run(options: argparse.Namespace) -> int:
    """Run the chosen command; gives the exit code."""
    prepare_streams()
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except Cancelled as error:
        complain(str(error) or "Cancelled.")
        return USER_ERROR
    except HeimdexError as error:
        complain(str(error))
        return USER_ERROR
    except KeyboardInterrupt:
        complain("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has enough.
        _silence()
        return OK
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO) or error.filename is not None:
            raise
        # Of everything that is written, only standard output has no one nearer to catch this.
        _silence()
        complain(f"What is printed cannot be written ({error.strerror}); free some space.")
        return USER_ERROR
    return code


def _silence() -> None:
    """Keep Python from writing what is left of standard output at the end, and complaining."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
