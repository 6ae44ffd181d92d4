"""Two towers that put pictures and sentences into one space, whichever networks they are.

Which networks is left to `openclip`, `siglip2` and `encoder_folder`; how a picture becomes a square
to `framing`, how text becomes tokens to `tokens`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from heimdex.domain.errors import EngineFailed
from heimdex.domain.media import RgbImage
from heimdex.domain.vectors import Vectors
from heimdex.ml import runtime, sentences
from heimdex.ml.acceleration.cases import Case, Outputs, mean_cosine
from heimdex.ml.acceleration.graph import Arrays, Graph
from heimdex.ml.acceleration.memory import enough_for, in_halves
from heimdex.ml.described import Placing
from heimdex.ml.framing import Framing
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks.vit import PIXELS
from heimdex.ml.reference import libraries

BATCH = 16
"""Squares of one pass: larger ones are no quicker."""
GATE = 0.985
"""Mean cosine between a quick form's vectors of pictures and the plain ones: a little more than the
.98 that is promised, because a person's pictures are not those it is measured on."""

_WORDS = 12
_QUERIES = 64

_NEIGHBOURS = 10
_STILL_NEAR = 0.85
"""Share of its nearest pictures that a picture must keep in a quick form."""


class ImageTower(Protocol):
    """The loaded weights that pictures go through."""

    def run(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """n × edge × edge × 3 to n × dims. Raises `OutOfMemory` when they do not fit."""
        ...


class TextTower(Protocol):
    """The loaded weights that sentences go through."""

    def run(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Any texts, at least one, to n × dims. Raises `OutOfMemory` when they do not fit."""
        ...


class DualEncoder(Placing):
    """A `VisionEmbedder` of two towers, each opened when it is first needed."""

    def __init__(
        self,
        manifest: Manifest,
        framing: Framing,
        images: Callable[[], ImageTower],
        texts: Callable[[], TextTower],
        threads: int = 1,
    ) -> None:
        """`images` and `texts` open the towers; they raise `ModelUnavailable` where they cannot.
        `threads`: how many pictures are framed at a time."""
        self._manifest = manifest
        self._framing = framing
        self._open_images, self._open_texts = images, texts
        self._threads = max(1, threads)
        self._images: ImageTower | None = None
        self._texts: TextTower | None = None
        self._framers: ThreadPoolExecutor | None = None

    def load(self) -> None:
        """Open the image tower; the text tower opens when a sentence comes."""
        self._image_tower()

    def unload(self) -> None:
        """Free both towers."""
        self._images = self._texts = None
        if self._framers is not None:
            self._framers.shutdown()
            self._framers = None

    def embed_images(self, images: Sequence[RgbImage]) -> Vectors:
        """One unit vector a picture, n × dims.

        `EngineFailed` when there is not even memory for one picture.
        """
        if not images:
            return np.zeros((0, self.dims), np.float32)
        run, rows = self._image_tower().run, []
        with enough_for("one picture", self.model_id):
            for start in range(0, len(images), BATCH):
                squares = np.stack(self._framed(images[start : start + BATCH]))
                rows += in_halves(run, squares)
        return self._checked(np.concatenate(rows))

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a query, n × dims."""
        if not texts:
            return np.zeros((0, self.dims), np.float32)
        if self._texts is None:
            self._texts = self._open_texts()
        with enough_for("one sentence", self.model_id):
            return self._checked(np.concatenate(in_halves(self._texts.run, texts)))

    def _image_tower(self) -> ImageTower:
        if self._images is None:
            self._images = self._open_images()
        return self._images

    def _framed(self, images: Sequence[RgbImage]) -> list[RgbImage]:
        if self._threads == 1 or len(images) == 1:
            return [self._framing.frame(image) for image in images]
        if self._framers is None:
            self._framers = ThreadPoolExecutor(self._threads, "framing")
        return list(self._framers.map(self._framing.frame, images))

    def _checked(self, vectors: NDArray[np.float32]) -> Vectors:
        if vectors.shape[1] != self.dims:
            raise EngineFailed(
                f"{self.model_id} gives vectors of {vectors.shape[1]} numbers where its "
                f"description says {self.dims}; mend the description."
            )
        return runtime.unit(vectors)


class GraphImages:
    """An `ImageTower` whose graph takes the bytes themselves, as `networks.vit` writes them."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def run(self, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `ImageTower`."""
        vectors: NDArray[np.float32] = self._graph.run({PIXELS: squares})[0]
        return vectors


def device_for(asked: str, model_id: str) -> str:
    """Where the image tower runs; torch is not even looked for when that is the processor.

    `ModelUnavailable` when the device is not there.
    """
    if asked == runtime.CPU:
        return asked
    return runtime.choose_device(asked, libraries.devices(), model_id)


# What must hold of a quick form


def image_case(graph: str, framing: Framing, resources: Path) -> Case:
    """An image tower on Heimdex's own frames."""

    def samples() -> list[Arrays]:
        squares = [framing.frame(picture) for picture in calibration_frames(resources)]
        return [
            {PIXELS: np.stack(squares[at : at + BATCH])} for at in range(0, len(squares), BATCH)
        ]

    return Case(graph, samples, as_near, GATE)


def calibration_frames(resources: Path) -> list[RgbImage]:
    """The frames in `resources/calibration/frames`, and parts of them: about a hundred pictures."""
    import cv2

    pictures: list[RgbImage] = []
    for path in sorted((resources / "calibration" / "frames").glob("*.jpg")):
        read = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        if read is None:
            raise EngineFailed(f"{path.name} of Heimdex's own pictures is damaged.")
        whole = np.ascontiguousarray(read[:, :, ::-1])
        height, width = whole.shape[:2]
        # Parts look at other things and at other sizes than the whole.
        pictures += [
            whole,
            whole[: height * 3 // 4, : width * 2 // 3],
            whole[height // 4 :, width // 3 :],
            np.ascontiguousarray(whole[height // 5 : height * 4 // 5, ::-1]),
        ]
    if not pictures:
        raise EngineFailed("Heimdex's own pictures to measure models with are missing.")
    # Neighbours are alike: what calibrates and what is compared should both be mixed.
    order = np.random.default_rng(0).permutation(len(pictures))
    return [pictures[at] for at in order]


def calibration_queries(resources: Path, *, english: bool = False) -> list[str]:
    """Sentences as short as queries are, of Heimdex's own list; only English ones where asked.

    `ModelUnavailable` when the list is missing.
    """
    every = [line for block in sentences.read(resources) for line in block]
    short = [line for line in every if len(line.split()) <= _WORDS]
    return [line for line in short if line.isascii() or not english][:_QUERIES]


def as_near(plain: Sequence[Outputs], quick: Sequence[Outputs]) -> float:
    """The mean cosine between the vectors; 0 where too few nearest neighbours stay the same."""
    a, b = (np.concatenate([outputs[0] for outputs in each]) for each in (plain, quick))
    count = min(_NEIGHBOURS, len(a) - 1)
    if count > 0:
        near = [np.argsort(-(each @ each.T), axis=1)[:, 1 : count + 1] for each in (a, b)]
        same = (near[0][:, :, None] == near[1][:, None, :]).any(axis=2)
        if same.mean() < _STILL_NEAR:
            return 0.0
    return mean_cosine()(plain, quick)
