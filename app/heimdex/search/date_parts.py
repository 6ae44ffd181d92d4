"""What the parts of a written date stand for, in English and Korean: numbers, months, seasons,
feasts and years.

How they are put together is `date_words`' business, the calendar `clock`'s.
"""

import re
from datetime import date

from heimdex.search import clock as calendar
from heimdex.search.clock import Clock, Stretch

_KO_COUNTS = {
    word: at for at, word in enumerate("한 두 세 네 다섯 여섯 일곱 여덟 아홉 열".split(), 1)
}
_KO_COUNTS |= {"석": 3, "하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "열흘": 10, "일주일": 1}
_COUNTS = {
    word: at
    for at, word in enumerate("one two three four five six seven eight nine ten".split(), 1)
} | {"a": 1, "an": 1, "a couple of": 2}
_MONTHS = (
    "january february march april may june july august september october november december"
).split()
MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
)
DAY_NUMBER = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
SEASON = r"(?:spring|summer|autumn|fall|winter)"
_FEASTS = {
    "christmas eve": r"christmas\s+eve|크리스마스\s?이브",
    "christmas": r"christmas|xmas|크리스마스|성탄절",
    "new year's eve": r"new\s+year['’]?s\s+eve",
    "new year": r"new\s+year(?:['’]?s)?(?:\s+day)?|새해|신정",
    "halloween": r"hallowe['’]?en|핼러윈|할로윈",
    "valentine": r"valentine(?:['’]?s)?(?:\s+day)?|발렌타인\s?데이|밸런타인\s?데이",
    "easter": r"easter|부활절",
    "thanksgiving": r"thanksgiving|추수감사절",
    "children's day": r"어린이날",
    "seollal": r"(?:설날|구정)(?:\s?연휴)?|seollal|lunar\s+new\s+year|설(?=\s?연휴|에|날|\s?때)",
    "chuseok": r"추석(?:\s?연휴)?|chuseok",
}
FEAST = "(?:" + "|".join(_FEASTS.values()) + ")"
_KO_SEASON = {"봄": "spring", "여름": "summer", "가을": "autumn", "겨울": "winter"}


def count(text: str) -> int:
    """A number in digits or as a word: 3, two, 두, 하루."""
    low = " ".join(text.casefold().split())
    return int(low) if low.isdigit() else _COUNTS.get(low) or _KO_COUNTS.get(low, 1)


def _month_number(text: str) -> int:
    low = text.casefold().rstrip(".")[:3]
    return next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(low))


def _day_number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _feast_name(text: str) -> str:
    return next(n for n, p in _FEASTS.items() if re.fullmatch(p.split("(?=")[0], text, re.I))


def ko_year(text: str, clock: Clock) -> int:
    """2015년, 15년, 작년, 3년 전 … as a year."""
    now = clock.today.year
    squeezed = re.sub(r"\s", "", text).removesuffix("의")
    relative = {"작년": -1, "지난해": -1, "재작년": -2, "올해": 0, "올": 0, "금년": 0, "이번해": 0}
    if squeezed in relative:
        return now + relative[squeezed]
    if squeezed.endswith("전"):
        return now - count(squeezed.removesuffix("전").removesuffix("년"))
    number = int(re.sub(r"\D", "", squeezed))
    if number < 100:
        number += 2000 if number <= now % 100 + 1 else 1900
    return number


def en_year(text: str, clock: Clock) -> int:
    """2015, last year, this year's … as a year."""
    low = " ".join(text.casefold().replace("’", "'").split()).removesuffix("'s")
    now = clock.today.year
    digits = low.lstrip("'")
    if digits.isdigit():
        number = int(digits)
        if number < 100:
            number += 2000 if number <= now % 100 + 1 else 1900
        return number
    if "before last" in low:
        return now - 2
    return now if low.startswith("this") else now - 1


# What a rule makes of its match


def part(name: str, year: int, clock: Clock) -> Stretch | None:
    """A season, month, day or feast of one year, in either language."""
    low = re.sub(r"\s?(?:방학|휴가)$", "", " ".join(name.casefold().split()))
    if low in _KO_SEASON or re.fullmatch(SEASON, low):
        return clock.season(_KO_SEASON.get(low, "autumn" if low == "fall" else low), year)
    korean = re.fullmatch(r"(\d{1,2})\s?월(?:\s?(\d{1,2})\s?일)?", low)
    if korean:
        month = int(korean[1])
        if korean[2]:
            return calendar.day(year, month, int(korean[2]))
        return calendar.month(year, month)
    months = re.fullmatch(r"(\d{1,2})\D+(\d{1,2})\s?월", low)
    if months:
        first, last = int(months[1]), int(months[2])
        end = calendar.month(year + (last < first), last)[1]
        return calendar.month(year, first)[0], end
    if low in ("초", "early", "beginning of"):
        return date(year, 1, 1), date(year, 5, 1)
    if low in ("말", "late", "end of"):
        return date(year, 9, 1), date(year + 1, 1, 1)
    if low in ("중반", "mid"):
        return date(year, 5, 1), date(year, 9, 1)
    if low in ("상반기", "하반기"):
        half = (date(year, 1, 1), date(year, 7, 1), date(year + 1, 1, 1))
        return half[:2] if low == "상반기" else half[1:]
    if re.fullmatch(FEAST, low):
        return calendar.feast(_feast_name(low), year)
    days = re.fullmatch(
        rf"(?:({DAY_NUMBER})\s+(?:of\s+)?)?({MONTH})(?:\s+(?:the\s+)?({DAY_NUMBER}))?", low
    )
    if days is None:
        return None
    month = _month_number(days[2])
    number = days[1] or days[3]
    return calendar.day(year, month, _day_number(number)) if number else calendar.month(year, month)
