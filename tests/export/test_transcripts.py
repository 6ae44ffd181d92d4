"""Transcripts as files: SubRip and WebVTT by their rules, text to read, JSON to compute with."""

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimdex.domain.errors import UserError
from heimdex.domain.speech import Segment, Transcript, Word
from heimdex.export import FORMATS, render
from heimdex.export.transcripts import CUE_CHARACTERS, CUE_MS, LINE_CHARACTERS, cues

HELLO = Transcript(
    "en",
    (
        Segment(0, 500, 2_000, " Hello, world. ", ()),
        Segment(1, 3_661_001, 3_663_500, "R&D <tag> --> arrow", ()),
    ),
)
SILENT = Transcript("", ())


def test_srt():
    assert render(HELLO, "srt") == (
        "1\n00:00:00,500 --> 00:00:02,000\nHello, world.\n\n"
        "2\n01:01:01,001 --> 01:01:03,500\nR&D <tag> → arrow\n"
    )


def test_vtt():
    assert render(HELLO, "vtt") == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nHello, world.\n\n"
        "01:01:01.001 --> 01:01:03.500\nR&amp;D &lt;tag&gt; --&gt; arrow\n"
    )


def test_txt_makes_a_paragraph_of_each_stretch():
    assert render(HELLO, "txt") == "Hello, world.\nR&D <tag> --> arrow\n"
    near = Transcript("en", (Segment(0, 0, 900, "One.", ()), Segment(1, 1_000, 2_000, "Two.", ())))
    assert render(near, "txt") == "One. Two.\n"


def test_json_round_trips_times_and_words():
    words = (Word(500, 900, "안녕", 0.91234), Word(900, 1_250, "하세요", 0.5))
    document = json.loads(
        render(Transcript("ko", (Segment(0, 500, 1_250, "안녕 하세요", words),)), "json")
    )
    assert document == {
        "language": "ko",
        "segments": [
            {
                "start_s": 0.5,
                "end_s": 1.25,
                "text": "안녕 하세요",
                "words": [
                    {"start_s": 0.5, "end_s": 0.9, "text": "안녕", "probability": 0.9123},
                    {"start_s": 0.9, "end_s": 1.25, "text": "하세요", "probability": 0.5},
                ],
            }
        ],
    }


def test_silence_is_a_valid_file_in_every_format():
    assert render(SILENT, "txt") == ""
    assert render(SILENT, "srt") == ""
    assert render(SILENT, "vtt") == "WEBVTT\n"
    assert json.loads(render(SILENT, "json")) == {"language": "", "segments": []}


def test_another_format_is_refused():
    with pytest.raises(UserError, match=r"'docx' .* txt, srt, vtt, json"):
        render(HELLO, "docx")


def test_a_long_segment_is_cut_where_sentences_end():
    text = "This is the first sentence of the talk, and a long one. " * 4
    step = 300
    words = tuple(Word(i * step, (i + 1) * step, word, 0.9) for i, word in enumerate(text.split()))
    made = list(cues(Transcript("en", (Segment(0, 0, words[-1].end_ms, text, words),))))
    assert len(made) == 4
    assert all(cue.text.endswith("long one.") for cue in made)
    srt = render(Transcript("en", (Segment(0, 0, words[-1].end_ms, text, words),)), "srt")
    assert max(len(line) for line in srt.splitlines()) <= LINE_CHARACTERS


WORD = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Z")), min_size=1, max_size=20)


@st.composite
def transcripts(draw):
    segments, at = [], 0
    for index in range(draw(st.integers(0, 6))):
        at += draw(st.integers(0, 3_000))
        start, words = at, []
        for text in draw(st.lists(WORD, max_size=40)):
            end = at + draw(st.integers(0, 900))
            words.append(Word(at, end, text, 0.5))
            at = end
        text = " ".join(w.text for w in words)
        segments.append(Segment(index, start, max(at, start), text, tuple(words)))
    return Transcript("en", tuple(segments))


@given(transcripts())
def test_cues_are_in_order_short_and_complete(transcript):
    made = list(cues(transcript))
    for cue in made:
        assert cue.start_ms < cue.end_ms
        assert cue.text == " ".join(cue.text.split()) != ""
        assert len(cue.text) <= CUE_CHARACTERS
    for cue, following in pairwise(made):
        assert cue.start_ms <= following.start_ms
        assert cue.end_ms <= max(following.start_ms, cue.start_ms + 1)
    said = " ".join(segment.text for segment in transcript.segments).split()
    assert " ".join(cue.text for cue in made).split() == said


@given(transcripts())
def test_every_file_can_be_read_back(transcript):
    count = len(list(cues(transcript)))
    time = r"\d\d:\d\d:\d\d"
    srt = render(transcript, "srt")
    assert len(re.findall(rf"^{time},\d{{3}} --> {time},\d{{3}}$", srt, re.M)) == count
    assert re.findall(r"^(\d+)\n\d\d:", srt, re.M) == [str(n + 1) for n in range(count)]
    vtt = render(transcript, "vtt")
    assert vtt.startswith("WEBVTT\n")
    assert len(re.findall("-->", vtt)) == count
    json.loads(render(transcript, "json"))
    assert set(FORMATS) == {"txt", "srt", "vtt", "json"}


def test_nothing_said_for_seven_seconds_ends_a_cue():
    words = tuple(Word(i * 1_000, i * 1_000 + 900, "so", 0.9) for i in range(20))
    made = list(cues(Transcript("en", (Segment(0, 0, 20_000, " ".join(["so"] * 20), words),))))
    assert all(cue.end_ms - cue.start_ms <= CUE_MS for cue in made)
