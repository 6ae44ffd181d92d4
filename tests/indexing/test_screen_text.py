"""Lines of text are followed through the samples: read once, kept while they are there."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from plain_engines import ColourVectors, MagentaSquares, ReadsPlates

from heimdex.config.settings import Settings
from heimdex.domain.media import Frame, RgbImage
from heimdex.domain.ocr import OcrLine
from heimdex.domain.stages import OcrOutput, Stage
from heimdex.indexing.engine import require_sound
from heimdex.indexing.stages.screen_text import GAP_MS, MOST, ScreenText, alike
from heimdex.indexing.stages.visual import run_visual
from heimdex.media.probe import probe
from heimdex.ml import factory, manifests
from heimdex.ml.store import ModelStore
from media_factory import make_clip

CHECKOUT = Path(__file__).resolve().parents[2]
TEXTS = {
    10: ("Breaking news", 0.99),
    20: ("Jeff Steen", 0.97),
    30: ("", 0.0),
    40: ("11", 0.9),
    50: ("생일 축하해", 0.96),
    60: ("Doubtfu1", 0.85),
    70: ("Doubtful", 0.97),
    80: (". . : ;", 0.99),
    90: ("Breaking newz", 0.96),
}

Plate = tuple[int, int, int]
"""Which text, and where its corner is."""


def picture(*plates: Plate, number: int = 0, light: int = 90) -> RgbImage:
    """A grey picture with plates that each have letters of their own; `number` for the record."""
    image = np.full((180, 320, 3), light, np.uint8)
    image[0, 0] = number
    for text, x, y in plates:
        image[y : y + 20, x : x + 100] = (255, text, 0)
        marks = np.random.default_rng(text).integers(0, 2, 20)
        for at, mark in enumerate(marks):
            if mark:
                # Still a part of the plate, and of its look.
                image[y + 4 : y + 16, x + 2 + at * 4 : x + 5 + at * 4] = (255, 200, 0)
    return image


def follow(
    reader: ReadsPlates,
    pictures: Sequence[RgbImage],
    cuts: Sequence[int] = (),
    every_ms: int = 1000,
) -> list[OcrLine]:
    text = ScreenText(reader)
    for at, image in enumerate(pictures):
        text.sample(Frame(at * every_ms, image), at in cuts)
    lines = text.finish(len(pictures) * every_ms)
    require_sound(OcrOutput(lines))
    return list(lines)


def spans(lines: Sequence[OcrLine]) -> list[tuple[str, int, int]]:
    return [(line.text, line.start_ms, line.end_ms) for line in lines]


def test_a_line_lasts_from_its_first_sample_to_its_last() -> None:
    reader = ReadsPlates(TEXTS)
    empty, news = picture(), picture((10, 50, 140))
    lines = follow(reader, [empty, empty, empty, news, news, news, news, empty, empty])
    # It came while nobody looked (at 3 s), and was found at the look after that.
    assert spans(lines) == [("Breaking news", 3000, 7000)]
    assert reader.read_regions == 1
    box = np.array(lines[0].box) * (320, 180, 320, 180)
    np.testing.assert_allclose(box, (50, 140, 150, 160), atol=1)


def test_a_picture_that_does_not_change_is_looked_at_once() -> None:
    reader = ReadsPlates(TEXTS)
    lines = follow(reader, [picture((10, 50, 140))] * 30)
    assert spans(lines) == [("Breaking news", 0, 30_000)]
    assert len(reader.looks) == 1


def test_what_stays_is_not_read_again_while_everything_else_moves() -> None:
    reader = ReadsPlates(TEXTS)
    pictures = [picture((10, 50, 140), light=20 + 20 * (n % 9), number=n) for n in range(20)]
    lines = follow(reader, pictures)
    assert spans(lines) == [("Breaking news", 0, 20_000)]
    assert reader.read_regions == 1
    assert len(reader.looks) == 10  # every other second


def test_a_caption_that_follows_another_is_read_at_once() -> None:
    reader = ReadsPlates(TEXTS)
    first, second = picture((10, 50, 140)), picture((20, 50, 140))
    lines = follow(reader, [first, first, first, second, second, second])
    assert spans(lines) == [("Breaking news", 0, 3000), ("Jeff Steen", 3000, 6000)]


def test_a_cut_is_looked_at_and_ends_nothing_that_goes_on() -> None:
    reader = ReadsPlates(TEXTS)
    pictures = [
        picture((10, 50, 140)),
        picture((10, 50, 140), (20, 180, 20), light=200),
        picture((10, 50, 140), (20, 180, 20), light=200),
    ]
    lines = follow(reader, pictures, cuts=[1])
    assert spans(lines) == [("Breaking news", 0, 3000), ("Jeff Steen", 1000, 3000)]


def test_a_line_that_comes_back_soon_is_the_same_and_later_is_another() -> None:
    reader = ReadsPlates(TEXTS)
    empty, news = picture(), picture((10, 50, 140))
    soon = follow(reader, [news, news, empty, empty, news, news])
    assert spans(soon) == [("Breaking news", 0, 6000)]
    away = [empty] * (GAP_MS // 1000 + 2)
    late = follow(ReadsPlates(TEXTS), [news, news, *away, news, news])
    assert [text for text, _, _ in spans(late)] == ["Breaking news", "Breaking news"]
    assert late[0].end_ms == 2000
    assert late[1].start_ms == (2 + len(away)) * 1000


def test_two_readings_of_one_line_are_one() -> None:
    """Misread by a letter, in the same place: the surer one stays."""
    reader = ReadsPlates(TEXTS)
    pictures = [picture((n, 50, 140), light=60 + n) for n in (10, 10, 90, 90, 90)]
    lines = follow(reader, pictures)
    assert spans(lines) == [("Breaking news", 0, 5000)]


def test_a_title_that_moves_is_one_title() -> None:
    reader = ReadsPlates(TEXTS)
    lines = follow(reader, [picture((10, 20 + 30 * n, 20 + 15 * n), number=n) for n in range(6)])
    assert [line.text for line in lines] == ["Breaking news"]
    assert lines[0].start_ms == 0
    assert lines[0].end_ms >= 5000  # nobody looked at the last sample


@pytest.mark.parametrize("junk", [30, 40, 80])
def test_what_is_no_text_is_left_out_and_not_read_at_every_look(junk: int) -> None:
    reader = ReadsPlates(TEXTS)
    pictures = [picture((junk, 50, 140), light=20 + 20 * (n % 9)) for n in range(8)]
    assert follow(reader, pictures) == []
    assert len(reader.looks) == 4
    assert reader.read_regions == 1


def test_a_doubtful_line_is_kept_when_it_is_read_again() -> None:
    doubtful = [picture((60, 50, 140), light=20 + 20 * (n % 9)) for n in range(8)]
    assert follow(ReadsPlates(TEXTS), doubtful[:1]) == []
    kept = follow(ReadsPlates(TEXTS), doubtful)
    assert spans(kept) == [("Doubtfu1", 0, 8000)]
    better = [*doubtful[:4], *(picture((70, 50, 140), light=20 + 20 * n) for n in range(4))]
    assert spans(follow(ReadsPlates(TEXTS), better)) == [("Doubtful", 0, 8000)]


def test_a_page_full_of_text_is_read_in_parts() -> None:
    class Full(ReadsPlates):
        most = 0

        def read(self, image, regions):  # type: ignore[no-untyped-def]
            self.most = max(self.most, len(regions))
            return super().read(image, regions)

    image = np.full((600, 800, 3), 90, np.uint8)
    texts = {}
    for at in range(MOST + 20):
        x, y = 10 + (at % 6) * 130, 10 + (at // 6) * 50
        image[y : y + 20, x : x + 100] = (255, 100 + at, 0)
        image[y + 4 : y + 16, x + 10 + at : x + 14 + at] = (255, 250, 0)
        texts[100 + at] = (f"Line number {at}", 0.99)
    reader = Full(texts)
    lines = follow(reader, [image] * 4)
    assert reader.most == MOST
    assert len({line.text for line in lines}) == MOST + 20


def test_nothing_at_all() -> None:
    assert follow(ReadsPlates(TEXTS), []) == []
    assert follow(ReadsPlates(TEXTS), [picture()] * 3) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("breakingnews", "breakingnewz", True),
        ("생일축하해", "생일축하혜", True),
        ("000101", "000102", False),  # a counter
        ("jeffsteen", "jefferson", False),
    ],
)
def test_what_counts_as_the_same_words(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same


# In the decode pass


def captioned(tmp_path: Path) -> Path:
    """Four seconds; from the second one on there is a caption."""

    def caption(number: int) -> RgbImage:
        image = np.full((180, 320, 3), (60, 90, 70), np.uint8)
        if number >= 25:
            cv2.putText(image, "Jeff Steen", (40, 150), 0, 1.2, (255, 255, 255), 3, cv2.LINE_AA)
        return image

    return make_clip(tmp_path / "a.mp4", frames=100, picture=caption).path


def test_text_alone_or_with_the_others_in_one_pass(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=75, picture=lambda n: picture(light=n * 3)).path
    eyes, reader = ColourVectors(), ReadsPlates(TEXTS)
    [alone] = run_visual(
        path, probe(path), (Stage.OCR,), eyes, MagentaSquares(), eyes, lambda _: None, reader=reader
    )
    assert alone == OcrOutput(())
    assert reader.looks
    assert not eyes.batches  # nobody else was asked
    together = list(
        run_visual(
            path,
            probe(path),
            (Stage.SCENES, Stage.VISION, Stage.FACES, Stage.OCR),
            eyes,
            MagentaSquares(),
            eyes,
            lambda _: None,
            reader=reader,
        )
    )
    assert isinstance(together[-1], OcrOutput)
    assert len(together) == 4
    with pytest.raises(ValueError, match="without a reader"):
        list(
            run_visual(
                path, probe(path), (Stage.OCR,), eyes, MagentaSquares(), eyes, lambda _: None
            )
        )


def test_a_caption_is_read_by_the_starter_reader(tmp_path: Path, starter_models: Path) -> None:
    store = ModelStore(starter_models, manifests.load(CHECKOUT / "models"))
    reader = factory.reader(Settings(ocr_model="rapidocr"), store)
    assert reader is not None
    path = captioned(tmp_path)
    eyes = ColourVectors()
    [output] = run_visual(
        path, probe(path), (Stage.OCR,), eyes, MagentaSquares(), eyes, lambda _: None, reader=reader
    )
    assert isinstance(output, OcrOutput)
    [line] = [line for line in output.lines if "steen" in line.text.lower()]
    assert line.text == "Jeff Steen"
    assert line.start_ms == 1000
    assert line.end_ms == 4000
    assert line.confidence > 0.9
