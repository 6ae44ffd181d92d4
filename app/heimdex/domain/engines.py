"""What an engine of each family must be able to do.

Every engine is created cheaply, loads its weights at the first use or at `load()`, and gives them
back at `unload()`. Engines are used from one thread at a time. `ModelUnavailable` is raised by
`load()` when weights are missing or damaged.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.faces import FaceDetection
from heimdex.domain.media import RgbImage
from heimdex.domain.ocr import ReadLine, TextRegion
from heimdex.domain.speech import Segment
from heimdex.domain.vectors import SparseVector, Vectors

Report = Callable[[int], None]
"""Called with the media time in ms that has been dealt with; raises `Cancelled` to stop."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cosine similarities at which this model's answers mean something; they belong to the model.

    `match`: at or above it two things are the same (a face) or fit (a query).
    `suggest`: from here up to `match` a person may be asked.
    `lead`: how much of its distance to the best of any other video is added to a similarity before
    it is held against the two; for engines that are more certain of what stands out.
    """

    match: float
    suggest: float
    lead: float = 0.0


class Engine(Protocol):
    """What all engines share."""

    @property
    def model_id(self) -> str:
        """Manifest id, for example `whisper-base`."""
        ...

    @property
    def revision(self) -> str:
        """Short revision that names the space: changed weights or preprocessing change it."""
        ...

    def load(self) -> None:
        """Load weights now. Idempotent."""
        ...

    def unload(self) -> None:
        """Free the weights. Idempotent; the next use loads again."""
        ...


class SpeechRecognizer(Engine, Protocol):
    """Speech to text with word times."""

    def transcribe(
        self,
        windows: Iterable[tuple[int, NDArray[np.float32]]],
        language: str | None,
        report: Report,
    ) -> Iterator[tuple[str, Segment]]:
        """Transcribe windows of speech.

        `windows`: (start in ms, mono float32 samples in -1..1 at 16 kHz), in order, each at most
        60 s and cut at silence. `language`: ISO 639-1 to force, None to detect on the first
        windows and keep. Yields (language, segment), times on the clock of the whole track,
        segment indexes counted up from 0 over all windows.
        """
        ...


class VoiceDetector(Engine, Protocol):
    """Finds where somebody speaks."""

    def speech_spans(self, samples: NDArray[np.float32]) -> list[tuple[int, int]]:
        """Spans [start, end) in samples of 16 kHz mono float32 that hold speech, in order."""
        ...


class TextEmbedder(Engine, Protocol):
    """Sentences to vectors; Korean and English of one meaning land near each other."""

    @property
    def dims(self) -> int:
        """Length of a vector."""
        ...

    @property
    def thresholds(self) -> Thresholds:
        """For query against passage."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, in order; an empty list gives an array of shape (0, dims)."""
        ...


@runtime_checkable
class SparseTextEmbedder(TextEmbedder, Protocol):
    """A sentence embedder that has also learnt which words of a sentence matter, and how much."""

    def embed_sparse(self, texts: Sequence[str]) -> tuple[Vectors, list[SparseVector]]:
        """As `embed`, and the weights of each text's tokens, in one pass."""
        ...


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that an engine knows by name. `words`: what it is called, in lower case, English in
    the singular; `concepts`: which of its `Concepts` are this thing, ascending."""

    words: tuple[str, ...]
    concepts: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Concepts:
    """What a vision engine tells apart. `directions`: a unit vector a concept, n × d, in the space
    of its pictures. `things`: what can be judged by them, by the share of a thing's concepts among
    all (softmax of a picture's cosines divided by `heat`): of pictures that show one it is hardly
    ever under `least`, of those that are found by its name hardly ever under `shown`.
    """

    directions: Vectors
    things: tuple[Thing, ...]
    heat: float
    least: float
    shown: float


class VisionEmbedder(Engine, Protocol):
    """Pictures and sentences to vectors of one space."""

    @property
    def dims(self) -> int:
        """Length of a vector."""
        ...

    @property
    def thresholds(self) -> Thresholds:
        """For query against frame."""
        ...

    def embed_images(self, images: Sequence[RgbImage]) -> Vectors:
        """One unit vector a picture of any size, in order."""
        ...

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a query, in the same space as the pictures."""
        ...


@runtime_checkable
class NamingVision(VisionEmbedder, Protocol):
    """A vision embedder that can only say of the things it knows by name that they are not there;
    of any other, a low similarity means nothing."""

    def concepts(self) -> Concepts:
        """What it tells apart. `ModelUnavailable` as for `load`."""
        ...


class FaceDetector(Engine, Protocol):
    """Finds faces and their five landmarks."""

    def detect(self, images: Sequence[RgbImage]) -> list[list[FaceDetection]]:
        """Faces of each picture, best first; a picture without a face gives an empty list."""
        ...


class FaceEmbedder(Engine, Protocol):
    """Aligned faces to vectors."""

    @property
    def dims(self) -> int:
        """Length of a vector."""
        ...

    @property
    def thresholds(self) -> Thresholds:
        """For the same person."""
        ...

    def embed(self, crops: Sequence[RgbImage]) -> Vectors:
        """One unit vector a crop of 112 × 112 RGB, aligned to the five-point template."""
        ...

    def embed_weighed(
        self, crops: Sequence[RgbImage]
    ) -> tuple[Vectors, NDArray[np.float32] | None]:
        """The same, and how much of a face the model sees in each: 0 nobody's, 1 clearly
        somebody's. None where a model does not tell."""
        ...


class TextReader(Engine, Protocol):
    """Reads text on pictures, in two steps, because finding is cheaper than reading and most
    pictures hold none, or what was read a moment ago."""

    @property
    def thresholds(self) -> Thresholds:
        """For a line's confidence: at `match` it is kept, from `suggest` where it is read more
        than once."""
        ...

    def find(self, image: RgbImage) -> list[TextRegion]:
        """Where lines of text seem to stand on a picture of any size, in reading order."""
        ...

    def read(self, image: RgbImage, regions: Sequence[TextRegion]) -> list[ReadLine]:
        """The text of `regions` of the same picture; regions that hold none are left out."""
        ...
