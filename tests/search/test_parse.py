"""The query language is a sentence: names with particles, quotes, exclusions, and what is left."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId
from heimdex.search.korean import is_name_tail, stem
from heimdex.search.parse import parse
from heimdex.search.reading import LONGEST
from heimdex.search.wording import spoken


def person(number, name, *aliases, hidden=False, tracks=1):
    return Person(PersonId(number), name, aliases, tracks, 1, None, hidden)


OBAMA = person(1, "Barack Obama", "오바마", "버락 오바마")
BIDEN = person(2, "Joe Biden", "바이든")
LIN = person(3, "Lin-Manuel Miranda", "린마누엘 미란다")
MOM = person(4, "엄마", "mom")
JIHUN = person(5, "지훈")
WILL = person(6, "Will")
EVERYBODY = [OBAMA, BIDEN, LIN, MOM, JIHUN, WILL]


def ask(text, people=EVERYBODY):
    return parse(text, people, 0)


@pytest.mark.parametrize(
    "word",
    (
        "오바마 오바마가 오바마는 오바마를 오바마랑 오바마와 오바마의 오바마도 오바마만 오바마한테 "
        "오바마에게 오바마에게서 오바마하고 오바마처럼 오바마부터 오바마까지 오바마씨 오바마씨가 "
        "오바마님 오바마님께서 오바마대통령이 오바마랑은 오바마에게는 오바마네 오바마야 "
        "Obama obama OBAMA Obama's Obama’s Obama가 Obama는"
    ).split(),
)
def test_a_name_is_known_with_particles_and_honorifics(word):
    query = ask(word)
    assert query.people == (1,)
    assert query.meaning == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "지훈이가",
        "지훈이랑",
        "지훈이는",
        "지훈 씨",
        "지훈 씨가",
        "지훈 님",
        "지훈아",
        "지훈이네",
        "지훈 선생님께",
    ],
)
def test_given_names_take_an_i_and_titles(sentence):
    assert ask(sentence).people == (5,)
    assert ask(sentence).meaning == ""


@pytest.mark.parametrize(
    "sentence",
    ["오바마케어", "obamacare", "biden's", "미란", "엄마손", "지훈련", "will you marry me"],
)
def test_a_word_that_only_begins_like_a_name_is_no_name(sentence):
    people = [p for p in EVERYBODY if p is not BIDEN]
    assert ask(sentence, people).people == ()
    assert ask(sentence, people).meaning == sentence


def test_the_longest_alias_wins_and_spaces_do_not_matter():
    for sentence in ("버락 오바마가", "버락오바마가", "Barack Obama", "barack  obama"):
        assert ask(sentence).people == (1,)
        assert ask(sentence).meaning == ""
    for sentence in (
        "Lin-Manuel Miranda",
        "lin manuel miranda",
        "린마누엘미란다",
        "린마누엘 미란다는",
    ):
        assert ask(sentence).people == (3,)
    two = [person(1, "Anna"), person(2, "Anna Kim")]
    assert ask("Anna Kim dancing", two).people == (2,)
    assert ask("Anna dancing", two).people == (1,)


def test_one_word_of_a_name_is_enough_unless_it_is_somebody_elses():
    assert ask("Miranda singing").people == (3,)
    shared = [person(1, "Anna Kim"), person(2, "Bora Kim")]
    assert ask("Kim singing", shared).people == ()
    assert ask("Bora singing", shared).people == (2,)


def test_an_everyday_word_is_a_name_only_when_written_like_one():
    assert ask("Will at the beach").people == (6,)
    assert ask("will it rain").people == ()


def test_hidden_and_unnamed_people_are_not_found():
    assert ask("Ada", [person(1, "Ada", hidden=True), person(2, None)]).people == ()


def test_names_decomposed_accented_and_in_any_case():
    jose = [person(1, "José")]
    assert ask("jose eating", jose).people == (1,)
    assert ask(unicodedata.normalize("NFD", "오바마가 José")).people == (1,)


@pytest.mark.parametrize(
    ("sentence", "people", "meaning"),
    [
        ("오바마가 협상에 대해 말하는 장면", (1,), "협상"),
        ("Barack Obama talking about two years of negotiations", (1,), "two years of negotiations"),
        ("the scene where Obama talks about Iran", (1,), "Iran"),
        ("버락 오바마랑 바이든이 같이 나오는 장면", (1, 2), ""),
        ("우리 엄마랑 지훈이가 바다에서 노는 영상 찾아줘", (4, 5), "바다에서 노는"),
        ("show me videos of Joe Biden", (2,), ""),
        ("my mom at the beach", (4,), "the beach"),
        ("Biden and Obama", (2, 1), ""),
        ("엄마 생일", (4,), "생일"),
        ("Lin-Manuel Miranda with a microphone", (3,), "a microphone"),
        ("every clip showing the man in a hat", (), "the man in a hat"),
        ("파란 머그잔에 커피를 따르는 모습", (), "파란 머그잔에 커피를 따르는"),
        ("ask not what your country can do for you", (), None),
        ("you do not judge a book by its cover", (), None),
        ("겉표지만 보고 책을 판단하지 말고", (), None),
        ("c++ at 10:30", (), None),
        ("영상", (), None),
        ("video", (), None),
    ],
)
def test_what_is_left_is_meaning(sentence, people, meaning):
    query = ask(sentence)
    assert query.people == people
    assert query.meaning == (sentence if meaning is None else meaning)
    assert query.excluded == ()


@pytest.mark.parametrize(
    ("sentence", "phrases", "meaning"),
    [
        ('"happy birthday" on the beach', ("happy birthday",), "the beach"),
        ("“생일 축하” 노래", ("생일 축하",), "노래"),
        ("「こんにちは」 hello", ("こんにちは",), "hello"),
        ('old shaman says "gatekeepers"', ("gatekeepers",), "old shaman"),
        ('"a" "b" "a"', ("a", "b"), ""),
        ('"" " " "!" cake', (), "cake"),
        ('5" pipe', (), '5" pipe'),
        ('"Obama"', ("Obama",), ""),
    ],
)
def test_quoted_phrases(sentence, phrases, meaning):
    query = ask(sentence)
    assert query.phrases == phrases
    assert query.meaning == meaning
    assert query.people == ()


@pytest.mark.parametrize(
    ("sentence", "excluded", "excluded_people", "meaning"),
    [
        ("beach -dog", ("dog",), (), "beach"),
        ("beach NOT dog cat", ("dog",), (), "beach cat"),
        ("Paris NOT the Eiffel Tower at night", ("Eiffel Tower",), (), "Paris at night"),
        ("Google in Paris, not the Eiffel Tower", ("Eiffel Tower",), (), "Google in Paris"),
        ("on the beach but not at the restaurant", ("restaurant",), (), "on the beach"),
        ('cake -"happy birthday"', ("happy birthday",), (), "cake"),
        ('beach NOT "red car" dog', ("red car",), (), "beach dog"),
        ("해변 식당은 빼고", ("식당",), (), "해변"),
        ("식당에서 찍은 거 말고 바다", ("식당",), (), "바다"),
        ('노래 "생일 축하"는 빼고', ("생일 축하",), (), "노래"),
        ("-Obama podium", (), (1,), "podium"),
        ("버락 오바마 빼고 연설", (), (1,), "연설"),
        ("연설 NOT 버락 오바마", (), (1,), "연설"),
        ("podium NOT barack obama flag", (), (1,), "podium flag"),
        ("beach -5 degrees", (), (), "beach -5 degrees"),
        ("well-known dog-friendly beach", (), (), "well-known dog-friendly beach"),
        ("beach -dog-friendly", ("dog friendly",), (), "beach"),
        ("NOT", (), (), "NOT"),
        ("빼고", (), (), "빼고"),
    ],
)
def test_exclusions(sentence, excluded, excluded_people, meaning):
    query = ask(sentence)
    assert query.excluded == excluded
    assert query.excluded_people == excluded_people
    assert query.meaning == meaning


def test_one_person_in_another_out():
    query = ask("오바마 말고 바이든")
    assert (query.people, query.excluded_people) == ((2,), (1,))
    assert query.people_names == ("Joe Biden",)


def test_language_is_told_by_the_script():
    assert ask("dog on a beach").language == "en"
    assert ask("dog 해변").language == "ko"
    assert ask(unicodedata.normalize("NFD", "해변")).language == "ko"


def test_what_is_asked_to_be_said():
    for sentence in ("somebody explains the rules", "Obama talks about Iran", "협상에 대해 말하는"):
        assert spoken(sentence)
    for sentence in ("Obama speaking at a podium", "말하는 사람", "a dog", "talk show host"):
        assert not spoken(sentence)


def test_particles_come_off_but_leave_a_word():
    table = {
        "협상에": "협상",
        "사막의": "사막",
        "생일을": "생일",
        "나는": "나는",
        "도로": "도로",
        "dog": "dog",
    }
    assert {word: stem(word) for word in table} == table
    assert is_name_tail("")
    assert not is_name_tail("케어")


PIECES = (
    "\" - NOT not , but 빼고 말고 오바마 Obama 버락 씨 “ ” the 생일 는 ' "
    "video장면 엄마랑 \u200b \ud800"
)
NOISE = st.lists(st.sampled_from(PIECES.split(" ")))


@given(st.one_of(st.text(), NOISE.map(" ".join), NOISE.map("".join)))
@settings(max_examples=400, deadline=None)
def test_nothing_raises_and_the_parts_are_clean(text):
    query = ask(text)
    assert query == ask(text)
    assert query.raw == text
    for part in (query.meaning, *query.phrases, *query.excluded):
        part.encode()
        assert part == " ".join(part.split())
        assert len(part) <= 3 * LONGEST
    assert all(query.phrases)
    assert set(query.people) <= {p.id for p in EVERYBODY}
    assert len(query.people) == len(query.people_names)


def test_a_pasted_book_is_cut():
    assert len(ask("word " * 100_000).meaning) <= LONGEST
