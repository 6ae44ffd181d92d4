"""How days, months, seasons, feasts and years are written in English and Korean.

One date at a time; what stands between and around dates ("before", "between … and …", 이후) is
left to `dates`, the calendar to `clock`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from heimdex.search import clock as calendar
from heimdex.search.clock import DAY, Clock, Stretch
from heimdex.search.date_parts import (
    DAY_NUMBER,
    FEAST,
    MONTH,
    SEASON,
    count,
    en_year,
    ko_year,
    part,
)

_YEAR = r"(?:19[5-9]\d|20\d\d)"
_NUMBER = r"(?:\d{1,2}|a\s+couple\s+of|an?|one|two|three|four|five|six|seven|eight|nine|ten)"
_KO_NUMBER = r"(?:\d{1,2}|한|두|세|석|네|다섯|여섯|일곱|여덟|아홉|열)"
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_KO_WEEKDAYS = "월화수목금토일"

# Nothing of a word or a number may stick out on either side.
_B = r"(?<![A-Za-z0-9_가-힣])(?<!\d[.:/,-])"
_E = r"(?![A-Za-z0-9_])(?![.:/,]\d)(?!-\w)"
_KO_E = (
    r"(?![A-Za-z0-9_])(?=$|[^가-힣]|에|엔|의|은|는|이|도|을|를|부터|까지|이후|이전|전에|동안|때"
    r"|쯤|경|중|과|와|이랑|랑|말고|빼고|사이|마다|인)"
)
# 2015년여름제주도: a whole year in front says it surely enough, but for 2015년생, 2015년산 …
_KO_RUN_ON = (
    rf"(?:{_KO_E}|(?![A-Za-z0-9_])(?![생산형식산째만간차대](?![가-힣]|$)|생[^가-힣]|산[^가-힣]))"
)
_COUNTED = (
    r"(?!\s*(?:dollars?|won|people|persons?|times|points?|steps|votes|km|kg|cm|mm|m\b|met(?:er|re)s?"
    r"|miles?|years?|hours?|minutes?|seconds?|pixels?|px|percent|%|명|원|개|번|달러|미터|킬로|점|세대"
    r"|장|대|권|마리|살|회|위|호|분|초|시간))"
)
_UNCOUNTED = r"(?<![#$€£₩@])(?<!no\. )(?<!number )(?<!room )(?<!route )(?<!windows )(?<!area )"


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it stands at [start, end) of a text. `needs`: it is one only where the words
    around say so ("may", "summer"); "" means always."""

    start: int
    end: int
    days: tuple[Stretch, ...]
    yearly: bool = False
    needs: str = ""


Made = tuple[Stretch, ...] | Stretch | None
Make = Callable[[re.Match[str], Clock], Made]


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    make: Make
    needs: Callable[[re.Match[str]], str] = lambda _: ""


def written(text: str, clock: Clock) -> Iterator[Written]:
    """Every date in `text`, also those that overlap."""
    for rule in _RULES:
        for match in _compiled(rule.pattern).finditer(text):
            made = rule.make(match, clock)
            if not made:
                continue
            days: tuple[Stretch, ...] = (made,) if isinstance(made[0], date) else made
            yield Written(*match.span(), days, len(days) > 1, rule.needs(match))


# Numbers and names


def _numbers(match: re.Match[str], clock: Clock) -> Made:
    """2015-07-14, 2015. 7. 14., 2015.07, 20150714."""
    found = [int(group) for group in match.groups() if group.isdigit()]
    if not 1 <= found[1] <= 12:
        return None
    return calendar.day(*found) if len(found) == 3 else calendar.month(*found)


def _day_first(match: re.Match[str], clock: Clock) -> Made:
    """14.7.2015, 7/14/2015; with a slash the month comes first where it can."""
    one, two, year = int(match[1]), int(match[3]), int(match[4])
    american = match[2] == "/" and one <= 12
    return calendar.day(year, *((one, two) if american else (two, one)))


def _of_year(match: re.Match[str], clock: Clock) -> Made:
    return part(match["part"], en_year(match["year"], clock), clock)


def _ko_of_year(match: re.Match[str], clock: Clock) -> Made:
    year = ko_year(match["year"], clock)
    return part(match["part"], year, clock) if match["part"] else calendar.year(year)


def _yearly(match: re.Match[str], clock: Clock) -> Made:
    return clock.every_year(lambda year: part(match["part"], year, clock))


def _latest(match: re.Match[str], clock: Clock) -> Made:
    """The last one that is over ("last summer", 지난 크리스마스), or this year's."""
    which = match["which"].casefold()
    if which == "this" and match["part"] in ("may", "march", "fall", "spring"):
        return None  # "this may take a while"

    def of_year(year: int) -> Stretch | None:
        return part(match["part"], year, clock)

    if which.startswith(("this", "이번", "올")) and "past" not in which:
        running = clock.latest(of_year, over=False)
        return running if running and running[1] > clock.today else of_year(clock.today.year)
    return clock.latest(of_year, over=True)


def _unit(match: re.Match[str], clock: Clock) -> Made:
    """Last year, this month, 지난주 …"""
    low = " ".join(match[0].casefold().split())
    today = clock.today
    back = 0 if low.startswith(("this", "이번", "이 ", "이달", "금", "올")) else 1
    if low.startswith(("지지난", "저저번", "지지")) or "before last" in low:
        back = 2
    if "weekend" in low or "주말" in low:
        saturday = clock.week(back)[0] + 5 * DAY
        if back == 1 and today.weekday() < 5:
            # During the week "last weekend" is the one just over.
            saturday = clock.week(1)[0] + 5 * DAY
        return saturday, saturday + 2 * DAY
    if "week" in low or "주" in low:
        return clock.week(back)
    if "month" in low or "달" in low or "월" in low:
        first = calendar.add_months(today, -back)
        return first, calendar.add_months(first, 1)
    return calendar.year(today.year - back)


def _weekday(match: re.Match[str], clock: Clock) -> Made:
    name = match["day"].casefold()
    number = _WEEKDAYS.index(name) if name in _WEEKDAYS else _KO_WEEKDAYS.index(name)
    this = match["which"].casefold().startswith(("this", "이번"))
    if this:
        day = clock.week(0)[0] + number * DAY
    else:
        day = clock.today - timedelta(days=(clock.today.weekday() - number - 1) % 7 + 1)
    return day, day + DAY


_DAYS_BACK = {
    "today": 0, "yesterday": 1, "the day before yesterday": 2, "day before yesterday": 2,
    "this morning": 0, "this evening": 0, "tonight": 0, "yesterday morning": 1,
    "yesterday evening": 1, "어젯밤": 1, "엊저녁": 1, "오늘": 0, "어제": 1, "그저께": 2,
    "그제": 2, "엊그제": 2,
}  # fmt: skip


def _near_day(match: re.Match[str], clock: Clock) -> Made:
    low = " ".join(match[0].casefold().split())
    back = _DAYS_BACK[low] if low in _DAYS_BACK else _DAYS_BACK[low[:2]]
    day = clock.today - back * DAY
    return day, day + DAY


_UNITS = {
    "day": "d", "week": "w", "month": "m", "year": "y",
    "일": "d", "주": "w", "주일": "w", "달": "m", "개월": "m", "년": "y",
}  # fmt: skip


def _ago(match: re.Match[str], clock: Clock) -> Made:
    """That day, week, month or year: who says "three years ago" does not mean the day."""
    many, unit = _counted(match)
    today = clock.today
    if unit == "d":
        day = today - many * DAY
        return day, day + DAY
    if unit == "w":
        return clock.week(many)
    if unit == "m":
        first = calendar.add_months(today, -many)
        return first, calendar.add_months(first, 1)
    return calendar.year(today.year - many)


def _lately(match: re.Match[str], clock: Clock) -> Made:
    """The last so many, up to now."""
    many, unit = _counted(match)
    end = clock.today + DAY
    if unit in "dw":
        return end - many * (7 if unit == "w" else 1) * DAY, end
    months = calendar.add_months(clock.today, -many * (12 if unit == "y" else 1))
    # From the same day on, where that month has it.
    return months + timedelta(days=min(clock.today.day, 28) - 1), end


def _counted(match: re.Match[str]) -> tuple[int, str]:
    number = match.groupdict().get("n") or "one"
    if number in ("하루", "이틀", "사흘", "나흘", "열흘"):
        return count(number), "d"
    if number == "일주일":
        return 1, "w"
    return count(number), _UNITS[match["unit"].casefold().removesuffix("s")]


_DECADES = {"fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90}
_THIRDS = {"early": 0, "초": 0, "초반": 0, "mid": 3, "중반": 3, "late": 6, "말": 6, "후반": 6}


def _decade(match: re.Match[str], clock: Clock) -> Made:
    """The nineties, 90년대, early 2000s: of the thirds each has four years."""
    named = _DECADES.get(match["n"].casefold())
    number = named if named is not None else int(match["n"])
    if number < 100:
        number += 2000 if number <= clock.today.year % 100 else 1900
    third = match.groupdict().get("third")
    if not third:
        return date(number, 1, 1), date(number + 10, 1, 1)
    first = number + _THIRDS[third.casefold()]
    return date(first, 1, 1), date(first + 4, 1, 1)


def _this_day(match: re.Match[str], clock: Clock) -> Made:
    """작년 오늘, this day last year: that day; 작년 이맘때: two weeks before it to two after."""
    year = ko_year(match["year"], clock) if "year" in match.groupdict() else clock.today.year - 1
    day = calendar.day(year, clock.today.month, min(clock.today.day, 28))
    if day is None or "이맘" not in match[0]:
        return day
    return day[0] - 14 * DAY, day[1] + 14 * DAY


def _older(match: re.Match[str], clock: Clock) -> Made:
    """How long ago the border lies that "older than two years" names, as the day there."""
    many, unit = _counted(match)
    if unit in "dw":
        day = clock.today - many * (7 if unit == "w" else 1) * DAY
    else:
        first = calendar.add_months(clock.today, -many * (12 if unit == "y" else 1))
        day = first + timedelta(days=min(clock.today.day, 28) - 1)
    return day, day + DAY


def _bare_year(match: re.Match[str], clock: Clock) -> Made:
    number = int(match[0])
    return calendar.year(number) if number <= clock.today.year + 1 else None


def _years(match: re.Match[str], clock: Clock) -> Made:
    first, last = int(match[1]), int(match[2])
    return (date(first, 1, 1), date(last + 1, 1, 1)) if first <= last else None


def _needs_of(match: re.Match[str]) -> str:
    """Words that are months or seasons only beside the right ones: may, march, spring, fall …"""
    low = match["part"].casefold().rstrip(".")
    if low == "fall":
        return "fall"
    if re.fullmatch(SEASON, low):
        return "season"
    return "month" if low in _DOUBTFUL or len(low) <= 3 else ""


_DOUBTFUL = ("march", "april", "may", "june", "august", "sept")

_PART = rf"(?P<part>{SEASON}|{MONTH}|{FEAST})"
_MONTH_DAY = rf"{MONTH}\s+(?:the\s+)?{DAY_NUMBER}|{DAY_NUMBER}\s+(?:of\s+)?{MONTH}"
_NTH = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)"
_FULL = rf"(?P<part>{_MONTH_DAY}|{SEASON}|{FEAST}|{MONTH})"
_EN_YEAR = (
    rf"(?P<year>{_YEAR}|['’]\d\d(?!s)|(?:last|this)\s+year(?:['’]s)?|the\s+year\s+before\s+last)"
)
_WHICH = r"(?P<which>last|this\s+past|this|previous|the\s+past)"
_PAST = r"(?:the\s+)?past\s+(?P<unit>week|month|year)"
_SPAN = r"(?P<unit>days?|weeks?|months?|years?)"
_KO_DAY = r"(?:1[0-2]|0?[1-9])\s?월\s?(?:[12]\d|3[01]|0?[1-9])\s?일"
_KO_MONTH = r"(?:1[0-2]|0?[1-9])\s?월"
_KO_MONTHS = rf"(?:1[0-2]|0?[1-9])\s?월?\s?[,~∼·-]\s?{_KO_MONTH}"
_KO_PARTS = (
    rf"{_KO_DAY}|{_KO_MONTHS}|{_KO_MONTH}|봄|(?:여름|겨울)(?:\s?(?:방학|휴가))?|가을|{FEAST}"
)
_KO_YEAR = (
    rf"(?P<year>{_YEAR}\s?년(?:도)?|['’]?\d\d년(?:도)?(?=\s?(?:봄|여름|가을|겨울|\d{{1,2}}\s?월))"
    rf"|재작년|작년|지난\s?해|올해|금년|올(?=\s?(?:봄|여름|가을|겨울))|{_KO_NUMBER}\s?년\s?전)"
)
_KO_SPAN = r"(?P<unit>일|주일|주|달|개월|년)"
_KO_DAYS = r"(?P<n>하루|이틀|사흘|나흘|열흘|일주일)"


def _rule(
    pattern: str,
    make: Make,
    needs: str | Callable[[re.Match[str]], str] = "",
    before: str = _B,
    after: str = _E,
) -> _Rule:
    wanted = needs if callable(needs) else (lambda _, kind=needs: kind)
    return _Rule(f"{before}(?:{pattern}){after}", make, wanted)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """All of them take a tenth of a second, which nobody should pay who searches for nothing."""
    return re.compile(pattern, re.IGNORECASE)


def _korean(pattern: str, make: Make, needs: str = "") -> _Rule:
    return _rule(pattern, make, needs, after=_KO_E)


_RULES = (
    _rule(rf"({_YEAR})([-./])(\d{{1,2}})\2(\d{{1,2}})\.?", _numbers),
    _rule(rf"({_YEAR})\.\s+(\d{{1,2}})\.\s+(\d{{1,2}})\.?", _numbers),
    _rule(rf"({_YEAR})[-/.](0[1-9]|1[0-2])", _numbers),
    _rule(rf"({_YEAR})\.\s?(1[0-2]|[1-9])\.?", _numbers),
    _rule(rf"({_YEAR})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", _numbers),
    _rule(rf"(\d{{1,2}})([/.])(\d{{1,2}})\2({_YEAR})", _day_first),
    _rule(rf"({_YEAR})\s?[-–—~]\s?({_YEAR})", _years),
    _rule(rf"{_FULL}(?:\s+(?:of|in)|,)?\s+{_EN_YEAR}", _of_year),
    _rule(rf"{_EN_YEAR}(?:,|\s+(?:in|at))?\s+{_FULL}", _of_year),
    _rule(rf"(?P<part>early|mid|late|beginning\s+of|end\s+of)[\s-]+{_EN_YEAR}", _of_year),
    _rule(rf"(?P<part>{DAY_NUMBER}\s+of\s+{MONTH})", _yearly),
    _rule(rf"(?P<part>{_NTH}\s+{MONTH}|{MONTH}\s+(?:the\s+)?{_NTH})", _yearly),
    _rule(rf"(?P<part>{_MONTH_DAY})", _yearly, "day"),
    _rule(rf"(?P<part>{SEASON}|{MONTH})", _yearly, _needs_of),
    _rule(rf"(?P<part>{FEAST})", _yearly, "feast"),
    _rule(rf"{_WHICH}\s+{_PART}", _latest),
    _rule(rf"{_WHICH}\s+(?P<day>{'|'.join(_WEEKDAYS)})", _weekday),
    _rule(
        r"(?:last|this|previous)\s+(?:year|month|week)|(?:last|this|previous|(?:this|the)\s+past)\s+weekend",
        _unit,
    ),
    _rule(rf"(?:this\s+)?{_PAST}", _lately),
    _rule(r"the\s+(?:year|month|week)\s+before\s+last", _unit),
    _rule(r"(?:the\s+)?day\s+before\s+yesterday|yesterday(?:\s+(?:morning|evening))?", _near_day),
    _rule(r"this\s+(?:morning|evening)|tonight", _near_day, "today"),
    _rule(r"today", _near_day, "today"),
    _rule(rf"(?P<n>{_NUMBER})\s+{_SPAN}\s+ago", _ago),
    _rule(rf"(?:the\s+)?(?:last|past)\s+(?P<n>{_NUMBER})\s+{_SPAN}", _lately),
    _rule(
        r"(?:the\s+)?(?:(?P<third>early|mid|late)[\s-]+)?(?P<n>(?:19[5-9]|20\d)0)['’]?s", _decade
    ),
    _rule(r"the\s+(?:(?P<third>early|mid|late)[\s-]+)?['’]?(?P<n>[5-9]0)['’]?s", _decade),
    _rule(rf"the\s+(?:(?P<third>early|mid|late)[\s-]+)?(?P<n>{'|'.join(_DECADES)})", _decade),
    _rule(rf"(?P<n>{_NUMBER})\s+{_SPAN}", _older, "older"),
    _rule(r"this\s+(?:day|time)\s+last\s+year", _this_day),
    _rule(_YEAR, _bare_year, before=_B + _UNCOUNTED, after=_E + _COUNTED + "(?![가-힣])"),
    _rule(_YEAR, _bare_year, after=r"(?=에|의|부터|까지|이후|이전)"),
    _korean(rf"{_KO_YEAR}(?:\s?의)?\s*(?P<part>{_KO_PARTS}|초|중반|말|상반기|하반기)", _ko_of_year),
    _korean(rf"{_KO_YEAR}(?P<part>)", _ko_of_year),
    _rule(
        rf"(?P<year>{_YEAR}\s?년)\s?(?P<part>{_KO_DAY}|{_KO_MONTH}|봄|여름|가을|겨울|)",
        _ko_of_year,
        after=_KO_RUN_ON,
    ),
    _korean(rf"(?P<part>{_KO_DAY}|{_KO_MONTHS}|{_KO_MONTH})", _yearly),
    _korean(rf"(?P<part>봄|여름|가을|겨울|{FEAST})", _yearly, "ko"),
    _korean(rf"(?P<which>지난번?|저번|이번|올)\s?(?P<part>{_KO_PARTS})", _latest),
    _korean(r"(?P<which>지난|저번|이번)(?:\s?주)?\s?(?P<day>[월화수목금토일])요일", _weekday),
    _korean(r"(?:지지난|저저번|지난|저번|이번)\s?(?:주말|주|달)|이달", _unit),
    _korean(r"(?:어제|오늘)\s?(?:아침|점심|저녁|밤|새벽|오전|오후)", _near_day),
    _korean(r"어제|어젯밤|엊저녁|그저께|그제|엊그제", _near_day),
    _korean(r"오늘", _near_day, "today"),
    _korean(rf"(?P<n>{_KO_NUMBER})\s?{_KO_SPAN.replace('|년', '')}\s?전", _ago),
    _korean(rf"{_KO_DAYS}\s?전", _ago),
    _korean(rf"(?:최근|지난)\s?(?P<n>{_KO_NUMBER})\s?{_KO_SPAN}(?:\s?(?:간|동안))?", _lately),
    _korean(rf"(?:최근|지난)\s?{_KO_DAYS}(?:\s?(?:간|동안))?", _lately),
    _korean(
        r"(?P<n>(?:19[5-9]|20\d)0|[5-9]0)\s?년대(?:\s?(?P<third>초반?|중반|후반|말))?", _decade
    ),
    _korean(rf"{_KO_YEAR}\s?(?:오늘|이맘\s?때|이맘\s?쯤)", _this_day),
)
