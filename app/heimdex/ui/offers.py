"""What a person can choose instead of typing it: people, times, folders and lengths, as words that
the sentence understands, in the window's language.

Reading the words is the search room's work; the menus are `menus`'.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, Qt

from heimdex.domain.ids import PersonId
from heimdex.domain.search import EvidenceKind, Filters
from heimdex.ui import wording

YEARS = 6
MOST = 24


@dataclass(frozen=True, slots=True)
class Offer:
    """`label` is shown, `words` go into the sentence."""

    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Known:
    """The names there are in the library."""

    people: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def people(known: Known) -> list[Offer]:
    """Everybody who has a name."""
    return [Offer(name, person(name)) for name in known.people[:MOST]]


def person(name: str) -> str:
    """Somebody's name as it is certainly one."""
    return QCoreApplication.translate("Offers", "who:") + name


def folders(known: Known) -> list[Offer]:
    """Every folder with videos."""
    folder = QCoreApplication.translate("Offers", "folder:")
    return [
        Offer(name, f'{folder}"{name}"' if " " in name else f"{folder}{name}")
        for name in known.folders[:MOST]
    ]


def times() -> list[Offer]:
    """Times that people ask for, and the last years."""
    translate = QCoreApplication.translate
    said = [
        translate("Offers", "last week"),
        translate("Offers", "last month"),
        translate("Offers", "last summer"),
        translate("Offers", "last winter"),
        translate("Offers", "last christmas"),
        translate("Offers", "this year"),
    ]
    this = QDate.currentDate().year()
    years = [str(year) for year in range(this - 1, this - 1 - YEARS, -1)]
    return [Offer(words, words) for words in (*said, *years)]


def lengths() -> list[Offer]:
    """Short to long."""
    translate = QCoreApplication.translate
    return [
        Offer(words, words)
        for words in (
            translate("Offers", "shorter than 30 seconds"),
            translate("Offers", "shorter than 2 minutes"),
            translate("Offers", "longer than 2 minutes"),
            translate("Offers", "longer than 10 minutes"),
            translate("Offers", "longer than 1 hour"),
        )
    ]


def kinds() -> list[Offer]:
    """Kinds of evidence."""
    translate = QCoreApplication.translate
    operators = {
        EvidenceKind.SPEECH: translate("Offers", "said:"),
        EvidenceKind.VISUAL: translate("Offers", "seen:"),
        EvidenceKind.TEXT: translate("Offers", "text:"),
    }
    return [Offer(wording.evidence(kind), words) for kind, words in operators.items()]


def as_words(filters: Filters, names: Mapping[PersonId, str]) -> list[str]:
    """Limits that were set beside a sentence (on the command line) as words of one; the kinds are
    shown beside the answers."""
    found = [person(names[each]) for each in sorted(filters.people) if names.get(each)]
    if filters.folder is not None:
        found.append(f'folder:"{filters.folder.as_posix()}"')
    if filters.after is not None:
        found.append(f"since {_iso(filters.after)}")
    if filters.before is not None:
        found.append(f"before {_iso(filters.before)}")
    if filters.length.least_ms is not None:
        found.append(f"longer than {filters.length.least_ms / 1000:g} seconds")
    if filters.length.most_ms is not None:
        found.append(f"shorter than {filters.length.most_ms / 1000:g} seconds")
    return found


def _iso(second: int) -> str:
    return QDateTime.fromSecsSinceEpoch(second).date().toString(Qt.DateFormat.ISODate)
