"""Kinds, folders, lengths and sums in a sentence, and what happens to it at a chip."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId
from heimdex.domain.search import ChipKind, EvidenceKind, Length, Part, Question, Term
from heimdex.search.chips import with_words, without_chip
from heimdex.search.parse import parse
from heimdex.search.reading import LONGEST

NOW = 1_795_860_000
"""28 November 2026"""
OBAMA = Person(PersonId(1), "Barack Obama", ("오바마",), 1, 1, None, False)
MOM = Person(PersonId(2), "엄마", ("mom",), 1, 1, None, False)
FOLDERS = ("holiday", "강연 영상")


def ask(text, *plain, **more):
    return parse(text, [OBAMA, MOM], NOW, plain=plain, folders=FOLDERS, **more)


MINUTE = 60_000


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("longer than 5 minutes", 5 * MINUTE, None),
        ("over 1.5 hours long", 90 * MINUTE, None),
        ("at least half an hour", 30 * MINUTE, None),
        ("10분 이상", 10 * MINUTE, None),
        ("1시간 30분 넘는", 90 * MINUTE, None),
        (">5m", 5 * MINUTE, None),
        ("longer:5m", 5 * MINUTE, None),
        ("5 minutes or longer", 5 * MINUTE, None),
        ("<30s", None, 30_000),
        ("shorter than 30 seconds", None, 30_000),
        ("under a minute", None, MINUTE),
        ("30초 이하", None, 30_000),
        ("30초 미만의", None, 30_000),
        ("1분보다 짧은", None, MINUTE),
        ("between 1 and 3 minutes", MINUTE, 3 * MINUTE),
        ("5분짜리", 4 * MINUTE, 6 * MINUTE),
        ("short videos", None, MINUTE),
        ("짧은 영상", None, MINUTE),
        ("긴 동영상", 10 * MINUTE, None),
    ],
)
def test_a_length_is_read_and_leaves_nothing(text, least, most):
    query = ask(text)
    assert query.lengths == (Length(least, most),)
    assert query.meaning == ""


@pytest.mark.parametrize(
    "text",
    [
        "10 minutes",
        "a short man",
        "긴 머리",
        "over the hill",
        "more than two years",
        "5 < 6",
        "leans over as others look",
    ],
)
def test_what_is_no_length(text):
    assert ask(text).lengths == ()


@pytest.mark.parametrize(
    ("text", "kind", "meaning"),
    [
        ("said:negotiations", EvidenceKind.SPEECH, "negotiations"),
        ("said: more money for schools", EvidenceKind.SPEECH, "more money for schools"),
        ("말:협상", EvidenceKind.SPEECH, "협상"),
        ("seen:dog", EvidenceKind.VISUAL, "dog"),
        ("장면: 강아지", EvidenceKind.VISUAL, "강아지"),
        ("text:EXIT", EvidenceKind.TEXT, "EXIT"),
        ("글자:출구", EvidenceKind.TEXT, "출구"),
        ("강아지 말:", EvidenceKind.SPEECH, "강아지"),
    ],
)
def test_a_kind_is_asked_for(text, kind, meaning):
    query = ask(text)
    assert query.kinds == {kind}
    assert query.meaning == meaning


def test_a_kind_with_a_phrase():
    query = ask('said:"happy birthday" cake')
    assert query.kinds == {EvidenceKind.SPEECH}
    assert query.phrases == ("happy birthday",)
    assert query.meaning == "cake"


def test_different_things_are_asked_of_different_kinds():
    query = ask('tonight said: peace "two states" seen: a podium, 2015')
    assert query.parts == (
        Part(None, "tonight"),
        Part(EvidenceKind.SPEECH, "peace", ("two states",)),
        Part(EvidenceKind.VISUAL, "a podium"),
    )
    assert ask("said: peace said: war").parts == ()
    assert ask("podium said:").parts == ()
    assert ask("podium said: peace").parts == (
        Part(None, "podium"),
        Part(EvidenceKind.SPEECH, "peace"),
    )


@pytest.mark.parametrize("text", ["who:Obama beach", "사람:오바마 beach", "who: mom"])
def test_who_names_somebody(text):
    query = ask(text)
    assert query.people
    assert query.kinds == frozenset()
    assert "who" not in query.meaning


@pytest.mark.parametrize(
    "text", ["who: is it", "https://text:8080", "10:30", "c::in", "said:", "textbook: x"]
)
def test_what_is_no_operator(text):
    assert ask(text).kinds == frozenset()
    assert ask(text).meaning == text.rstrip(":") or ask(text).meaning == text


@pytest.mark.parametrize(
    ("text", "folder", "meaning"),
    [
        ("folder:holiday dog", "holiday", "dog"),
        ("in:holiday dog", "holiday", "dog"),
        ('folder:"My Holiday" dog', "My Holiday", "dog"),
        ("폴더:휴가 강아지", "휴가", "강아지"),
        ("a dog in the holiday folder", "holiday", "a dog"),
        ("강연 영상 폴더에서 협상", "강연 영상", "협상"),
        ("holiday 폴더의 개", "holiday", "개"),
    ],
)
def test_a_folder_is_named(text, folder, meaning):
    query = ask(text)
    assert query.folders == (folder,)
    assert query.meaning == meaning


def test_a_folder_the_library_does_not_have_is_words():
    assert ask("a cat in the paper folder").folders == ()


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("beach + dog - people", ["+beach", "+dog", "-people"]),
        ("바다 + 강아지 − 사람", ["+바다", "+강아지", "-사람"]),
        ("a dog − grass", ["+a dog", "-grass"]),
        ("+ snow + dog", ["+snow", "+dog"]),
    ],
)
def test_a_sum(text, terms):
    assert ask(text).terms == tuple(Term(t[1:], t[0] == "-") for t in terms)
    assert ask(text).excluded == ()


@pytest.mark.parametrize("text", ["Seoul - Busan", "c++ + ", "1+1", "beach -dog", "a+b"])
def test_what_is_no_sum(text):
    assert all(not term.minus for term in ask(text).terms)
    assert len(ask(text).terms) <= 1


def test_a_sum_with_somebody_and_a_date():
    query = ask("Obama + podium - 엄마 + 2015")
    assert query.people == (1,)
    assert query.excluded_people == (2,)
    assert query.terms == (Term("podium"),)
    assert len(query.dates) == 1


def test_beside_an_example_a_minus_is_a_sign():
    assert ask("at night - people", summed=True).terms == (Term("at night"), Term("people", True))
    assert ask("- people", summed=True).terms == (Term("people", True),)


@pytest.mark.parametrize(
    ("text", "gone", "meaning"),
    [
        ("Obama on a stage", "person", "Obama on a stage"),
        ("오바마가 노래하는", "person", "오바마가 노래하는"),
        ("holiday in 2015", "date", "holiday in 2015"),
        ("under a minute of silence", "length", "under a minute of silence"),
        ("해변 식당은 빼고", "words", "해변 식당은 빼고"),
    ],
)
def test_a_chip_that_was_not_meant_gives_its_words_back(text, gone, meaning):
    question = Question(text)
    query = ask(text)
    [chip] = [c for c in query.chips if c.kind == gone]
    again = without_chip(question, query, chip)
    assert again.text == text
    after = ask(again.text, *again.plain)
    assert after.chips == ()
    assert after.meaning == meaning


@pytest.mark.parametrize(
    ("text", "kind", "left"),
    [
        ("beach -dog today", "words", "beach today"),
        ('say "hello there" again', "phrase", "say again"),
        ("folder:holiday dog", "folder", "dog"),
        ("said:hello", "kind", "hello"),
        ("beach + dog - people", "term", "+ dog - people"),
    ],
)
def test_an_operator_goes_with_its_chip(text, kind, left):
    query = ask(text)
    chip = next(c for c in query.chips if c.kind == kind)
    assert without_chip(Question(text), query, chip) == Question(left)


def test_a_chip_can_be_changed():
    text = unicodedata.normalize("NFD", "바다, 2015년 여름에 찍은 강아지")
    query = ask(text)
    [chip] = query.chips
    again = with_words(Question(text), query, chip, "2016년")
    assert again.text == "바다, 2016년 강아지"


def test_everything_in_one_sentence():
    query = ask('오바마가 "hello" folder:holiday >1m 2015년 said: 협상 -개')
    assert [c.kind for c in query.chips] == [
        ChipKind.PERSON,
        ChipKind.PHRASE,
        ChipKind.FOLDER,
        ChipKind.LENGTH,
        ChipKind.DATE,
        ChipKind.KIND,
        ChipKind.WORDS,
    ]
    assert query.meaning == "협상"


PIECES = (
    '" - + − NOT not , but 빼고 말고 오바마 Obama who: said: 말: folder: in: 폴더: holiday “ ” '
    "the 생일 는 ' video 장면 엄마랑 2015 2015년 여름 3월 last week summer may in before between "
    "and 부터 까지 이후 > < 5m 10분 이상 longer than 30 31 february 13월 00 2015-13-45 99년 ago 년 "
    "전 ~ : / . \u200b \ud800 \u0301 사이 christmas 설날 90s the 폴더 9999999999999 half an hour "
    "İ ﬃ ㈜"
)
NOISE = st.lists(st.sampled_from(PIECES.split(" ")), max_size=14)
TEXTS = st.one_of(st.text(max_size=80), NOISE.map(" ".join), NOISE.map("".join))


@given(TEXTS, st.booleans(), st.integers(0, 4_000_000_000))
@settings(max_examples=600, deadline=None)
def test_nothing_raises_and_every_chip_can_be_taken_away(text, summed, now):
    question = Question(text)
    for _ in range(40):
        query = parse(
            question.text,
            [OBAMA, MOM],
            now,
            plain=question.plain,
            folders=FOLDERS,
            summed=summed,
        )
        assert query.meaning == " ".join(query.meaning.split())
        assert len(query.meaning) <= 3 * LONGEST
        places = [(chip.start, chip.end) for chip in query.chips]
        assert all(0 <= start < end <= len(query.text) for start, end in places)
        for when in (*query.dates, *query.excluded_dates):
            assert when.periods
            for period in when.periods:
                assert None in (period.after, period.before) or period.after < period.before
        if not query.chips:
            break
        before = (question.text, question.plain)
        question = without_chip(question, query, query.chips[0])
        assert (question.text, question.plain) != before
