"""Puts together a question from what stands on the command line: words, examples, limits.

Which options there are is said in `searching`; answering is the search room's.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from heimdex.cli.arguments import moment
from heimdex.domain.errors import UserError
from heimdex.domain.search import EvidenceKind, Filters, Length, Like, Question, Sort

if TYPE_CHECKING:
    from heimdex.bootstrap import Library


def question(library: "Library", options: argparse.Namespace) -> Question:
    """The question of these options. Raises UserError for a person or video nobody knows, and for
    a picture that is not there."""
    words: list[str] = [options.query] if options.query is not None else []
    likes = [Like(picture=_picture(picture)) for picture in options.image or ()]
    likes += [_like(library, name, at_ms) for name, at_ms in options.like or ()]
    for things, sign in ((options.plus, "+"), (options.minus, "−")):
        for thing in things or ():
            example = _example(library, thing, minus=sign == "−")
            if example is None:
                words.append(f"{sign} {thing}")
            else:
                likes.append(example)
    people = frozenset(library.people.find(name).id for name in options.person or ())
    return Question(
        text=" ".join(words),
        plain=tuple(options.plain or ()),
        likes=tuple(likes),
        filters=Filters(
            kinds=frozenset(EvidenceKind(kind) for kind in options.kind or ()),
            folder=options.folder,
            after=options.after,
            before=options.before,
            people=people,
            length=Length(options.longer, options.shorter),
        ),
        sort=Sort(options.sort),
    )


def asked(library: "Library", question: Question) -> str:
    """The question in one line, as it is repeated in an answer."""
    parts = [question.text] if question.text else []
    for like in question.likes:
        sign = "− " if like.minus else "+ " if parts else ""
        if like.picture is not None:
            parts.append(f"{sign}{like.picture}")
        elif like.video_id is not None:
            video = library.catalogue.video(like.video_id)
            place = video.path if video is not None else like.video_id
            parts.append(f"{sign}{place}@{like.at_ms / 1000:g}")
    return " ".join(parts)


def _picture(path: Path) -> Path:
    if path.is_file():
        return path
    what = "a folder" if path.is_dir() else "not there"
    raise UserError(f"{path} is {what}; give a picture file to --image.")


def _like(library: "Library", name: str, at_ms: int, *, minus: bool = False) -> Like:
    return Like(video_id=library.catalogue.find_video(name).id, at_ms=at_ms, minus=minus)


def _example(library: "Library", thing: str, *, minus: bool) -> Like | None:
    """A picture or a moment of that name; None where it can only be words."""
    if Path(thing).expanduser().is_file():
        return Like(picture=Path(thing).expanduser(), minus=minus)
    try:
        name, at_ms = moment(thing)
    except argparse.ArgumentTypeError:
        return None
    try:
        return _like(library, name, at_ms, minus=minus)
    except UserError:
        return None
