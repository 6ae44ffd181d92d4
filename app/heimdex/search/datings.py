"""Says from when a video may be besides what its file says: by a date in its name or its folders'
names, or by one that stands on the screen.

Copies and conversions lose the date of the recording or put their own in its place, while a
phone's file names, the folders of a tidy person and a camcorder's stamp in the picture keep it. A
date counts only with its year, and a year alone only as a folder: IMG_2015 is a number. Comparing
with what was asked for is left to `scope`.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from heimdex.domain.ids import VideoId
from heimdex.domain.search import Period, Query
from heimdex.search import clock as calendar
from heimdex.search.clock import FIRST_YEAR, Clock, Stretch
from heimdex.search.date_words import written
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.extents import Extents
from heimdex.storage.lexicon import Lexicon

LINES = 3_000
"""Lines with one of the years that are read for dates."""

_FROM = 1970
"""No line of text is looked through for years before; home videos are not older."""
_MOST_YEARS = 60
_FEW = 12
"""Up to so many years are looked for in a path; of more, any path with a year may hold one."""

_WRITTEN_YEAR = r"(?<!\d)((?:19[5-9]|20\d)\d)"
_YEAR = re.compile(_WRITTEN_YEAR)
_DAY = re.compile(
    _WRITTEN_YEAR
    + r"([-._ ]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?=\D|(?:[0-2]\d[0-5]\d){1,2}|$)"
)
_MONTH = re.compile(_WRITTEN_YEAR + r"[-._](0[1-9]|1[0-2])(?![-._ ]?\d)")
_NESTED = re.compile(rf"(?<=/){_WRITTEN_YEAR}/(0[1-9]|1[0-2])(?:/(0[1-9]|[12]\d|3[01]))?(?=/)")
_RUN_TOGETHER = re.compile(r"(?<=,)(?=\d)|(?<=[A-Za-z]{3})(?=\d)|(?<=\d)(?=[A-Za-z]{3})")
"""Where readers of pictures lose a space: JULY 14,2015; 14JUL2015."""
_LATE = Clock(4_070_908_800)
"""A day in 2099: to names no year lies ahead, and how long ago one was is not asked."""


@dataclass(frozen=True, slots=True)
class Dating:
    """A time that a video may be from. `text`: the line that says so, which appears at `at_ms`;
    empty where a name does."""

    period: Period
    text: str = ""
    at_ms: int = 0


Dated = Mapping[VideoId, Sequence[Dating]]


class Datings:
    """The dates in names and on screens of a library."""

    def __init__(self, catalogue: Catalogue, shelf: Lexicon) -> None:
        """`shelf`: the words that stand on screens."""
        self._catalogue = catalogue
        self._shelf = shelf
        self._kept: tuple[Extents, list[tuple[VideoId, str]]] | None = None
        self._last: tuple[tuple[Extents, tuple[int, int], tuple[int, ...]], Dated] | None = None

    def of(self, query: Query, now: int) -> Dated:
        """By video, the dates of the years that a query's dates and limits reach into."""
        clock = Clock(now)
        periods = [
            period for when in (*query.dates, *query.excluded_dates) for period in when.periods
        ]
        if query.filters.after is not None or query.filters.before is not None:
            periods.append(Period(query.filters.after, query.filters.before))
        years = _reached(periods, clock)
        if not years:
            return {}
        # While a sentence is typed on, its dates stay.
        key = (self._catalogue.extents(), self._shelf.state(), tuple(years))
        last = self._last
        if last is None or last[0] != key:
            found: dict[VideoId, list[Dating]] = {}
            for video_id, dating in (*self._named(years, clock), *self._shown(years, clock)):
                found.setdefault(video_id, []).append(dating)
            last = self._last = (key, found)
        return last[1]

    def _named(self, years: Sequence[int], clock: Clock) -> Iterator[tuple[VideoId, Dating]]:
        wanted = [str(year) for year in years]
        for video_id, path in self._with_years():
            if len(wanted) <= _FEW and not any(year in path for year in wanted):
                continue
            for stretch in dates_of(path):
                yield video_id, Dating(clock.period(stretch))

    def _with_years(self) -> Sequence[tuple[VideoId, str]]:
        """The videos and paths in which a year may stand."""
        extents = self._catalogue.extents()
        if self._kept is None or self._kept[0] is not extents:
            places = [place for place in extents.places if _YEAR.search(place[1])]
            self._kept = (extents, places)
        return self._kept[1]

    def _shown(self, years: Sequence[int], clock: Clock) -> Iterator[tuple[VideoId, Dating]]:
        recent = [[str(year)] for year in years if year >= _FROM]
        for hit in self._shelf.search(recent[-_MOST_YEARS:], LINES):
            for _, stretch in _with_year(_RUN_TOGETHER.sub(" ", hit.text), clock):
                # A year alone stands under every film ("© 2015").
                if not _is_year(stretch):
                    yield hit.video_id, Dating(clock.period(stretch), hit.text, hit.start_ms)


def dates_of(path: str) -> tuple[Stretch, ...]:
    """The dates that the names in a path say, a day rather than the month or year around it."""
    folder, _, name = path.replace(os.sep, "/").rpartition("/")
    stem = name.rpartition(".")[0] or name
    return tuple(dict.fromkeys([*_of_folders(f"{folder}/"), *_of_name(stem, folder=False)]))


@lru_cache(maxsize=1 << 12)
def _of_folders(path: str) -> tuple[Stretch, ...]:
    """Of all folders of a path; many videos lie in one."""
    found = list(_numbers(_NESTED, path))
    for part in path.split("/"):
        found += _of_name(part, folder=True)
    return tuple(found)


def _of_name(name: str, *, folder: bool) -> list[Stretch]:
    if not _YEAR.search(name):
        return []
    # Cameras and phones write numbers; looking for words besides would take fifty times as long.
    found = [*_numbers(_DAY, name)] or [*_numbers(_MONTH, name)]
    if found:
        return found
    for start, stretch in _with_year(name.replace("_", " "), _LATE):
        # "2015" and "2015 여행" are folders' dates; "Backup 2015" says when it was kept.
        if not _is_year(stretch) or (start == 0 and folder):
            found.append(stretch)
    return found


def _numbers(pattern: re.Pattern[str], text: str) -> Iterator[Stretch]:
    for match in pattern.finditer(text):
        year, month, *day = (int(group) for group in match.groups() if group and group.isdigit())
        stretch = calendar.day(year, month, day[0]) if day else calendar.month(year, month)
        if stretch is not None:
            yield stretch


def _with_year(text: str, clock: Clock) -> Iterator[tuple[int, Stretch]]:
    """Where each date that is written with its year begins, and its days."""
    for date in written(text, clock):
        if not date.needs and not date.yearly and _YEAR.search(text[date.start : date.end]):
            yield date.start, date.days[0]


def _is_year(stretch: Stretch) -> bool:
    return (stretch[1] - stretch[0]).days >= 365


def _reached(periods: Iterable[Period], clock: Clock) -> list[int]:
    """The years that any of `periods` reaches into, up to the next one."""
    last = clock.today.year + 1
    found: set[int] = set()
    for period in periods:
        first = FIRST_YEAR if period.after is None else Clock(period.after).today.year
        end = last if period.before is None else Clock(period.before - 1).today.year
        found |= set(range(max(first, FIRST_YEAR), min(end, last) + 1))
    return sorted(found)
