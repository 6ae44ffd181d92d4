"""Sentences as people really type them, in both languages, and what should be understood of each.

They were written, with the reading one would expect, before the parser was asked.
"""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId
from heimdex.domain.search import ChipKind, EvidenceKind, Query
from heimdex.search.clock import Clock
from heimdex.search.korean import bare, joins
from heimdex.search.parse import Grammar, understand
from heimdex.search.wording import spoken

NOW = int(datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp())


def person(number: int, name: str, *aliases: str) -> Person:
    return Person(PersonId(number), name, aliases, 1, 1, None, False)


EVERYBODY = (
    person(1, "Barack Obama", "Obama", "오바마"),
    person(2, "Joe Biden", "바이든"),
    person(3, "민수"),
    person(4, "지훈"),
    person(5, "엄마", "mom"),
    person(6, "할머니", "Grandma"),
    person(7, "아빠", "dad"),
    person(8, "Anna"),
)


def ask(text: str, *plain: str) -> Query:
    clock = Clock(NOW, zone=UTC)
    return understand(text, Grammar(EVERYBODY, clock, ("휴가", "holiday"), frozenset(plain)))


def read(text: str) -> str:
    """Every chip, and what is left: `오바마 -군인 | 협상`."""
    query = ask(text)
    shown = " ".join(("-" if chip.negated else "") + _shown(chip) for chip in query.chips)
    return f"{shown} | {query.meaning}".strip()


def _shown(chip):
    marks = {ChipKind.PHRASE: '"', ChipKind.DATE: "@", ChipKind.LENGTH: "#", ChipKind.FOLDER: "/"}
    return marks.get(chip.kind, "") + chip.text


KOREAN = {
    "오바마가 나오는데 군인은 안 나오는 장면": "Barack Obama -군인 |",
    "아빠는 안 나오고 엄마만 나오는": "-아빠 엄마 |",
    "민수가 안 나오는 영상": "-민수 |",
    "민수 안나오는거": "-민수 |",
    "민수는 없고 지훈이만": "-민수 지훈 |",
    "민수 없이 지훈이 혼자": "-민수 지훈 |",
    "민수제외": "-민수 |",
    "민수 나오지 않는 바다": "-민수 | 바다",
    "민수랑 지훈이 빼고": "-민수 -지훈 |",
    "민수, 지훈 빼고 할머니": "-민수 -지훈 할머니 |",
    "강아지와 고양이는 빼고": "-강아지 -고양이 |",
    "강아지 -고양이": "-고양이 | 강아지",
    "강아지 not 고양이": "-고양이 | 강아지",
    "해변말고 수영장": "-해변 | 수영장",
    "해변 말구 수영장": "-해변 | 수영장",
    "사람 없는 해변": "-사람 | 해변",
    "사람이 안 보이는 바다": "-사람 | 바다",
    "생일 아닌 파티": "-생일 | 파티",
    "노래 부르는데 피아노 없는 거": "-피아노 | 노래 부르는",
    "결혼식 영상인데 신랑 말고 신부만": "-신랑 | 결혼식 신부만",
    "끝없는 바다": "| 끝없는 바다",
    "평화라는 단어가 나오는 부분": "| 평화",
    "'고마워' 라는 말이 나오는 부분": '"고마워 |',
    "말이 달리는": "| 말이 달리는",
    "화면에 2015 라고 적힌": "| 화면에 2015",
    "협상 얘기하는 부분": "| 협상",
    "댕댕이ㅋㅋㅋ": "| 댕댕이",
    "밤낮 없이 일하는": "| 밤낮 없이 일하는",
    "상관 없이": "| 상관 없이",
    "할 수 없는 일": "| 할 수 없는 일",
    "엄마가 아이를 안고 있는 장면": "엄마 | 아이를 안고",
    "돈 없는 사람에 대해 말하는 부분": "| 돈 없는 사람",
    "엄마나오는거": "엄마 |",
    "엄마랑아빠랑바다에서": "엄마 아빠 | 바다에서",
    "엄마손파이": "| 엄마손파이",
    "튀어나오는 고양이": "| 튀어나오는 고양이",
    "할머니 생신때 찍은거 찾아주세요": "할머니 | 생신",
    "작년 여름에 엄마랑 제주도 갔을 때": "@작년 여름 엄마 | 제주도",
    "강아지가 뛰어노는 모습 ㅋㅋ": "| 강아지가 뛰어노는",
    "🎂 생일파티 🎉": "| 생일파티",
    "ㅅㅇ": "| ㅅㅇ",
    "협상에 대해서 얘기하는 데": "| 협상",
    '"생일 축하합니다" 라고 말하는 장면': '"생일 축하합니다 |',
    "'사랑해'라고 하는 부분": '"사랑해 |',
    '엄마가 "밥 먹자"라고 부르는 장면': '엄마 "밥 먹자 | 부르는',
    '간판에 "출구" 라고 적힌': '"출구 |',
    "바이든 부통령님": "Joe Biden |",
    "말 타는 장면": "| 말 타는",
    "C:\\Users\\민수\\Videos\\제주.mp4": "| C:\\Users\\민수\\Videos\\제주.mp4",
    "휴가 폴더에서 강아지": "/휴가 | 강아지",
    "3분에서 5분 사이 영상": "#3분에서 5분 사이 |",
    "두 시간 이상 회의": "#두 시간 이상 | 회의",
    "100명 이상 모인 집회": "| 100명 이상 모인 집회",
    "2015년여름제주도": "@2015년여름 | 제주도",
    "2015년생 아이": "| 2015년생 아이",
    "2015년 여름 말고 겨울": "-@2015년 여름 @겨울 |",
    "2015년이 아니라 2016년": "-@2015년 @2016년 |",
    "어제 말고 그제": "-@어제 @그제 |",
    "3년 전 오늘": "@3년 전 오늘 |",
    "작년 이맘때": "@작년 이맘때 |",
    "2015년 7,8월 바다": "@2015년 7,8월 | 바다",
    "90년대 초반": "@90년대 초반 |",
    "빨간 차 빼고 파란 차": "-빨간 차 | 파란 차",
    "어두운 방 말고 밝은 거실": "-어두운 방 | 밝은 거실",
    "사진 강아지 빼고": "-강아지 | 사진",
    "눈이 없는 산": "-눈 | 산",
    "아무도 없는 방": "| 아무도 없는 방",
    "말 없는 남자": "| 말 없는 남자",
    "할머니랑 찍은 영상 중에 춤추는 거": "할머니 | 춤추는",
    "오바마 연설 영상 어디 있어?": "Barack Obama | 연설",
    "아이들이 눈싸움하는 거 있잖아": "| 아이들이 눈싸움하는",
    "재작년 여름휴가 때 바다에서": "@재작년 여름휴가 | 바다에서",
    "추석 연휴에 친척들": "@추석 연휴 | 친척들",
    "어젯밤에 찍은 거": "@어젯밤 |",
    "2015년 7월 14일 화요일": "@2015년 7월 14일 |",
    "오바마나 바이든 나오는 영상": "Barack Obama Joe Biden |",
}
ENGLISH = {
    'the one where she says "I love you"': '"I love you |',
    "the one where she says i love you": "| i love you",
    "vids of my mom cooking": "엄마 | cooking",
    "somebody mentions Paris": "| Paris",
    "he says no": "| he says no",
    "don't stop believin'": "| don't stop believin'",
    "rock 'n' roll": "| rock 'n' roll",
    "the '90s and '80s": "@the '90s | and '80s",
    "'happy birthday' cake": '"happy birthday | cake',
    "‘happy birthday’ cake": '"happy birthday | cake',
    "'don't stop' now": "\"don't stop | now",
    '"happy birthday': "| happy birthday",
    'happy birthday"': "| happy birthday",
    "it's -5 degrees outside": "| it's -5 degrees outside",
    "-5 degrees": "| -5 degrees",
    "at 10:30 in the morning": "| at 10:30 in the morning",
    "C++ tutorial": "| C++ tutorial",
    "https://example.com/a?b=c#Anna": "| https://example.com/a?b=c#Anna",
    "/home/anna/Videos/holiday.mp4": "| /home/anna/Videos/holiday.mp4",
    "mail anna@example.com": "| mail anna@example.com",
    "Obama/Biden": "Barack Obama Joe Biden |",
    "Obama without Biden": "Barack Obama -Joe Biden |",
    "Obama w/o soldiers": "Barack Obama -soldiers |",
    "Obama, no soldiers": "Barack Obama -soldiers |",
    "everyone except Obama": "-Barack Obama |",
    "anything but dogs": "-dogs |",
    "dogs but no cats": "-cats | dogs",
    "kids playing, excluding the swimming pool": "-swimming pool | kids playing",
    "a man without a hat at the beach": "-hat | a man at the beach",
    "people who aren't soldiers": "-soldiers | people",
    "mom (not dad) at the beach": "엄마 -아빠 | the beach",
    "mom's birthday, not dad's": "엄마 -아빠 | birthday",
    "no Obama": "-Barack Obama |",
    "Obama's not in this one": "-Barack Obama |",
    "Anna isn't in it": "-Anna |",
    "the salt is not in it": "| the salt is not in it",
    "just Anna": "Anna |",
    "Anna alone": "Anna |",
    "where's Anna?": "Anna |",
    "that time dad fell off the boat": "아빠 | fell off the boat",
    "folder:/home/anna/Videos dog": "/home/anna/Videos | dog",
    'she said "hi': "| she said hi",
    '5" pipe': '| 5" pipe',
    "*dog*": "| dog",
    "3rd sept": "@3rd sept |",
    "sorry, no way": "| sorry, no way",
    "but no one came": "| but no one came",
    "with or without you": "| with or without you",
    "without a doubt": "| without a doubt",
    "he talks about life without money": "| life without money",
    "no country for old men": "| no country for old men",
    "I can't get no satisfaction": "| I can't get no satisfaction",
    "people who aren't smiling": "| people who aren't smiling",
    "-folder:work dog": "-/work | dog",
    "-who:Obama podium": "-Barack Obama | podium",
    "NOT who:Obama podium": "-Barack Obama | podium",
    "-said:peace podium": "-peace | podium",
    'podium -text:"exit only"': "-exit only | podium",
    "in folder holiday": "/holiday |",
    "half an hour long": "#half an hour long |",
    "longer than five minutes": "#longer than five minutes |",
    "a 5-minute video of mom": "#5-minute 엄마 |",
    "summer '15": "@summer '15 |",
    "a couple of years ago": "@a couple of years ago |",
    "in the eighties": "@the eighties |",
    "early 2000s": "@early 2000s |",
    "videos older than 2 years": "@older than 2 years |",
    "girls older than 5 years old": "| girls older than 5 years old",
    "2nd of May": "@2nd of May |",
    "Tuesday, July 14, 2015": "@July 14, 2015 |",
    "filmed this morning": "@this morning |",
    "this morning after two years": "| this morning after two years",
    "the year 2000": "@2000 |",
    "July and August 2015": "@July @August 2015 |",
    "summer 2015, not winter": "@summer 2015 -@winter |",
    "Obama OR Biden": "Barack Obama Joe Biden |",
}


@pytest.mark.parametrize(("text", "reading"), [*KOREAN.items(), *ENGLISH.items()])
def test_a_sentence_is_understood(text, reading):
    assert read(text) == reading.strip()


def test_any_or_all_of_some_people():
    for text in (
        "Obama or Biden",
        "오바마나 바이든",
        "오바마 또는 바이든",
        "Obama OR Biden podium",
    ):
        assert ask(text).people == (1, 2)
        assert ask(text).any_person
    for text in ("Obama and Biden", "오바마랑 바이든", "Obama Biden", "Obama", "podium or Obama"):
        assert not ask(text).any_person
    assert ask("오바마 또는 바이든 연설").meaning == "연설"
    three = ask("Obama, Biden or Anna at the sea")
    assert (three.people, three.any_person, three.meaning) == ((1, 2, 8), True, "the sea")
    assert not ask("Obama, Biden").any_person
    assert not ask("Obama or Biden, Anna").any_person


def days(query: Query) -> list[list[str]]:
    return [
        [
            "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
            for at in (when.periods[0].after, when.periods[0].before)
        ]
        for when in (*query.dates, *query.excluded_dates)
    ]


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("3년 전 오늘", "2023-11-28", "2023-11-29"),
        ("this day last year", "2025-11-28", "2025-11-29"),
        ("작년 이맘때", "2025-11-14", "2025-12-13"),
        ("a couple of years ago", "2024-01-01", "2025-01-01"),
        ("older than 2 years", "", "2024-11-28"),
        ("newer than a week", "2026-11-22", ""),
        ("the past week", "2026-11-22", "2026-11-29"),
        ("last week", "2026-11-16", "2026-11-23"),
        ("'15 summer", "2015-06-01", "2015-09-01"),
        ("the nineties", "1990-01-01", "2000-01-01"),
        ("the late 90s", "1996-01-01", "2000-01-01"),
        ("90년대 말", "1996-01-01", "2000-01-01"),
        ("2015년 7~8월", "2015-07-01", "2015-09-01"),
        ("2015년 12~2월", "2015-12-01", "2016-03-01"),
    ],
)
def test_when_that_is(text, first, end):
    assert days(ask(text)) == [[first, end]]


def test_of_two_dates_one_may_say_the_year_for_both():
    assert days(ask("2015년 여름 말고 겨울")) == [
        ["2015-12-01", "2016-03-01"],
        ["2015-06-01", "2015-09-01"],
    ]
    for text in ("July and August 2015", "2015년 7월이나 8월"):
        assert days(ask(text)) == [["2015-07-01", "2015-08-01"], ["2015-08-01", "2015-09-01"]]
    assert days(ask("winter or spring 2014")) == [
        ["2014-12-01", "2015-03-01"],
        ["2014-03-01", "2014-06-01"],
    ]


def test_a_range_without_a_year_comes_every_year():
    [when] = ask("3월에서 5월 사이").dates
    assert when.yearly
    for year in (1999, 2015, 2026):
        assert when.holds(int(datetime(year, 4, 9, tzinfo=UTC).timestamp()))
        assert not when.holds(int(datetime(year, 6, 9, tzinfo=UTC).timestamp()))
    [winter] = ask("December to February").dates
    assert winter.holds(int(datetime(2015, 1, 9, tzinfo=UTC).timestamp()))


def test_what_a_sign_says_is_read_and_not_heard():
    for text in ("a sign that says exit", 'it says "exit" on the sign', "the banner says welcome"):
        assert not spoken(text)
    for text in ("she says exit", "it says a lot about him", "the man on the screen says no"):
        assert spoken(text)


def test_kinds_behind_a_minus_ask_for_no_kind():
    assert ask("-said:peace podium").kinds == frozenset()
    assert ask("said:peace -text:exit").kinds == {EvidenceKind.SPEECH}


def test_what_is_shown_of_a_noun():
    table = {
        "고양이": "고양이",
        "고양이가": "고양이",
        "군인이": "군인",
        "식당에서는": "식당",
        "식당은": "식당",
        "가을": "가을",
        "가을은": "가을",
        "노을을": "노을",
        "치과": "치과",
        "바나나": "바나나",
        "제주도": "제주도",
        "물놀이": "물놀이",
        "개는": "개",
        "dog": "dog",
    }
    assert {word: bare(word) for word in table} == table
    assert [word for word in "강아지와 사과 사과와 효과 엄마랑 피아노".split() if joins(word)] == [
        "강아지와",
        "사과와",
        "엄마랑",
    ]


NAMES = st.sampled_from(["민수", "지훈", "엄마", "할머니", "아빠", "오바마"])
ABSENT = st.sampled_from(
    ["빼고", "말고", "제외", "없는", "없이", "안 나오는", "안나오는", "안 보이는", "나오지 않는"]
)


@given(NAMES, st.sampled_from(["", "는"]), ABSENT, st.sampled_from(["", " 영상", " 장면"]))
@settings(max_examples=120, deadline=None)
def test_whoever_is_said_not_to_be_there_is_left_out(name, particle, absent, thing):
    query = ask(f"{name}{particle} {absent}{thing}")
    assert len(query.excluded_people) == 1
    assert query.people == ()
    assert query.meaning == ""


@given(NAMES, st.sampled_from(["나오는거", "나오는 거", "나온 영상", "나오는 장면 좀 찾아줘"]))
@settings(max_examples=60, deadline=None)
def test_whoever_is_said_to_be_there_is_looked_for_without_a_space(name, shown):
    query = ask(name + shown)
    assert len(query.people) == 1
    assert query.meaning == ""


@given(st.dates(date(1990, 1, 1), date(2026, 11, 1)), st.sampled_from("봄 여름 가을 겨울".split()))
@settings(max_examples=60, deadline=None)
def test_a_season_follows_its_year_with_and_without_spaces(day, season):
    readings = {
        ask(text).dates
        for text in (
            f"{day.year}년 {season}",
            f"{day.year}년{season}",
            f"{day.year}년{season}제주도",
            f"{day.year}년의 {season}",
        )
    }
    assert len(readings) == 1


@pytest.mark.parametrize(
    "piece",
    [
        "a", "가", "-", "NOT ", '"', "'", "‘", "2015년 ", "여름 말고 ", "between ", "or ",
        "안나오는", "없는 ", "-who:", "folder:", "://", "@", ".mp4", "a.", "(",
        "오바마나 ", "오바마랑", "5분에서 ",
        "half an hour ", "that isn't ", "except for ", "🎂", "\u1100", "는거 ",
        "이라고 적힌", "it says ",
    ],
)  # fmt: skip
def test_a_pasted_book_is_read_at_once(piece):
    # Ten times what would be noticed: a pattern that goes back and forth takes minutes.
    began = datetime.now(UTC)
    ask((piece * 100_000)[:100_000])
    assert (datetime.now(UTC) - began).total_seconds() < 3
