"""File names that state when they were recorded, and others that only look like it."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimdex.domain.name_dates import recorded_at

NOW = datetime(2026, 11, 28, 17, 0)


def read(name: str) -> datetime | None:
    seconds = recorded_at(name, NOW)
    return None if seconds is None else datetime.fromtimestamp(seconds)


@pytest.mark.parametrize(
    "name",
    [
        "VID_20190714_120311.mp4",
        "20190714_120311.mp4",
        "20190714_120311(1).mp4",
        "PXL_20190714_120311123.TS.mp4",
        "DJI_20190714120311_0001_D.MP4",
        "KakaoTalk_20190714_120311123.mp4",
        "KakaoTalk_Video_2019-07-14-12-03-11.mp4",
        "WhatsApp Video 2019-07-14 at 12.03.11.mp4",
        "Screen Recording 2019-07-14 at 12.03.11\u202fPM.mov",
        "화면 기록 2019-07-14 오후 12.03.11.mov",
        "2019년 7월 14일 12시 03분 11초.mp4",
        "20190714T120311Z.mp4",
    ],
)
def test_date_and_time(name: str) -> None:
    assert read(name) == datetime(2019, 7, 14, 12, 3, 11)


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ("Screen Recording 2019-07-14 at 1.03.11 AM.mov", 1),
        ("Screen Recording 2019-07-14 at 1.03.11 PM.mov", 13),
        ("Screen Recording 2019-07-14 at 12.03.11 AM.mov", 0),
        ("화면 기록 2019-07-14 오전 9.03.11.mov", 9),
        ("화면 기록 2019-07-14 오후 9.03.11.mov", 21),
    ],
)
def test_halves_of_the_day(name: str, hour: int) -> None:
    assert read(name) == datetime(2019, 7, 14, hour, 3, 11)


@pytest.mark.parametrize(
    "name",
    [
        "VID-20190714-WA0003.mp4",
        "20190714 엄마 생신.mp4",
        "2019년 7월 14일 제주도.mp4",
        "2019.07.14.mp4",
        "trip 2019-07-14 at the sea.mp4",
        "20199999 2019-07-14.mp4",
    ],
)
def test_a_day_alone_is_its_noon(name: str) -> None:
    assert read(name) == datetime(2019, 7, 14, 12)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_0231.mp4",
        "GX010203.MP4",
        "CIMG2003.avi",
        "party 2019.mp4",
        "clip 1080p 20000.mp4",
        "1563956740123.mp4",
        "FB_VID_2019071400000000.mp4",
        "20191345.mp4",
        "20190230_120311.mp4",
        "19051231_120000.mp4",
        "2019-07.14.mp4",
        "12019-07-14.mp4",
        "20261225_120000.mp4",
        "",
    ],
)
def test_what_is_no_date(name: str) -> None:
    assert read(name) is None


@given(st.text(st.sampled_from("0123456789-_. 년월일시분초오전후TPMat"), max_size=40))
def test_no_name_is_read_as_a_time_that_cannot_be(name: str) -> None:
    moment = read(name)
    assert moment is None or 1989 < moment.year <= NOW.year
