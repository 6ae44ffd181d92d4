"""Puts the text on the screen into the form of a transcript, for the same formats as speech.

Reading it is `storage`'s, writing the formats `transcripts`'.
"""

from collections.abc import Sequence
from itertools import pairwise

from heimdex.domain.ocr import OcrLine
from heimdex.domain.speech import Segment, Transcript

BETWEEN = " · "
"""Stands between lines that are on the screen together."""


def lines(found: Sequence[OcrLine]) -> Transcript:
    """Each line as a segment, as long as it is there; segments may overlap."""
    return Transcript(
        "", tuple(Segment(n, f.start_ms, f.end_ms, f.text, ()) for n, f in enumerate(found))
    )


def screens(found: Sequence[OcrLine]) -> Transcript:
    """What is on the screen together as one segment, another one when that changes: subtitles
    must not overlap."""
    times = sorted({t for line in found for t in (line.start_ms, line.end_ms)})
    segments: list[Segment] = []
    for start_ms, end_ms in pairwise(times):
        there = [f for f in found if f.start_ms <= start_ms and f.end_ms >= end_ms]
        text = BETWEEN.join(f.text for f in sorted(there, key=lambda f: (f.box[1], f.box[0])))
        if text:
            segments.append(Segment(len(segments), start_ms, end_ms, text, ()))
    return Transcript("", tuple(segments))
