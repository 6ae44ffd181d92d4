"""The calendar behind the dates of a query: days, months, seasons and feasts, read against a clock.

Recognising dates in a sentence is left to `date_words` and `dates`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from heimdex.domain.search import Period

Days = tuple[date | None, date | None]
"""[first, end); None leaves that side open."""
Stretch = tuple[date, date]
"""The same with both sides known."""

FIRST_YEAR = 1950
"""Older than any video; dates that come every year are listed from here on."""

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
"""The month in which each meteorological season begins, north of the equator."""

DAY = timedelta(days=1)

# Days of Seollal and Chuseok, which follow the moon (Korea Astronomy and Space Science Institute's
# almanac): month * 100 + day for each year from 2000 on.
_SEOLLAL = (
    "0205 0124 0212 0201 0122 0209 0129 0218 0207 0126 0214 0203 0123 0210 0131 0219 0208 0128 "
    "0216 0205 0125 0212 0201 0122 0210 0129 0217 0207 0127 0213 0203"
).split()
_CHUSEOK = (
    "0912 1001 0921 0911 0928 0918 1006 0925 0914 1003 0922 0912 0930 0919 0908 0927 0915 1004 "
    "0924 0913 1001 0921 0910 0929 0917 1006 0925 0915 1003 0922 0912"
).split()
_MOON_FROM = 2000


@dataclass(frozen=True, slots=True)
class Clock:
    """`now`: Unix seconds. `southern`: seasons as south of the equator. `zone`: whose midnight
    counts; None is this machine's."""

    now: int
    southern: bool = False
    zone: tzinfo | None = None

    @property
    def today(self) -> date:
        """The day it is."""
        return datetime.fromtimestamp(self.now, self.zone).date()

    def period(self, days: Days) -> Period:
        """Days as Unix seconds, from midnight to midnight."""
        first, end = days
        return Period(
            None if first is None else self._second(first),
            None if end is None else self._second(end),
        )

    def season(self, name: str, year: int) -> Stretch:
        """The season that begins in `year`: winter reaches into the next one."""
        month = SEASONS[name] + (6 if self.southern else 0)
        month = month - 12 if month > 12 else month
        return date(year, month, 1), add_months(date(year, month, 1), 3)

    def week(self, back: int) -> Stretch:
        """The week from Monday, `back` weeks ago."""
        monday = self.today - timedelta(days=self.today.weekday() + 7 * back)
        return monday, monday + 7 * DAY

    def latest(self, of_year: Callable[[int], Stretch | None], *, over: bool) -> Stretch | None:
        """The latest yearly stretch that has begun, or with `over` that has ended."""
        today = self.today
        for year in range(today.year, today.year - 3, -1):
            days = of_year(year)
            if days is not None and (days[1] <= today if over else days[0] <= today):
                return days
        return None

    def every_year(self, of_year: Callable[[int], Stretch | None]) -> tuple[Stretch, ...]:
        """The stretch of each year there can be videos from."""
        years = range(FIRST_YEAR, self.today.year + 2)
        return tuple(days for year in years if (days := of_year(year)) is not None)

    def _second(self, day: date) -> int:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        try:
            return int(midnight.timestamp())
        except (OSError, OverflowError, ValueError):
            # Some systems know no local time before 1970.
            return int(midnight.replace(tzinfo=UTC).timestamp())


def year(number: int) -> Stretch:
    """A whole year."""
    return date(number, 1, 1), date(number + 1, 1, 1)


def month(number: int, of: int) -> Stretch:
    """Month `of` (1..12) of year `number`."""
    first = date(number, of, 1)
    return first, add_months(first, 1)


def day(number: int, of: int, at: int) -> Stretch | None:
    """One day; None where the calendar has no such day."""
    try:
        only = date(number, of, at)
    except ValueError:
        return None
    return only, only + DAY


def add_months(first: date, months: int) -> date:
    """The first of the month so many months later (or earlier)."""
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def feast(name: str, of: int) -> Stretch | None:
    """A feast of one year with the eve that belongs to it; None where its day is not known."""
    if name in ("seollal", "chuseok"):
        table = _SEOLLAL if name == "seollal" else _CHUSEOK
        if not _MOON_FROM <= of < _MOON_FROM + len(table):
            return None
        code = table[of - _MOON_FROM]
        middle = date(of, int(code[:2]), int(code[2:]))
        return middle - DAY, middle + 2 * DAY
    if name == "easter":
        sunday = _easter(of)
        return sunday - 2 * DAY, sunday + 2 * DAY
    if name == "thanksgiving":
        first = date(of, 11, 1)
        thursday = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
        return thursday, thursday + 4 * DAY
    begins, length = _FIXED[name]
    begin = date(of, *begins)
    return begin, begin + length * DAY


_FIXED = {
    "christmas": ((12, 24), 3),
    "christmas eve": ((12, 24), 1),
    "new year": ((1, 1), 1),
    "new year's eve": ((12, 31), 1),
    "halloween": ((10, 31), 1),
    "valentine": ((2, 14), 1),
    "children's day": ((5, 5), 1),
}


def _easter(of: int) -> date:
    """Gregorian Easter Sunday (anonymous algorithm, Nature 13, 1876)."""
    a, b, c = of % 19, of // 100, of % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * weekday) // 433
    shifted = h + weekday - 7 * m
    number = (shifted + 90) // 25
    return date(of, number, (shifted + 33 * number + 19) % 32)
