"""Dates in both languages, read against a clock that stands still: 28 November 2026, a Saturday."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from heimdex.domain.search import ChipKind, Query
from heimdex.search.clock import Clock, feast
from heimdex.search.parse import Grammar, understand

KOREA = timezone(timedelta(hours=9))
NOW = int(datetime(2026, 11, 28, 15, tzinfo=KOREA).timestamp())


def ask(text: str, *plain: str, now: int = NOW, southern: bool = False) -> Query:
    return understand(text, Grammar((), Clock(now, southern, KOREA), plain=frozenset(plain)))


def day(second: int | None) -> str:
    return "" if second is None else datetime.fromtimestamp(second, KOREA).strftime("%Y-%m-%d")


def span(query: Query) -> tuple[str, str]:
    """First day and day after the last one of the only date there is."""
    [when] = query.dates
    [period] = when.periods
    return day(period.after), day(period.before)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2015", "2015-01-01", "2016-01-01"),
        ("2015년", "2015-01-01", "2016-01-01"),
        ("2015년도에 찍은", "2015-01-01", "2016-01-01"),
        ("2015-07", "2015-07-01", "2015-08-01"),
        ("2015-07-14", "2015-07-14", "2015-07-15"),
        ("2015/7/4", "2015-07-04", "2015-07-05"),
        ("2015. 7. 14.", "2015-07-14", "2015-07-15"),
        ("20150714", "2015-07-14", "2015-07-15"),
        ("14.07.2015", "2015-07-14", "2015-07-15"),
        ("7/14/2015", "2015-07-14", "2015-07-15"),
        ("14 July 2015", "2015-07-14", "2015-07-15"),
        ("the 14th of July 2015", "2015-07-14", "2015-07-15"),
        ("July 14, 2015", "2015-07-14", "2015-07-15"),
        ("2015년 7월 14일", "2015-07-14", "2015-07-15"),
        ("in July 2015", "2015-07-01", "2015-08-01"),
        ("Jul 2015", "2015-07-01", "2015-08-01"),
        ("may 2015", "2015-05-01", "2015-06-01"),
        ("2015년 여름", "2015-06-01", "2015-09-01"),
        ("15년 여름", "2015-06-01", "2015-09-01"),
        ("summer of 2015", "2015-06-01", "2015-09-01"),
        ("fall 2015", "2015-09-01", "2015-12-01"),
        ("2015년 겨울", "2015-12-01", "2016-03-01"),
        ("last summer", "2026-06-01", "2026-09-01"),
        ("지난 여름에", "2026-06-01", "2026-09-01"),
        ("작년 여름", "2025-06-01", "2025-09-01"),
        ("summer last year", "2025-06-01", "2025-09-01"),
        ("last year's summer", "2025-06-01", "2025-09-01"),
        ("작년 겨울", "2025-12-01", "2026-03-01"),
        ("last winter", "2025-12-01", "2026-03-01"),
        ("올 여름", "2026-06-01", "2026-09-01"),
        ("재작년", "2024-01-01", "2025-01-01"),
        ("last year", "2025-01-01", "2026-01-01"),
        ("올해", "2026-01-01", "2027-01-01"),
        ("this year", "2026-01-01", "2027-01-01"),
        ("지난달", "2026-10-01", "2026-11-01"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("지난주", "2026-11-16", "2026-11-23"),
        ("last week", "2026-11-16", "2026-11-23"),
        ("이번 주", "2026-11-23", "2026-11-30"),
        ("지난 주말", "2026-11-21", "2026-11-23"),
        ("last monday", "2026-11-23", "2026-11-24"),
        ("last saturday", "2026-11-21", "2026-11-22"),
        ("지난 월요일", "2026-11-23", "2026-11-24"),
        ("어제", "2026-11-27", "2026-11-28"),
        ("yesterday", "2026-11-27", "2026-11-28"),
        ("그저께", "2026-11-26", "2026-11-27"),
        ("오늘", "2026-11-28", "2026-11-29"),
        ("오늘 찍은 영상", "2026-11-28", "2026-11-29"),
        ("videos from today", "2026-11-28", "2026-11-29"),
        ("three years ago", "2023-01-01", "2024-01-01"),
        ("3년 전에 찍은 영상", "2023-01-01", "2024-01-01"),
        ("3년 전 여름", "2023-06-01", "2023-09-01"),
        ("두 달 전", "2026-09-01", "2026-10-01"),
        ("일주일 전", "2026-11-16", "2026-11-23"),
        ("2 days ago", "2026-11-26", "2026-11-27"),
        ("the last 3 months", "2026-08-28", "2026-11-29"),
        ("최근 일주일", "2026-11-22", "2026-11-29"),
        ("지난 3년간", "2023-11-28", "2026-11-29"),
        ("the 90s", "1990-01-01", "2000-01-01"),
        ("2010s", "2010-01-01", "2020-01-01"),
        ("90년대", "1990-01-01", "2000-01-01"),
        ("early 2015", "2015-01-01", "2015-05-01"),
        ("2015년 하반기", "2015-07-01", "2016-01-01"),
        ("2015년 말", "2015-09-01", "2016-01-01"),
        ("christmas 2019", "2019-12-24", "2019-12-27"),
        ("2019년 크리스마스", "2019-12-24", "2019-12-27"),
        ("지난 크리스마스", "2025-12-24", "2025-12-27"),
        ("last christmas", "2025-12-24", "2025-12-27"),
        ("halloween 2019", "2019-10-31", "2019-11-01"),
        ("2020년 추석", "2020-09-30", "2020-10-03"),
        ("작년 설날", "2025-01-28", "2025-01-31"),
        ("between 2014 and 2016", "2014-01-01", "2017-01-01"),
        ("from 2014 to 2016", "2014-01-01", "2017-01-01"),
        ("2014-2016", "2014-01-01", "2017-01-01"),
        ("2014 ~ 2016", "2014-01-01", "2017-01-01"),
        ("2014년부터 2016년까지", "2014-01-01", "2017-01-01"),
        ("2014년과 2016년 사이에", "2014-01-01", "2017-01-01"),
        ("2015년 3월부터 5월까지", "2015-03-01", "2015-06-01"),
        ("from June to August 2015", "2015-06-01", "2015-09-01"),
        ("before 2010", "", "2010-01-01"),
        ("2010년 이전에", "", "2010-01-01"),
        ("2010년 전에", "", "2010-01-01"),
        ("until 2010", "", "2011-01-01"),
        ("2010년까지", "", "2011-01-01"),
        ("after 2010", "2011-01-01", ""),
        ("since 2015", "2015-01-01", ""),
        ("2015년 이후", "2015-01-01", ""),
        ("2015년부터", "2015-01-01", ""),
        ("2015 or later", "2015-01-01", ""),
        ("since last summer", "2026-06-01", ""),
        ("before:2010", "", "2010-01-01"),
        ("date: 2015-07", "2015-07-01", "2015-08-01"),
    ],
)
def test_a_date_is_read_and_leaves_nothing(text: str, first: str, end: str) -> None:
    query = ask(text)
    assert span(query) == (first, end)
    assert query.meaning == ""
    assert query.excluded_dates == ()


@pytest.mark.parametrize(
    ("text", "first_month", "months"),
    [
        ("3월", 3, 1),
        ("in may", 5, 1),
        ("every July", 7, 1),
        ("July", 7, 1),
        ("in the summer", 6, 3),
        ("여름에", 6, 3),
        ("매년 겨울마다", 12, 3),
    ],
)
def test_without_a_year_it_is_every_year(text: str, first_month: int, months: int) -> None:
    query = ask(text)
    [when] = query.dates
    assert when.yearly
    for year in (2003, 2015, 2026):
        inside = datetime(year, first_month, 10, tzinfo=KOREA)
        assert when.holds(int(inside.timestamp()))
        assert not when.holds(int((inside - timedelta(days=12)).timestamp()))
        assert not when.holds(int((inside + timedelta(days=31 * months)).timestamp()))


@pytest.mark.parametrize(
    "text",
    [
        "may I come in",
        "it may rain",
        "this may take a while",
        "march of the penguins",
        "soldiers march through the town",
        "a summer day",
        "Today, after two years of negotiations",
        "오늘 이 자리를 마련해 주신",
        "a jungle gym in the winter time",
        "at christmas dinner",
        "여름 바다",
        "christmas tree",
        "크리스마스 트리",
        "2015 dollars",
        "2015명이 모였다",
        "two years of negotiations",
        "2년간의 협상",
        "1,500 people",
        "10:30",
        "20:15",
        "Blade Runner 2049",
        "c 2015x",
        "talking about 2015",
        "2015년에 대해 말하는",
        "여름에 대해 이야기하는",
        "falling leaves",
        "the fall of Rome",
        "12월호 표지",
        "room 2015",
        "sunday market",
        "30s",
    ],
)
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert ask(text).dates == ()


def test_a_date_inside_quotes_is_said() -> None:
    query = ask('"in July 2015" said')
    assert query.dates == ()
    assert query.phrases == ("in July 2015",)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("dog filmed in 2015 on the beach", "dog on the beach"),
        ("바다에서 노는 영상 2015년 여름", "바다에서 노는"),
        ("2015년 여름에 찍은 바다", "바다"),
        ("작년 겨울 눈사람", "눈사람"),
        ("a snowman last winter", "a snowman"),
        ("협상에 대해 말하는 장면, 2015년 여름", "협상"),
    ],
)
def test_the_rest_stays_meaning(text: str, meaning: str) -> None:
    query = ask(text)
    assert len(query.dates) == 1
    assert query.meaning == meaning


@pytest.mark.parametrize(
    "text",
    [
        "beach not in 2015",
        "beach -2015",
        "beach NOT 2015",
        "바다 2015년 말고",
        "바다 2015년은 빼고",
    ],
)
def test_a_date_can_be_ruled_out(text: str) -> None:
    query = ask(text)
    assert query.dates == ()
    assert [day(when.periods[0].after) for when in query.excluded_dates] == ["2015-01-01"]
    assert query.meaning in ("beach", "바다")
    assert query.excluded == ()
    assert query.chips[0].negated


def test_two_dates_are_joined_without_a_rest() -> None:
    query = ask("beach 2014 or 2016")
    assert [day(w.periods[0].after) for w in query.dates] == ["2014-01-01", "2016-01-01"]
    assert query.meaning == "beach"


def test_a_date_taken_as_words_goes_back_into_the_meaning() -> None:
    assert ask("space odyssey 2001").meaning == "space odyssey"
    query = ask("space odyssey 2001", "2001")
    assert query.dates == ()
    assert query.meaning == "space odyssey 2001"


def test_the_chip_stands_where_the_words_stand() -> None:
    query = ask("the dog in July 2015 again")
    [chip] = query.chips
    assert chip.kind is ChipKind.DATE
    assert chip.text == "July 2015"
    assert query.text[chip.start : chip.end] == "in July 2015"


def test_seasons_of_the_south() -> None:
    assert span(ask("summer 2015", southern=True)) == ("2015-12-01", "2016-03-01")
    assert span(ask("2015년 겨울", southern=True)) == ("2015-06-01", "2015-09-01")


def test_in_january_this_winter_is_the_one_that_runs() -> None:
    january = int(datetime(2026, 1, 10, tzinfo=KOREA).timestamp())
    assert span(ask("this winter", now=january)) == ("2025-12-01", "2026-03-01")
    assert span(ask("last winter", now=january)) == ("2024-12-01", "2025-03-01")
    assert span(ask("지난달", now=january)) == ("2025-12-01", "2026-01-01")


def test_midnight_is_the_persons_own() -> None:
    [when] = ask("2015-07-14").dates
    assert when.periods[0].after == int(datetime(2015, 7, 13, 15, tzinfo=UTC).timestamp())


def test_feasts_that_move() -> None:
    assert feast("easter", 2019) == (date(2019, 4, 19), date(2019, 4, 23))
    assert feast("thanksgiving", 2015) == (date(2015, 11, 26), date(2015, 11, 30))
    assert feast("seollal", 1980) is None
