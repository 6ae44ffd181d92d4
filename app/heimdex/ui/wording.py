"""Turns times, sizes, states and stages into the words that the window shows.

What is shown where is each panel's affair. Everything here goes through Qt's translation.
"""

import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale, QObject

from heimdex.domain.media import FileState, Video
from heimdex.domain.search import Evidence, EvidenceKind
from heimdex.domain.stages import JobState, Stage
from heimdex.ui import complaints


def clock(ms: int) -> str:
    """A place in a video: `0:07`, `12:34`, `1:02:03`."""
    seconds = max(0, ms) // 1000
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class _Span(QObject):
    """Only an object's `tr` lets the tool that collects the texts see plural forms."""

    def say(self, seconds: float) -> str:
        if seconds < 60:
            return self.tr("less than a minute")
        minutes = round(seconds / 60)
        if minutes < 60:
            return self.tr("about %n minute(s)", "", minutes)
        hours, minutes = divmod(minutes, 60)
        if hours < 10 and minutes >= 10:
            text = self.tr("about %1 h %2 min").replace("%1", str(hours))
            return text.replace("%2", str(minutes // 10 * 10))
        return self.tr("about %n hour(s)", "", hours)


def span(seconds: float) -> str:
    """How long something will take, said so roughly that it does not flicker."""
    return _Span().say(seconds)


def day(seconds: int | None) -> str:
    """A date in the window's language; today and yesterday by name, "" for none."""
    if not seconds:
        return ""
    date = QDateTime.fromSecsSinceEpoch(seconds).date()
    today = QDate.currentDate()
    if date == today:
        return QCoreApplication.translate("Wording", "Today")
    if date == today.addDays(-1):
        return QCoreApplication.translate("Wording", "Yesterday")
    return short_date(date)


def moment(seconds: int | None) -> str:
    """A date with its time of day, "" for none."""
    if not seconds:
        return ""
    time_of_day = QLocale().toString(
        QDateTime.fromSecsSinceEpoch(seconds).time(), QLocale.FormatType.ShortFormat
    )
    return f"{day(seconds)} {time_of_day}"


def month(seconds: int | None) -> str:
    """The month of a date with its year in the window's language, "" for none."""
    if not seconds:
        return ""
    korean = QLocale().language() == QLocale.Language.Korean
    date = QDateTime.fromSecsSinceEpoch(seconds).date()
    return QLocale().toString(date, "yyyy년 M월" if korean else "MMMM yyyy")


def size(count: int) -> str:
    """Bytes for people, in powers of ten as the command line says them: 1.5 GB, 12 MB."""
    leading = float(count)
    while leading >= 1000:
        leading /= 1000
    digits = 1 if leading < 10 else 0
    return QLocale().formattedDataSize(count, digits, QLocale.DataSizeFormat.DataSizeSIFormat)


def stage(which: Stage) -> str:
    """What is being done to a video, as a person would say it."""
    translate = QCoreApplication.translate
    return {
        Stage.PROBE: translate("Wording", "Reading the file"),
        Stage.SPEECH: translate("Wording", "Listening"),
        Stage.PASSAGES: translate("Wording", "Understanding what is said"),
        Stage.SCENES: translate("Wording", "Finding scenes"),
        Stage.VISION: translate("Wording", "Looking"),
        Stage.FACES: translate("Wording", "Finding faces"),
        Stage.OCR: translate("Wording", "Reading text on screen"),
    }[which]


def job_state(which: JobState) -> str:
    """Where a job stands."""
    translate = QCoreApplication.translate
    return {
        JobState.QUEUED: translate("Wording", "Waiting"),
        JobState.RUNNING: translate("Wording", "Working"),
        JobState.PAUSED: translate("Wording", "Paused"),
        JobState.DONE: translate("Wording", "Done"),
        JobState.FAILED: translate("Wording", "Failed"),
        JobState.CANCELLED: translate("Wording", "Cancelled"),
    }[which]


def evidence(kind: EvidenceKind) -> str:
    """The word on an evidence chip."""
    translate = QCoreApplication.translate
    return {
        EvidenceKind.SPEECH: translate("Wording", "said"),
        EvidenceKind.VISUAL: translate("Wording", "seen"),
        EvidenceKind.PERSON: translate("Wording", "who"),
        EvidenceKind.TEXT: translate("Wording", "on screen"),
    }[kind]


def evidence_text(reason: Evidence, weak: bool = False) -> str:
    """What stands beside the chip; a picture is only like the words, it does not hold them."""
    if reason.kind is EvidenceKind.VISUAL and not reason.text and weak:
        return QCoreApplication.translate("Wording", "at best a little alike")
    if reason.kind is EvidenceKind.VISUAL and not reason.text:
        return QCoreApplication.translate("Wording", "looks alike")
    if reason.kind is EvidenceKind.VISUAL and weak:
        text = QCoreApplication.translate("Wording", "at best a little like “%1”")
        return text.replace("%1", reason.text)
    if reason.kind is EvidenceKind.VISUAL:
        return QCoreApplication.translate("Wording", "looks like “%1”").replace("%1", reason.text)
    return reason.text


def less_sure() -> str:
    """What is said of moments that are no matches."""
    return QCoreApplication.translate("Wording", "Less sure")


EVIDENCE_ICONS = {
    EvidenceKind.SPEECH: "speech",
    EvidenceKind.VISUAL: "eye",
    EvidenceKind.PERSON: "person",
    EvidenceKind.TEXT: "text",
}


def offline(video: Video) -> str:
    """Why a video cannot be played now, "" when it can."""
    translate = QCoreApplication.translate
    if video.state is FileState.OFFLINE:
        return translate("Wording", "Its drive is not connected")
    if video.state is FileState.MISSING:
        return translate("Wording", "The file was moved or deleted")
    return ""


def reason(error: str) -> str:
    """The first sentence of an error, for a line; the whole stands in the folded part."""
    line = complaints.told(error.strip().splitlines()[0]) if error.strip() else ""
    return line if len(line) <= 160 else line[:157] + "…"


def shortened(path: Path) -> str:
    """A path with the home folder as `~`."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except ValueError:
        return str(path)


def language(code: str) -> str:
    """The name of a language in the window's language, from its ISO 639-1 code."""
    translate = QCoreApplication.translate
    names = {
        "ko": translate("Wording", "Korean"),
        "en": translate("Wording", "English"),
        "ja": translate("Wording", "Japanese"),
        "zh": translate("Wording", "Chinese"),
    }
    if code in names:
        return names[code]
    return QLocale.languageToString(QLocale(code).language())


def short_date(date: QDate) -> str:
    """A day; the year only where it is not this one."""
    year = time.localtime().tm_year
    if QLocale().language() == QLocale.Language.Korean:
        return QLocale().toString(date, "M월 d일" if date.year() == year else "yyyy년 M월 d일")
    return QLocale().toString(date, "d MMM" if date.year() == year else "d MMM yyyy")
