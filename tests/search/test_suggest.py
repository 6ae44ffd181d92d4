import time
import unicodedata
from pathlib import Path

import pytest
from golden_library import Golden

from heimdex.domain.search import Question, SuggestionKind
from heimdex.search.prefixes import beginning, begins
from heimdex.search.suggest import MOST, Suggester
from heimdex.storage.searches import SearchStore
from heimdex.storage.vocabulary import spoken_words


@pytest.mark.parametrize("typed", ["ㅅ", "새", "생", "생이", "생일"])
def test_every_step_of_typing_a_korean_word_finds_it(typed: str) -> None:
    assert begins("생일", typed)
    assert beginning(["생각", "생일", "선물"], typed)


@pytest.mark.parametrize(
    ("word", "typed"),
    [("가방", "갑"), ("값", "갑"), ("닭", "달"), ("달걀", "닭"), ("앉다", "안"), ("안주", "앉")],
)
def test_a_final_consonant_may_belong_to_the_next_syllable(word: str, typed: str) -> None:
    assert begins(word, typed)


@pytest.mark.parametrize(
    ("word", "typed"),
    [("생일", "상"), ("가방", "간"), ("bird", "birth"), ("생일", ""), ("가", "가방")],
)
def test_what_does_not_begin_so(word: str, typed: str) -> None:
    assert not begins(word, typed)


@pytest.fixture
def library(tmp_path: Path, towers):
    made = Golden(tmp_path, towers)
    made.add(
        "holiday/party.mp4",
        [
            (0, 3, "생일 축하해요. 생일을 위해 케이크를 준비했어요."),
            (10, 13, "Happy birthday, and thanks for the birthday cake."),
            (20, 23, "생각이 안 나요. The bird is singing."),
        ],
        seen=[(0, 9, "Barack Obama"), (0, 9, "엄마")],
    )
    made.store.set_aliases(made.ids["Barack Obama"], ["오바마"])
    yield made
    made.index.close()
    made.database.close()


@pytest.fixture
def suggester(library: Golden) -> Suggester:
    made = Suggester(
        library.database, library.catalogue, library.people, SearchStore(library.database)
    )
    made.refresh()
    return made


def offered(suggester: Suggester, text: str) -> list[tuple[str, str]]:
    return [(each.kind.value, each.sentence) for each in suggester.suggest(text)]


def test_people_by_name_and_alias(suggester: Suggester) -> None:
    assert offered(suggester, "a cake with bar")[0] == ("person", "a cake with Barack Obama ")
    assert ("person", "Barack Obama ") in offered(suggester, "oba")
    assert ("person", "Barack Obama ") in offered(suggester, "barack o")
    assert ("person", "오바마 ") in offered(suggester, "옵")
    assert ("person", "엄마 ") in offered(suggester, "어")
    decomposed = unicodedata.normalize("NFD", "오바")
    assert ("person", "오바마 ") in offered(suggester, decomposed)


def test_words_that_are_said_without_their_particles(suggester: Suggester) -> None:
    words = [s for k, s in offered(suggester, "새") if k == "word"]
    assert words[0] == "생일 "
    assert "생일을 " not in words
    assert ("word", "happy birthday ") in offered(suggester, "happy birt")
    assert offered(suggester, "birthday ") == []


def test_folders_saved_and_recent(library: Golden, suggester: Suggester) -> None:
    assert ("folder", "dog folder:holiday ") in offered(suggester, "dog hol")
    searches = SearchStore(library.database)
    searches.save("Best parties", Question("party"))
    for text in ("dog on the beach", "dog", "cat"):
        searches.remember(text)
    assert ("saved", "Best parties") in offered(suggester, "par")
    assert ("recent", "dog on the beach") in offered(suggester, "do")
    assert ("recent", "dog") not in offered(suggester, "dog")
    assert offered(suggester, "") == [
        ("recent", "cat"),
        ("recent", "dog"),
        ("recent", "dog on the beach"),
    ]


def test_words_of_forgotten_videos_are_not_offered(library: Golden, suggester: Suggester) -> None:
    [video_id] = library.names
    library.catalogue.remove_video(video_id)
    suggester.refresh()
    assert all(kind == "person" for kind, _ in offered(suggester, "bir"))


def test_nothing_typed_raises(suggester: Suggester) -> None:
    for text in ("\ud800", "ㅏ", "ㄳ", " ", '"', "가\u0301", "İ", "folder:", "a" * 2000):
        assert len(suggester.suggest(text)) <= MOST


def test_it_is_quick_with_many_words(library: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [f"{a}{b}{c}" for a in "abcdefgh" for b in "aeiou" for c in map(str, range(2500))]
    words += [chr(0xAC00 + i % 11_000) + chr(0xAC00 + i // 11_000 + 5) for i in range(60_000)]
    many = sorted((word, at % 97) for at, word in enumerate(words))
    monkeypatch.setattr("heimdex.storage.vocabulary.spoken_words", lambda database: many)
    suggester = Suggester(
        library.database, library.catalogue, library.people, SearchStore(library.database)
    )
    suggester.refresh()
    taken = []
    for text in ("ae", "be1", "ba12", "ㅅ", "사", "상", "dog ca"):
        started = time.thread_time()
        found = suggester.suggest(text)
        taken.append(time.thread_time() - started)
        assert found
    assert sorted(taken)[len(taken) // 2] < 0.010


def test_the_vocabulary_counts_passages(library: Golden) -> None:
    counts = dict(spoken_words(library.database))
    assert counts["birthday"] >= 1
    assert SuggestionKind.WORD == "word"


def test_somebody_who_slips_is_offered_whom_they_may_mean(suggester: Suggester) -> None:
    for typed in ("Obma", "baraack", "barak obama"):
        assert ("person", "Barack Obama ") in [
            (kind, sentence[-13:]) for kind, sentence in offered(suggester, typed)
        ]
    assert offered(suggester, "생일에 오바바") == [("person", "생일에 오바마 ")]
    # Where something begins so, nothing else is guessed.
    assert all("Obama" not in sentence for _, sentence in offered(suggester, "bird"))


def test_the_wrong_keyboard_is_understood(suggester: Suggester) -> None:
    assert ("person", "오바마 ") in offered(suggester, "dhqkak")
    assert ("person", "a cake with 엄마 ") in offered(suggester, "a cake with djaa")
    assert ("word", "생일 ") in offered(suggester, "todd")
    assert ("person", "Barack Obama ") in offered(suggester, "ㅐㅠ므ㅁ")
