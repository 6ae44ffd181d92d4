"""Dates that names and screens tell of a video, and what they do to an answer."""

from collections.abc import Iterator
from datetime import date

import pytest
from golden_library import DAY, Described, Golden

from heimdex.domain.search import EvidenceKind, Question
from heimdex.search.datings import dates_of


@pytest.mark.parametrize(
    ("path", "first", "end"),
    [
        ("/v/VID_20150714_101500.mp4", (2015, 7, 14), (2015, 7, 15)),
        ("/v/VID-20150714-WA0001.mp4", (2015, 7, 14), (2015, 7, 15)),
        ("/v/20150714101500.mp4", (2015, 7, 14), (2015, 7, 15)),
        ("/v/2015-07-14 10-15-00.mkv", (2015, 7, 14), (2015, 7, 15)),
        ("/v/14.07.2015 party.mp4", (2015, 7, 14), (2015, 7, 15)),
        ("/v/2015. 7. 14 생일/x.mp4", (2015, 7, 14), (2015, 7, 15)),
        ("/v/2015/07/14/a.mp4", (2015, 7, 14), (2015, 7, 15)),
        ("/v/2015-07 Busan/x.mp4", (2015, 7, 1), (2015, 8, 1)),
        ("/v/jeju_2015_07.mp4", (2015, 7, 1), (2015, 8, 1)),
        ("/v/2015년 여름 제주/x.mp4", (2015, 6, 1), (2015, 9, 1)),
        ("/v/Summer 2015/a.mp4", (2015, 6, 1), (2015, 9, 1)),
        ("/v/2015/IMG_1.MOV", (2015, 1, 1), (2016, 1, 1)),
    ],
)
def test_names_that_tell_a_date(
    path: str, first: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    assert dates_of(path)[0] == (date(*first), date(*end))


@pytest.mark.parametrize(
    "path",
    [
        "/v/IMG_2015.MOV",
        "/v/2015.mp4",
        "/v/Backup 2015/x.mp4",
        "/v/1436870000000.mp4",
        "/v/20151399.mp4",
        "/v/yesterday.mp4",
        "/v/last summer/x.mp4",
        "/v/1920x1080/x.mp4",
    ],
)
def test_numbers_that_are_no_date(path: str) -> None:
    assert dates_of(path) == ()


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory, towers: Described) -> Iterator[Golden]:
    """Files whose own dates were lost in copying, on 28 April 2020."""
    library = Golden(tmp_path_factory.mktemp("copied"), towers)
    late = 18_380 * DAY
    speech = [(0, 4, "After two years of negotiations we have reached an agreement.")]
    stamped = library.add("speech.mp4", speech, recorded_at=late)
    library.write(stamped, [(2, 8, "PRESIDENT'S STATEMENT"), (2, 8, "JULY 14,2015")])
    library.add("VID_20160802_101500.mp4", [(0, 3, "Look at the waves!")], recorded_at=late)
    film = library.add("film.mp4", [(0, 3, "Once upon a time.")], recorded_at=late)
    library.write(film, [(0, 3, "© 2015 Blender Foundation")])
    library.index.sync(library.database)
    yield library
    library.index.close()
    library.database.close()


def _files(library: Golden, text: str) -> list[str]:
    return [library.place(moment)[0] for moment in library.ask(text).moments]


def test_a_date_on_the_screen_dates_the_video_and_is_its_reason(copied: Golden) -> None:
    result = copied.ask("협상에 대해 말하는 장면, 2015년 여름")
    assert not result.no_good_match
    (moment,) = result.moments
    assert copied.place(moment) == ("speech.mp4", 0.0)
    told = [(e.text, e.at_ms) for e in moment.evidence if e.kind is EvidenceKind.TEXT]
    assert told == [("JULY 14,2015", 2000)]


def test_a_date_in_the_name_dates_the_video(copied: Golden) -> None:
    (moment,) = copied.ask("summer of 2016").moments
    assert copied.place(moment)[0] == "VID_20160802_101500.mp4"
    assert moment.evidence == ()
    assert _files(copied, "waves, August 2016") == ["VID_20160802_101500.mp4"]
    assert _files(copied, "8월 2일") == ["VID_20160802_101500.mp4"]


def test_what_a_video_is_from_by_any_account_is_left_out_when_asked(copied: Golden) -> None:
    assert set(_files(copied, "2020, not 2015")) == {"film.mp4", "VID_20160802_101500.mp4"}


def test_a_year_alone_on_the_screen_is_no_date(copied: Golden) -> None:
    assert _files(copied, "2015") == ["speech.mp4"]


def test_what_fits_at_another_time_is_offered_where_hardly_anything_fits(copied: Golden) -> None:
    result = copied.searcher.ask(Question("“two years of negotiations”, summer of 2016"))
    assert result.no_good_match
    assert [chip.text for chip in result.dropped] == ["summer of 2016"]
    assert copied.place(result.moments[0])[0] == "speech.mp4"
