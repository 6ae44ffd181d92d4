"""`heimdex searches`: the questions that were saved, asked again.

Saving is `heimdex search --save`; what counts as new is the search room's.
"""

import argparse
from dataclasses import replace
from typing import Any

from heimdex.cli.arguments import positive
from heimdex.cli.asking import asked
from heimdex.cli.output import complain, counted, emit, table
from heimdex.cli.searching import document, show
from heimdex.cli.session import opened
from heimdex.domain.errors import HeimdexError

_EPILOG = """\
examples:
  heimdex search "Anna dancing" --save Anna
  heimdex searches list                    each with what is new since you last looked
  heimdex searches run Anna
  heimdex searches rename Anna "Anna dances"
  heimdex searches remove Anna
  heimdex searches clear                   forget what was asked in the window lately
"""


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = "Saved searches find anew each time; what is new since then is counted."
    command.epilog = _EPILOG
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", parents=[shared], help="all of them, and what is new")
    listing.add_argument("--json", action="store_true", help="one JSON object a search")
    listing.set_defaults(run=list_)
    running = actions.add_parser("run", parents=[shared], help="ask one again")
    running.add_argument("name", metavar="NAME")
    running.add_argument(
        "-n", type=positive, default=10, metavar="N", help="at most so many (default: 10)"
    )
    running.add_argument("--json", action="store_true", help="one JSON object")
    running.set_defaults(run=run)
    renaming = actions.add_parser("rename", parents=[shared], help="give another name")
    renaming.add_argument("name", metavar="NAME")
    renaming.add_argument("new_name", metavar="NEW_NAME")
    renaming.set_defaults(run=rename)
    removing = actions.add_parser("remove", parents=[shared], help="forget one")
    removing.add_argument("name", metavar="NAME")
    removing.set_defaults(run=remove)
    clearing = actions.add_parser(
        "clear",
        parents=[shared],
        help="forget the last sentences that were asked in the window, which it suggests",
    )
    clearing.set_defaults(run=clear)


def list_(options: argparse.Namespace) -> int:
    """All saved searches; each is asked, to count what is new."""
    rows: list[tuple[str, ...]] = [("NAME", "NEW", "QUESTION")]
    with opened(options) as library:
        for saved in library.searches.store.saved():
            new: int | None = None
            try:
                new = len(library.searches.ask(saved).new)
            except HeimdexError as error:
                # One that cannot be asked now (a picture is gone) is listed all the same.
                complain(f"{saved.name}: {error}")
            words = asked(library, saved.question)
            if options.json:
                emit({"name": saved.name, "query": words, "new": new})
            rows.append((saved.name, "?" if new is None else str(new or "–"), words))
    if not options.json:
        if len(rows) == 1:
            print('Nothing is saved yet; add `--save NAME` to `heimdex search "…"`.')
        else:
            print(table(rows, right=frozenset({1})))
    return 0


def run(options: argparse.Namespace) -> int:
    """Ask one again; from then on what it finds has been seen."""
    with opened(options) as library:
        saved = library.searches.store.find(options.name)
        again = library.searches.ask(saved)
        result = again.result
        new = frozenset((moment.video_id, moment.start_ms) for moment in again.new)
        shown = replace(result, moments=result.moments[: options.n])
        if options.json:
            answer: dict[str, Any] = document(shown, asked(library, saved.question))
            emit({"name": saved.name, "new": len(new), **answer})
        else:
            show(shown, new)
            if new:
                print(f"{counted(len(new), 'moment')} new since you last looked")
        library.searches.look(again)
    return 0


def rename(options: argparse.Namespace) -> int:
    """Give another name."""
    with opened(options) as library:
        saved = library.searches.store.find(options.name)
        library.searches.store.rename(saved.id, options.new_name)
    return 0


def remove(options: argparse.Namespace) -> int:
    """Forget one."""
    with opened(options) as library:
        library.searches.store.remove(library.searches.store.find(options.name).id)
    return 0


def clear(options: argparse.Namespace) -> int:
    """Forget the recent ones; what was saved stays."""
    with opened(options) as library:
        library.searches.store.forget_recent()
    return 0
