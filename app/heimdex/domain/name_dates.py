"""Reads out of a file's name when it was recorded: phones, messengers and screen recorders write it
there, and often nowhere else.

What the file's own metadata says counts for more; that is weighed by `media.probe`.
"""

import re
from datetime import datetime, timedelta

_FIRST_YEAR = 1990
"""Digital video is not older, and 8 digits that begin lower are rather a number than a date."""

_DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)"
    r"(?:(?P<mark>[-_.]?)(?P<month>\d\d)(?P=mark)(?P<day>\d\d)"
    r"|년 ?(?P<month_ko>\d{1,2})월 ?(?P<day_ko>\d{1,2})일)"
)
_TIME = re.compile(
    r"(?:[-_. T]| at |, )?\s?(?P<half>오전 |오후 )?"
    r"(?P<hour>\d\d|\d(?=[-_.:시]))(?P<mark>[-_.:시]?) ?"
    r"(?P<minute>\d\d)(?:(?P=mark)|분 ?)(?P<second>\d\d)"
    r"(?:\d{3})?(?!\d)(?:\s?(?P<half_en>[AaPp][Mm]))?"
)
_AFTERNOON = ("오후", "pm")


def recorded_at(name: str, now: datetime) -> int | None:
    """Unix seconds of what a file name without folder states: date and time, else noon of the day;
    None if it states no day, or one that cannot be.

    The names mean the clock on the wall where somebody was; it is taken for this machine's. `now`
    is this machine's time, without zone: what would only come is no date. For example
    `VID_20190714_120311.mp4` (Android), `PXL_20210714_120311123.mp4` (Pixel), `VID-20190714-WA0003`
    (WhatsApp), `화면 기록 2021-07-14 오후 1.03.11.mov` (macOS).
    """
    days = []
    for date in _DATE.finditer(name):
        time = _TIME.match(name, date.end())
        if time is not None and (moment := _moment(date, time, now)) is not None:
            return moment
        if not name[date.end() :][:1].isdigit():
            days.append(_moment(date, None, now))
    return next((day for day in days if day is not None), None)


def _moment(date: re.Match[str], time: re.Match[str] | None, now: datetime) -> int | None:
    year = int(date["year"])
    month, day = int(date["month"] or date["month_ko"]), int(date["day"] or date["day_ko"])
    hour, minute, second = 12, 0, 0
    if time is not None:
        hour, minute, second = int(time["hour"]), int(time["minute"]), int(time["second"])
        half = (time["half"] or time["half_en"] or "").strip().lower()
        if half:
            hour = hour % 12 + (12 if half in _AFTERNOON else 0)
    try:
        moment = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    known = datetime(_FIRST_YEAR, 1, 1) <= moment <= now + timedelta(days=1)
    return int(moment.timestamp()) if known else None
