"""What a sentence leaves out stays out: of whole videos, somebody's time on screen, folders."""

import pytest
from golden_library import Golden

from heimdex.domain.search import Question, SearchResult


def ask(golden: Golden, text: str) -> SearchResult:
    return golden.searcher.ask(Question(text), 20)


def files(result: SearchResult) -> set[str]:
    return {moment.path.name for moment in result.moments}


@pytest.mark.parametrize(
    "text", ["엄마 빼고", "엄마 없는 영상", "엄마가 안 나오는 거", "-who:엄마"]
)
def test_all_videos_without_somebody(golden, text):
    result = ask(golden, text)
    assert files(result)
    assert files(result).isdisjoint({"birthday.mp4", "beach.mp4"})
    assert not result.no_good_match


def test_all_videos_in_which_something_is_not_said(golden):
    assert "cooking.mp4" not in files(ask(golden, "-noodles"))
    assert {"talk.mp4", "cooking.mp4"} <= files(ask(golden, "-birthday"))


def test_a_date_and_somebody_left_out(golden):
    everything = files(ask(golden, "1970"))
    assert files(ask(golden, "1970 엄마 빼고")) == everything - {"birthday.mp4", "beach.mp4"}


def test_without_a_folder(golden):
    assert "beach.mp4" in files(ask(golden, "dog on a beach"))
    assert "beach.mp4" not in files(ask(golden, "dog on a beach -folder:holiday"))


def test_somebody_without_what_is_said_meanwhile(golden):
    [whole] = ask(golden, "오바마").moments
    assert (whole.start_ms, whole.end_ms) == (0, 19_000)
    left = ask(golden, "오바마 -negotiations").moments
    assert left
    for moment in left:
        for start in (moment.start_ms, *moment.also_ms):
            assert not 4_200 <= start < 9_000
        assert moment.end_ms <= 4_200 or moment.start_ms >= 9_000


def test_either_of_two_people(golden):
    either = ask(golden, "Obama or Biden").moments
    assert [sorted(m.people) for m in either] in (
        [["Barack Obama"], ["Joe Biden"]],
        [["Joe Biden"], ["Barack Obama"]],
    )
    for moment in either:
        [who] = [e for e in moment.evidence if e.kind == "person"]
        assert who.text in moment.people


@pytest.fixture(scope="module")
def speeches(tmp_path_factory, towers):
    library = Golden(tmp_path_factory.mktemp("speeches"), towers)
    library.add("brave.mp4", [(3, 7, "We shall go on without fear.")])
    library.add("brave-ko.mp4", [(5, 9, "우리는 두려움 없이 앞으로 나아갑니다.")], language="ko")
    library.add("afraid.mp4", [(2, 5, "We shall go on, and we shall fear nothing.")])
    library.index.sync(library.database)
    yield library
    library.index.close()
    library.database.close()


@pytest.mark.parametrize(
    ("text", "excluded", "file"),
    [
        ("we shall go on without fear", "fear", "brave.mp4"),
        ("우리는 두려움 없이 나아갑니다", "두려움", "brave-ko.mp4"),
    ],
)
def test_words_that_only_look_left_out_are_found_where_they_are_said(
    speeches, text, excluded, file
):
    result = ask(speeches, text)
    assert result.query.excluded == (excluded,)
    assert result.moments[0].path.name == file
    assert not result.no_good_match
    assert excluded in result.moments[0].evidence[0].text


def test_of_either_all_who_are_there_are_named(tmp_path, towers):
    library = Golden(tmp_path, towers)
    library.add("both.mp4", seen=[(0, 9, "Anna"), (0, 9, "Berta")])
    library.add("one.mp4", seen=[(0, 9, "Berta")])
    found = {m.path.name: m.evidence[0].text for m in library.ask("Anna or Berta").moments}
    assert found == {"both.mp4": "Anna, Berta", "one.mp4": "Berta"}
    assert [m.path.name for m in library.ask("Anna and Berta").moments] == ["both.mp4"]
    library.index.close()
    library.database.close()


def test_what_is_written_as_an_operator_stays_left_out(speeches):
    assert "brave.mp4" not in files(ask(speeches, "we shall go on -fear"))
