"""Engines without weights that really do, on made-up media, what their Protocols say: voice is
what is loud, a face is a magenta square, text is an orange plate, looks are colours.

How good the real engines are is left to their own tests.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.engines import Report, Thresholds
from heimdex.domain.faces import FaceDetection
from heimdex.domain.media import RgbImage
from heimdex.domain.ocr import ReadLine, TextRegion
from heimdex.domain.speech import Segment, Word
from heimdex.domain.vectors import Vectors

RATE = 16_000


class Plain:
    model_id = "plain"
    revision = "1"
    thresholds = Thresholds(match=0.95, suggest=0.8)

    def load(self) -> None: ...

    def unload(self) -> None: ...

    def embed_weighed(self, items: Sequence[RgbImage]) -> tuple[Vectors, None]:
        """Of a face embedder that does not tell how much of a face it sees."""
        return self.embed(items), None


class LoudIsVoice(Plain):
    """Spans above a level, joined over pauses of less than 0.3 s."""

    def __init__(self) -> None:
        self.longest = 0

    def speech_spans(self, samples: NDArray[np.float32]) -> list[tuple[int, int]]:
        self.longest = max(self.longest, len(samples))
        hop = RATE // 100
        count = len(samples) // hop
        loud = np.abs(samples[: count * hop]).reshape(count, hop).max(axis=1) > 0.05
        edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
        spans: list[tuple[int, int]] = []
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if spans and (start * hop - spans[-1][1]) < 0.3 * RATE:
                spans[-1] = (spans[-1][0], int(end) * hop)
            else:
                spans.append((int(start) * hop, int(end) * hop))
        return spans


class CountsSeconds(Plain):
    """A recogniser whose one segment a window says where its first and last loud sample are."""

    def __init__(self) -> None:
        self.windows: list[tuple[int, int]] = []

    def transcribe(
        self,
        windows: Iterable[tuple[int, NDArray[np.float32]]],
        language: str | None,
        report: Report,
    ) -> Iterator[tuple[str, Segment]]:
        for index, (start, samples) in enumerate(windows):
            self.windows.append((start, start + len(samples) * 1000 // RATE))
            loud = np.flatnonzero(np.abs(samples) > 0.05)
            first = start + int(loud[0]) * 1000 // RATE
            last = start + int(loud[-1]) * 1000 // RATE
            word = Word(first, last, "sound", 1.0)
            yield language or "en", Segment(index, first, last, "sound", (word,))


class ColourVectors(Plain):
    """Pictures and crops as their mean colour, texts as the letters they hold."""

    dims = 4

    def __init__(self) -> None:
        self.batches: list[int] = []

    def embed_images(self, images: Sequence[RgbImage]) -> Vectors:
        self.batches.append(len(images))
        rows = [[*image.reshape(-1, 3).mean(axis=0), 1.0] for image in images]
        return unit(np.array(rows, np.float32))

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        raise NotImplementedError

    def embed(self, items: Sequence[RgbImage]) -> Vectors:
        if not len(items):
            return np.zeros((0, self.dims), np.float32)
        rows = [[*np.asarray(item).reshape(-1, 3).mean(axis=0), 1.0] for item in items]
        return unit(np.array(rows, np.float32))


class LetterVectors(Plain):
    """Texts as counts of their letters."""

    dims = 27

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dims), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[26] = 1
            for letter in text.lower():
                row[ord(letter) - 97 if "a" <= letter <= "z" else 26] += 1
        return unit(rows) if len(rows) else rows


class MagentaSquares(Plain):
    """Faces are magenta areas; landmarks stand where a face that looks ahead has them."""

    def detect(self, images: Sequence[RgbImage]) -> list[list[FaceDetection]]:
        import cv2

        found = []
        for image in images:
            red, green, blue = (image[..., c].astype(int) for c in range(3))
            mask = ((red > 150) & (blue > 150) & (green < 100)).astype(np.uint8)
            count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
            height, width = mask.shape
            faces = []
            for x, y, w, h, area in stats[1:count]:
                if area < 100:
                    continue
                box = (x / width, y / height, (x + w) / width, (y + h) / height)
                places = [(0.34, 0.46), (0.66, 0.46), (0.5, 0.64), (0.37, 0.82), (0.63, 0.82)]
                points = [((x + w * u) / width, (y + h * v) / height) for u, v in places]
                faces.append(FaceDetection(box, 0.9, np.array(points, np.float32)))
            found.append(faces)
        return found


class ReadsPlates(Plain):
    """Text is on orange plates; what it says is looked up by the plate's second colour."""

    def __init__(self, texts: Mapping[int, tuple[str, float]]) -> None:
        """`texts`: green value of the plate → what it says and how surely it is read."""
        self.texts = texts
        self.looks: list[int] = []
        self.read_regions = 0

    def find(self, image: RgbImage) -> list[TextRegion]:
        import cv2

        self.looks.append(int(image[0, 0, 0]))
        mask = ((image[..., 0] == 255) & (image[..., 2] == 0)).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        height, width = mask.shape
        found = []
        for x, y, w, h, _area in stats[1:count]:
            corners = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)
            found.append(TextRegion(corners / np.array([width, height], np.float32), 0.9))
        return found

    def read(self, image: RgbImage, regions: Sequence[TextRegion]) -> list[ReadLine]:
        self.read_regions += len(regions)
        height, width = image.shape[:2]
        lines = []
        for region in regions:
            x1, y1, _, _ = region.box
            green = int(image[round(y1 * height), round(x1 * width), 1])
            text, confidence = self.texts[green]
            if text:
                lines.append(ReadLine(region.box, text, confidence))
        return lines


def unit(rows: NDArray[np.float32]) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
