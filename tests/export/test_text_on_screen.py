from heimdex.domain.ocr import OcrLine
from heimdex.export.screen_text import lines, screens
from heimdex.export.transcripts import render

FOUND = (
    OcrLine(0, 0, 9_000, "KBS", (0.8, 0.05, 0.9, 0.1), 0.99),
    OcrLine(1, 3_000, 6_000, "JULY 14, 2015", (0.1, 0.9, 0.5, 0.95), 0.97),
    OcrLine(2, 3_000, 6_000, "생일 축하해", (0.1, 0.8, 0.5, 0.85), 0.97),
)


def test_each_line_lasts_as_long_as_it_is_there() -> None:
    told = lines(FOUND)
    assert [(s.start_ms, s.end_ms, s.text) for s in told.segments] == [
        (f.start_ms, f.end_ms, f.text) for f in FOUND
    ]
    assert "생일 축하해" in render(told, "txt")
    assert lines(()).segments == screens(()).segments == ()


def test_subtitles_change_with_the_screen_and_never_overlap() -> None:
    told = screens(FOUND)
    assert [(s.index, s.start_ms, s.end_ms, s.text) for s in told.segments] == [
        (0, 0, 3_000, "KBS"),
        (1, 3_000, 6_000, "KBS · 생일 축하해 · JULY 14, 2015"),
        (2, 6_000, 9_000, "KBS"),
    ]
    assert "00:00:03,000 --> 00:00:06,000" in render(told, "srt")


def test_where_nothing_is_written_is_no_subtitle() -> None:
    apart = (FOUND[1], OcrLine(3, 20_000, 21_000, "EXIT", (0.1, 0.1, 0.2, 0.2), 0.9))
    assert [(s.start_ms, s.end_ms) for s in screens(apart).segments] == [
        (3_000, 6_000),
        (20_000, 21_000),
    ]
