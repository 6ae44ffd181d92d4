"""Questions with dates, kinds, sums, examples and an order, asked of the golden library."""

import threading
from pathlib import Path

import pytest
from golden_library import DAY, Golden

from heimdex.domain.errors import Cancelled, UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.search import (
    ChipKind,
    EvidenceKind,
    Filters,
    Length,
    Like,
    Question,
    SearchResult,
    Sort,
)
from heimdex.search.calibration import CUT
from heimdex.search.watching import SavedSearches
from heimdex.storage.searches import SearchStore

# The golden recordings are from 11 April 1970 (birthday), 20 July 1970 (talk), 28 October 1970
# (beach) and 5 February 1971 (cooking).


def ask(golden: Golden, text: str = "", **more: object) -> SearchResult:
    return golden.searcher.ask(Question(text, **more))  # type: ignore[arg-type]


def files(golden: Golden, result: SearchResult) -> list[str]:
    return [golden.place(moment)[0] for moment in result.moments]


def video(golden: Golden, name: str) -> VideoId:
    return next(video_id for video_id, file in golden.names.items() if file == name)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1970년 여름", {"talk.mp4"}),
        ("in October 1970", {"holiday/beach.mp4"}),
        ("1971", {"cooking.mp4"}),
        ("before 1971", {"birthday.mp4", "talk.mp4", "holiday/beach.mp4"}),
        ("July", {"talk.mp4"}),
        ("folder:holiday", {"holiday/beach.mp4"}),
        ("in the holiday folder", {"holiday/beach.mp4"}),
        ("longer than 30 seconds", {"talk.mp4"}),
        ("1970년 말고", {"cooking.mp4"}),
        ("1970 <18s", {"birthday.mp4"}),
    ],
)
def test_limits_alone_list_whole_videos(golden: Golden, text: str, wanted: set[str]) -> None:
    result = ask(golden, text)
    assert set(files(golden, result)) == wanted
    assert not result.no_good_match
    assert all(m.start_ms == 0 and m.score == 1.0 for m in result.moments)


def test_a_date_limits_what_is_found(golden: Golden) -> None:
    assert set(files(golden, ask(golden, "dog 1971"))) == {"cooking.mp4"}
    assert set(files(golden, ask(golden, "dog in autumn 1970"))) == {"holiday/beach.mp4"}
    assert "talk.mp4" in files(golden, ask(golden, "Obama 1970년 여름"))


def test_a_time_nothing_is_from_is_said_and_the_nearest_offered(golden: Golden) -> None:
    result = ask(golden, "a dog on the beach, last summer")
    assert result.no_good_match
    assert [chip.text for chip in result.dropped] == ["last summer"]
    assert files(golden, result)[0] == "holiday/beach.mp4"
    assert all(m.score < CUT for m in result.moments)


def test_a_season_may_be_how_it_looks(golden: Golden) -> None:
    right = ask(golden, "a dog running on a sandy beach in the fall")
    assert golden.place(right.moments[0]) == ("holiday/beach.mp4", 0.0)
    assert right.dropped == ()
    other = ask(golden, "a dog running on a sandy beach in the summer")
    assert golden.place(other.moments[0]) == ("holiday/beach.mp4", 0.0)
    assert not other.no_good_match
    assert [chip.text for chip in other.dropped] == ["summer"]


def test_a_date_that_is_said_is_found_as_words(golden_with_year: Golden) -> None:
    result = ask(golden_with_year, "the school opened in 1987")
    assert golden_with_year.place(result.moments[0]) == ("speech.mp4", 1.0)
    assert not result.no_good_match
    assert result.dropped == ()


@pytest.fixture
def golden_with_year(tmp_path: Path, towers):
    library = Golden(tmp_path, towers)
    library.add("speech.mp4", [(1, 4, "The school opened in 1987.")], recorded_at=100 * DAY)
    yield library
    library.index.close()
    library.database.close()


def test_a_kind_is_the_only_one(golden: Golden) -> None:
    said = ask(golden, "said: dog")
    assert {e.kind for m in said.moments for e in m.evidence} == {EvidenceKind.SPEECH}
    seen = ask(golden, "장면:강아지")
    assert {e.kind for m in seen.moments for e in m.evidence} == {EvidenceKind.VISUAL}


def test_what_is_said_and_what_is_seen_meet_in_time(golden: Golden) -> None:
    result = ask(golden, "said: noodles seen: boiling water on a stove")
    moment = result.moments[0]
    assert golden.place(moment) == ("cooking.mp4", 7.0)
    assert not result.no_good_match
    kinds = [e.kind for e in moment.evidence]
    assert set(kinds) == {EvidenceKind.SPEECH, EvidenceKind.VISUAL}
    both = ask(golden, 'said:"a good teacher" seen: classroom')
    assert golden.place(both.moments[0])[0] == "talk.mp4"
    assert 20 <= golden.place(both.moments[0])[1] <= 35
    apart = ask(golden, "said: noodles seen: a dog running on a sandy beach")
    assert apart.no_good_match
    assert set(files(golden, apart)) >= {"cooking.mp4", "holiday/beach.mp4"}


def test_the_sentence_wins_over_the_toggles_beside_it(golden: Golden) -> None:
    kinds = frozenset({EvidenceKind.VISUAL})
    result = ask(golden, "said: dog", filters=Filters(kinds=kinds))
    assert {e.kind for m in result.moments for e in m.evidence} == {EvidenceKind.SPEECH}


def test_a_length_beside_the_sentence(golden: Golden) -> None:
    long = ask(golden, "dog", filters=Filters(length=Length(19_000)))
    assert "cooking.mp4" not in files(golden, long)
    assert "holiday/beach.mp4" in files(golden, long)


def test_a_sum_is_near_all_of_its_parts(golden: Golden) -> None:
    both = ask(golden, "dog + beach")
    assert golden.place(both.moments[0]) == ("holiday/beach.mp4", 0.0)
    less = ask(golden, "water − dog")
    assert "cooking.mp4" in files(golden, less)
    shown = [golden.place(m) for m in less.moments if m.score >= CUT]
    assert ("holiday/beach.mp4", 0.0) not in shown


def test_a_picture_and_words(golden: Golden, tmp_path: Path) -> None:
    picture = tmp_path / "sea.jpg"
    picture.write_text("the sea")
    likes = (Like(picture=picture),)
    assert golden.place(ask(golden, "a boat", likes=likes).moments[0]) == ("holiday/beach.mp4", 6.0)
    assert ask(golden, "in 1971", likes=likes).query.dates
    assert set(files(golden, ask(golden, "in 1971", likes=likes))) <= {"cooking.mp4"}


def test_examples_of_different_kinds_cannot_be_added(golden: Golden, tmp_path: Path) -> None:
    picture = tmp_path / "sea.jpg"
    picture.write_text("the sea")
    with pytest.raises(UserError, match="nothing to compare"):
        ask(golden, likes=(Like(picture=picture, minus=True),))


def test_a_moment_of_a_sound_recording(golden_with_sound: Golden) -> None:
    like = Like(video_id=video(golden_with_sound, "radio.mp3"), at_ms=2_000)
    result = ask(golden_with_sound, likes=(like,))
    assert golden_with_sound.place(result.moments[0])[0] == "news.mp3"


@pytest.fixture
def golden_with_sound(tmp_path: Path, towers):
    library = Golden(tmp_path, towers)
    library.add("radio.mp3", [(1, 5, "Heavy rain and floods are expected in the north.")])
    library.add(
        "news.mp3",
        [(0, 4, "The storm brought floods and rain."), (20, 24, "The team won the final.")],
    )
    yield library
    library.index.close()
    library.database.close()


def test_by_date_the_newest_match_is_first(golden: Golden) -> None:
    result = ask(golden, "엄마", sort=Sort.DATE)
    assert files(golden, result) == ["holiday/beach.mp4", "birthday.mp4"]
    dogs = ask(golden, "dog", sort=Sort.DATE)
    matches = [golden.place(m)[0] for m in dogs.moments if m.score >= CUT]
    assert matches == ["cooking.mp4"]
    assert [m.score >= CUT for m in dogs.moments] == sorted(
        (m.score >= CUT for m in dogs.moments), reverse=True
    )


def test_words_taken_as_words(golden: Golden) -> None:
    assert golden.searcher.understand(Question("Obama")).chips[0].kind is ChipKind.PERSON
    plain = golden.searcher.understand(Question("Obama", plain=("obama",)))
    assert plain.chips == ()
    assert plain.meaning == "Obama"


def test_giving_up_reaches_the_model(golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is given up while a model works ends without asking anything else."""
    stop = threading.Event()
    asked: list[str] = []

    class Slow:
        def __init__(self, cancelled) -> None:
            self.cancelled = cancelled

        def __getattr__(self, name: str):
            return getattr(golden.towers, name)

        def generations(self):
            return [(self, None)]

        def passage(self, text: str):
            asked.append(text)
            stop.set()
            while not self.cancelled():
                pass
            raise Cancelled("given up")

    monkeypatch.setattr(golden.towers, "until", Slow, raising=False)
    with pytest.raises(Cancelled):
        golden.searcher.ask(Question("water"), cancelled=stop.is_set)
    assert asked == ["water"]


def test_a_saved_search_counts_what_is_new(tmp_path: Path, towers) -> None:
    library = Golden(tmp_path, towers)
    library.add("one.mp4", [(1, 4, "Happy birthday to you.")], recorded_at=DAY)
    saved = SavedSearches(SearchStore(library.database), library.searcher)
    kept = saved.save("birthdays", Question('"happy birthday"'))
    assert saved.ask(kept).new == ()
    library.add("two.mp4", [(5, 9, "Happy birthday, dear Ann.")], recorded_at=DAY)
    again = saved.ask(kept)
    assert [library.place(m)[0] for m in again.new] == ["two.mp4"]
    assert len(again.result.moments) == 2
    saved.look(again)
    assert saved.ask(saved.store.find("birthdays")).new == ()
    library.index.close()
    library.database.close()
