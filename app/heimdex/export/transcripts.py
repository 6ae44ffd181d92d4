"""Writes a transcript as plain text, SubRip, WebVTT or JSON.

Reading transcripts from the library and writing files are left to the caller: every writer here
turns a `Transcript` into one string.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from heimdex.domain.errors import UserError
from heimdex.domain.speech import Segment, Transcript, Word

TranscriptFormat = Literal["txt", "srt", "vtt", "json"]

CUE_MS = 7_000
"""A cue is cut when it would stay on screen longer (common subtitling practice: 6 to 7 s) …"""
CUE_CHARACTERS = 84
"""… or hold more than two lines of 42 characters."""
LINE_CHARACTERS = 42

_SENTENCE_END = re.compile(r"[.!?。！？…]['\"”’)]*$")
_PARAGRAPH_GAP_MS = 2_000


@dataclass(frozen=True, slots=True)
class Cue:
    """What one subtitle shows: `text` without line breaks, times in ms, end after start."""

    start_ms: int
    end_ms: int
    text: str


def render(transcript: Transcript, format: str) -> str:
    """Write `transcript` in one of `FORMATS`.

    A transcript without speech gives "" (txt, srt), a bare header (vtt) or an empty segment list
    (json). Raises `UserError` for a format that is not offered.
    """
    writer = FORMATS.get(format)
    if writer is None:
        raise UserError(
            f"'{format}' is not a transcript format; choose one of {', '.join(FORMATS)}."
        )
    return writer(transcript)


def to_txt(transcript: Transcript) -> str:
    """The words alone, one paragraph for each stretch of speech that is not broken by a pause."""
    paragraphs: list[list[str]] = []
    last_end: int | None = None
    for segment in transcript.segments:
        text = _one_line(segment.text)
        if not text:
            continue
        if last_end is None or segment.start_ms - last_end >= _PARAGRAPH_GAP_MS:
            paragraphs.append([])
        paragraphs[-1].append(text)
        last_end = segment.end_ms
    return "".join(" ".join(paragraph) + "\n" for paragraph in paragraphs)


def to_srt(transcript: Transcript) -> str:
    """SubRip: numbered from 1, `HH:MM:SS,mmm`, cues parted by an empty line."""
    return "\n".join(
        f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n"
        f"{_srt_text(_wrapped(cue.text))}\n"
        for number, cue in enumerate(cues(transcript), start=1)
    )


def to_vtt(transcript: Transcript) -> str:
    """WebVTT (W3C, https://www.w3.org/TR/webvtt1/): `WEBVTT`, then cues; `&<>` are escaped."""
    blocks = ["WEBVTT\n"]
    blocks += [
        f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n"
        f"{_vtt_text(_wrapped(cue.text))}\n"
        for cue in cues(transcript)
    ]
    return "\n".join(blocks)


def to_json(transcript: Transcript) -> str:
    """One object; times in seconds: `{"language", "segments": [{"start_s", "end_s", "text",
    "words": [{"start_s", "end_s", "text", "probability"}]}]}`."""
    document = {
        "language": transcript.language,
        "segments": [
            {
                "start_s": segment.start_ms / 1000,
                "end_s": segment.end_ms / 1000,
                "text": segment.text,
                "words": [
                    {
                        "start_s": word.start_ms / 1000,
                        "end_s": word.end_ms / 1000,
                        "text": word.text,
                        "probability": round(word.probability, 4),
                    }
                    for word in segment.words
                ],
            }
            for segment in transcript.segments
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


FORMATS: dict[str, Callable[[Transcript], str]] = {
    "txt": to_txt,
    "srt": to_srt,
    "vtt": to_vtt,
    "json": to_json,
}


def cues(transcript: Transcript) -> Iterator[Cue]:
    """Cut segments into cues that can be read, in order of time, none overlapping the next.

    A segment with word times is cut at a sentence end or where it grows too long; one without is
    a single cue.
    """
    pending: Cue | None = None
    for segment in transcript.segments:
        for cue in _segment_cues(segment):
            if pending is not None:
                yield Cue(
                    pending.start_ms,
                    max(pending.start_ms + 1, min(pending.end_ms, cue.start_ms)),
                    pending.text,
                )
            pending = cue
    if pending is not None:
        yield pending


def _segment_cues(segment: Segment) -> Iterator[Cue]:
    text = _one_line(segment.text)
    if not text:
        return
    fits = len(text) <= CUE_CHARACTERS and segment.end_ms - segment.start_ms <= CUE_MS
    if fits or not segment.words:
        yield Cue(segment.start_ms, max(segment.end_ms, segment.start_ms + 1), text)
        return
    line: list[Word] = []
    for word in segment.words:
        if line and _is_full(line, word):
            yield _cue(line, text)
            line = []
        line.append(word)
    if line:
        yield _cue(line, text)


def _is_full(line: list[Word], word: Word) -> bool:
    shown = sum(len(w.text) + 1 for w in line)
    if shown + len(word.text) > CUE_CHARACTERS or word.end_ms - line[0].start_ms > CUE_MS:
        return True
    # Short sentences share a cue; a cue that has used its half ends with its sentence.
    return shown > LINE_CHARACTERS and bool(_SENTENCE_END.search(line[-1].text))


def _cue(words: list[Word], text: str) -> Cue:
    # Scripts written without spaces are joined as the recogniser wrote them.
    joined = " ".join(w.text for w in words)
    if joined not in text and (tight := "".join(w.text for w in words)) in text:
        joined = tight
    start_ms = words[0].start_ms
    return Cue(start_ms, max(words[-1].end_ms, start_ms + 1), _one_line(joined))


def _wrapped(text: str) -> str:
    """At most two lines, broken at the space nearest the middle."""
    if len(text) <= LINE_CHARACTERS:
        return text
    spaces = [i for i, letter in enumerate(text) if letter == " "]
    if not spaces:
        return text
    middle = min(spaces, key=lambda i: abs(i - len(text) // 2))
    return f"{text[:middle]}\n{text[middle + 1 :]}"


def _one_line(text: str) -> str:
    # An empty line would end a cue, so every run of white space becomes one space.
    return " ".join(text.split())


def _srt_text(text: str) -> str:
    # SubRip has no escape; "-->" inside the text would be read as a time line.
    return text.replace("-->", "→")


def _vtt_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(at_ms: int, separator: str) -> str:
    seconds, ms = divmod(max(at_ms, 0), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{ms:03}"
