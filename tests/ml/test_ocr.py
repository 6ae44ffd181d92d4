"""One contract for every reader of text, on real weights and the system's Tesseract; the Korean
recogniser, which no package carries, in its true form with seeded random weights."""

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from engine_choice import Choice
from onnx import TensorProto, helper, numpy_helper

from heimdex.domain.engines import TextReader
from heimdex.domain.errors import EngineFailed, ModelUnavailable, UserError
from heimdex.domain.media import RgbImage
from heimdex.domain.ocr import TextRegion
from heimdex.ml import factory, ocr_choice, ocr_tesseract
from heimdex.ml.manifests import Family, Manifest
from heimdex.ml.ocr import PpOcr, better
from heimdex.ml.ocr_detection import cut_out, in_reading_order
from heimdex.ml.ocr_recognition import LineReader, LineRecognizer, Reading
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

FONTS = ("NanumGothicBold.ttf", "NanumGothic.ttf", "NotoSansCJK-Regular.ttc", "malgun.ttf")
SYLLABLES = 11_945
"""Characters that the Korean recogniser knows, beside blank and space."""

needs_tesseract = pytest.mark.skipif(
    not ocr_tesseract.languages(), reason="the system has no Tesseract"
)
needs_korean_tesseract = pytest.mark.skipif(
    ocr_tesseract.KOREAN not in ocr_tesseract.languages(),
    reason="the system has no Tesseract that reads Korean (tesseract-ocr-kor)",
)


def scene(seed: int = 3) -> RgbImage:
    """Something soft to write on."""
    small = np.random.default_rng(seed).integers(60, 200, (5, 8, 3), np.uint8)
    return np.asarray(cv2.resize(small, (960, 540), interpolation=cv2.INTER_CUBIC), np.uint8)


def written(*lines: tuple[str, int, int], image: RgbImage | None = None) -> RgbImage:
    """White letters with a dark outline at x, y."""
    picture = scene() if image is None else image
    for text, x, y in lines:
        for colour, thickness in (((0, 0, 0), 9), ((255, 255, 255), 3)):
            cv2.putText(
                picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.6, colour, thickness, cv2.LINE_AA
            )
    return picture


def in_korean(text: str) -> RgbImage:
    """A dark plate with bright Hangul; skips where no font has it."""
    from PIL import Image, ImageDraw, ImageFont

    folders = [Path("/usr/share/fonts"), Path("/Library/Fonts"), Path("C:/Windows/Fonts")]
    found = [p for folder in folders for name in FONTS for p in folder.rglob(name)]
    if not found:
        pytest.skip("no font here has Hangul")
    picture = Image.fromarray(scene())
    pen = ImageDraw.Draw(picture)
    pen.rectangle((60, 380, 700, 480), fill=(20, 30, 90))
    pen.text((80, 400), text, font=ImageFont.truetype(str(found[0]), 44), fill=(255, 255, 255))
    return np.array(picture)


@pytest.fixture(
    scope="module",
    params=["rapidocr", pytest.param("tesseract", marks=needs_tesseract)],
)
def reader(
    request: pytest.FixtureRequest, choice: Choice, store: ModelStore
) -> Iterator[TextReader]:
    engine = factory.reader(choice.but(ocr_model=request.param), store)
    assert engine is not None
    engine.load()
    engine.load()
    yield engine
    engine.unload()
    engine.unload()


def read(reader: TextReader, image: RgbImage) -> list[tuple[str, float]]:
    return [(line.text, line.confidence) for line in reader.read(image, reader.find(image))]


def test_lines_are_read_where_they_stand(reader: TextReader) -> None:
    image = written(("HAPPY BIRTHDAY", 200, 120), ("Seoul 2024", 340, 430))
    regions = reader.find(image)
    lines = [
        line for line in reader.read(image, regions) if line.confidence > reader.thresholds.match
    ]
    assert [line.text for line in lines] == ["HAPPY BIRTHDAY", "Seoul 2024"]
    for line, (x, y) in zip(lines, ((200, 120), (340, 430)), strict=True):
        assert abs(line.box[0] * 960 - x) < 20
        assert abs(line.box[3] * 540 - y) < 20
        assert 0 < line.box[0] < line.box[2] < 1
        assert line.box in [region.box for region in regions]


def test_boxes_are_shares_of_the_picture_at_any_size(reader: TextReader) -> None:
    image = written(("HAPPY BIRTHDAY", 200, 120))
    large = np.asarray(cv2.resize(image, (1920, 1080), interpolation=cv2.INTER_CUBIC), np.uint8)
    (one,) = [r for r in reader.read(image, reader.find(image)) if r.confidence > 0.9]
    (other,) = [r for r in reader.read(large, reader.find(large)) if r.confidence > 0.9]
    assert one.text == other.text
    np.testing.assert_allclose(one.box, other.box, atol=0.02)


def test_nothing_is_read_where_nothing_is_written(reader: TextReader, astronaut: RgbImage) -> None:
    for image in (scene(), np.zeros((90, 160, 3), np.uint8), astronaut):
        sure = [line for line in read(reader, image) if line[1] >= reader.thresholds.match]
        assert sure == []
    assert reader.read(scene(), []) == []


def test_a_picture_of_one_pixel_is_no_trouble(reader: TextReader) -> None:
    assert read(reader, np.zeros((1, 1, 3), np.uint8)) == []


def test_who_it_is(reader: TextReader) -> None:
    assert reader.model_id in ("rapidocr-small", "tesseract")
    assert reader.revision
    assert 0 < reader.thresholds.suggest < reader.thresholds.match < 1


def test_a_tilted_line_and_small_letters(choice: Choice, store: ModelStore) -> None:
    """What PP-OCR is there for."""
    engine = factory.reader(choice.but(ocr_model="rapidocr"), store)
    assert engine is not None
    image = written(("Gate 12 closed", 300, 260))
    turn = cv2.getRotationMatrix2D((480, 270), 8, 1)
    tilted = np.asarray(cv2.warpAffine(image, turn, (960, 540), borderMode=1), np.uint8)
    assert [text for text, sure in read(engine, tilted) if sure > 0.9] == ["Gate 12 closed"]
    small = np.asarray(cv2.resize(image, (320, 180), interpolation=cv2.INTER_AREA), np.uint8)
    assert [text for text, sure in read(engine, small) if sure > 0.9] == ["Gate 12 closed"]


# Hangul


def korean_network(path: Path, classes: int = SYLLABLES + 2) -> Path:
    """The recogniser's true inputs and outputs (n × 3 × 48 × w to n × w/8 × classes) around one
    random projection, seeded."""
    weights = np.random.default_rng(5).normal(0, 8, (3, classes)).astype(np.float32)
    nodes = [
        helper.make_node("AveragePool", ["x"], ["a"], kernel_shape=[48, 8], strides=[48, 8]),
        helper.make_node("Squeeze", ["a", "two"], ["b"]),
        helper.make_node("Transpose", ["b"], ["c"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["c", "w"], ["d"]),
        helper.make_node("Softmax", ["d"], ["y"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "korean",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 48, "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "t", classes])],
        [
            numpy_helper.from_array(weights, "w"),
            numpy_helper.from_array(np.array([2], np.int64), "two"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


def syllables(path: Path) -> Path:
    path.write_text("".join(f"{chr(0xAC00 + n % 11172)}\n" for n in range(SYLLABLES)), "utf-8")
    return path


class Opened:
    """A `SecondReader` around a reader that is there already."""

    def __init__(self, lines: LineReader) -> None:
        self._lines = lines
        self.closed = 0

    def open(self) -> LineReader:
        return self._lines

    def close(self) -> None:
        self.closed += 1


def test_the_korean_recogniser_in_its_true_form(tmp_path: Path) -> None:
    recognizer = LineRecognizer(
        korean_network(tmp_path / "rec.onnx"), Compute(), "korean", syllables(tmp_path / "c.txt")
    )
    lines = [scene()[:40, :width] for width in (700, 20, 300)]
    found = recognizer.read(lines)
    assert len(found) == 3
    assert [recognizer.read([line])[0] for line in lines] == found  # order and batching are nothing
    for text, sure in found:
        assert text
        assert 0 < sure <= 1
        assert all("가" <= letter <= "힣" or letter == " " for letter in text)
    assert recognizer.read([]) == []


def test_characters_that_do_not_belong_to_the_network_are_refused(tmp_path: Path) -> None:
    network = korean_network(tmp_path / "rec.onnx", classes=100)
    with pytest.raises(ModelUnavailable, match="characters of korean does not fit"):
        LineRecognizer(network, Compute(), "korean", syllables(tmp_path / "c.txt"))
    with pytest.raises(ModelUnavailable, match="does not fit"):
        LineRecognizer(network, Compute(), "korean")  # the graph carries no list of its own


def test_the_second_reader_is_asked_only_about_lines_that_may_be_hangul(
    store: ModelStore, described: dict[str, Manifest]
) -> None:
    asked: list[int] = []

    class Second:
        def read(self, lines: list[RgbImage]) -> list[Reading]:
            asked.append(len(lines))
            return [("생일 축하", 0.97)] * len(lines)

    second = Opened(Second())
    engine = PpOcr(store, described[ocr_choice.READER], Compute(), second)
    english = written(("HAPPY BIRTHDAY", 200, 120))
    assert [text for text, _ in read(engine, english)] == ["HAPPY BIRTHDAY"]
    assert sum(asked) == 0
    korean = in_korean("생일 축하합니다")
    assert ("생일 축하", 0.97) in read(engine, korean)
    assert sum(asked) == 1
    engine.unload()
    assert second.closed == 1


@pytest.mark.parametrize(
    ("first", "second", "wins"),
    [
        (("径丘叫2019", 0.72), ("제주도 2019", 0.66), 2),
        (("", 0.0), ("생일", 0.9), 2),
        (("", 0.0), ("생", 0.3), 1),
        (("KBS9", 0.99), ("KBS 뉴스 9", 0.93), 2),
        (("KBS9", 0.99), ("KBS 뉘 9", 0.6), 1),
        (("Gate 12", 0.85), ("Gate 12", 0.99), 1),
        (("日本", 0.95), ("8#", 0.9), 1),
    ],
)
def test_which_of_two_readings_is_believed(first: Reading, second: Reading, wins: int) -> None:
    assert better(first, second) == (first, second)[wins - 1]


@needs_korean_tesseract
def test_the_systems_tesseract_reads_the_hangul(choice: Choice, store: ModelStore) -> None:
    if store.is_installed(ocr_choice.KOREAN):
        pytest.skip("the Korean recogniser is installed and reads it")
    engine = factory.reader(choice.but(ocr_model="auto"), store)
    assert engine is not None
    image = written(("Gate 12 closed", 200, 120), image=in_korean("대한민국 대통령"))
    assert [text for text, sure in read(engine, image) if sure > 0.85] == [
        "Gate 12 closed",
        "대한민국 대통령",
    ]


# Choosing


def test_the_setting_chooses(
    choice: Choice, empty_store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr_tesseract, "languages", lambda: frozenset({"eng", "kor"}))
    assert ocr_choice.settled("auto", empty_store) == "rapidocr-small+tesseract-kor"
    assert ocr_choice.name("auto", empty_store) == "rapidocr-small@1+tesseract-kor"
    assert ocr_choice.settled("rapidocr", empty_store) == "rapidocr-small"
    monkeypatch.setattr(ocr_tesseract, "languages", lambda: frozenset({"eng"}))
    assert ocr_choice.settled("auto", empty_store) == "rapidocr-small"
    # What one process settled on, another takes as it is.
    assert ocr_choice.settled("rapidocr-small+tesseract-kor", empty_store) == (
        "rapidocr-small+tesseract-kor"
    )
    assert factory.settled(choice, empty_store).ocr_model == "rapidocr-small"
    assert factory.chosen(choice, empty_store)[Family.OCR] == "rapidocr-small"
    assert ocr_choice.name("tesseract", empty_store) == "tesseract@eng"
    monkeypatch.setattr(empty_store, "is_installed", lambda model: model == ocr_choice.KOREAN)
    assert ocr_choice.parts("auto", empty_store) == ("rapidocr-small", "rapidocr-korean")
    assert ocr_choice.parts("rapidocr", empty_store) == ("rapidocr-small", "rapidocr-korean")
    assert {"rapidocr-small", "rapidocr-korean"} <= factory.used(choice, empty_store)


def test_switched_off_nothing_reads(choice: Choice, empty_store: ModelStore) -> None:
    off = choice.but(ocr_model="off")
    assert factory.reader(off, empty_store) is None
    assert ocr_choice.name("off", empty_store) == ""
    assert factory.settled(off, empty_store).ocr_model == "off"
    assert Family.OCR not in factory.chosen(off, empty_store)


def test_an_unknown_reader_is_answered_with_the_known_ones(
    choice: Choice, empty_store: ModelStore
) -> None:
    for wrong in ("nonsense", "rapidocr-korean", "rapidocr-small+nonsense"):
        with pytest.raises(UserError, match=r"OCR_MODEL is .*auto, rapidocr, tesseract, off"):
            factory.reader(choice.but(ocr_model=wrong), empty_store)


def test_a_reader_that_is_not_there_says_what_to_do(
    choice: Choice, empty_store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = factory.reader(choice.but(ocr_model="rapidocr"), empty_store)
    assert engine is not None
    with pytest.raises(ModelUnavailable, match="rapidocr-small") as caught:
        engine.load()
    assert caught.value.model_id == "rapidocr-small"
    monkeypatch.setattr(ocr_tesseract, "program", lambda: None)
    engine = factory.reader(choice.but(ocr_model="tesseract"), empty_store)
    assert engine is not None
    with pytest.raises(ModelUnavailable, match="install tesseract-ocr") as caught:
        engine.load()
    assert caught.value.model_id == "tesseract"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script")
def test_a_broken_tesseract_keeps_nothing_from_opening(
    choice: Choice,
    store: ModelStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = tmp_path / "tesseract"
    broken.write_text("#!/bin/sh\necho 'lost its library' >&2\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setattr(ocr_tesseract, "program", lambda: str(broken))
    assert ocr_choice.settled("auto", store).split("+")[0] == "rapidocr-small"
    assert "tesseract-kor" not in ocr_choice.settled("auto", store)
    assert "lost its library" in caplog.text
    caplog.clear()
    engine = factory.reader(choice.but(ocr_model="tesseract"), store)
    assert engine is not None
    with pytest.raises(ModelUnavailable, match="no language"):
        engine.load()
    with pytest.raises(EngineFailed, match="code 127: lost its library"):
        ocr_tesseract.TesseractLines().read([scene()[:40, :200]])
    caplog.clear()


# Parts


def test_regions_are_in_reading_order() -> None:
    def region(x: float, y: float) -> TextRegion:
        corners = [[x, y], [x + 0.2, y], [x + 0.2, y + 0.1], [x, y + 0.1]]
        return TextRegion(np.array(corners, np.float32), 0.9)

    mixed = [region(0.1, 0.5), region(0.6, 0.12), region(0.1, 0.1), region(0.4, 0.51)]
    found = [(round(r.box[0], 1), round(r.box[1], 2)) for r in in_reading_order(mixed)]
    assert found == [(0.1, 0.1), (0.6, 0.12), (0.1, 0.5), (0.4, 0.51)]


def test_a_line_on_its_side_is_turned() -> None:
    image = scene()
    upright = np.array([[0.1, 0.1], [0.2, 0.1], [0.2, 0.9], [0.1, 0.9]], np.float32)
    line = cut_out(image, TextRegion(upright, 0.9))
    assert line.shape[1] > 3 * line.shape[0]
