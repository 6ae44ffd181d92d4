"""The starter vision engine: pictures and Korean or English sentences in one space, on any CPU.

What the numbers mean is worked out in `concepts`, the network is `efficientnet`'s, sentences are
embedded by the text engine that it is given.
"""

from collections.abc import Sequence

import numpy as np

from heimdex.domain.engines import Concepts, TextEmbedder
from heimdex.domain.media import RgbImage
from heimdex.domain.vectors import Vectors
from heimdex.ml import concepts, runtime, things
from heimdex.ml.acceleration.cases import Case, Outputs, mean_cosine
from heimdex.ml.acceleration.graph import Arrays, Graph
from heimdex.ml.acceleration.memory import enough_for, in_halves
from heimdex.ml.acceleration.opening import open_graph
from heimdex.ml.concepts import SentenceMap
from heimdex.ml.described import Placing
from heimdex.ml.dual_encoder import calibration_frames
from heimdex.ml.efficientnet import INPUT_SIZE
from heimdex.ml.framing import squash
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks.vit import PIXELS
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

GRAPH = "model.onnx"
_BATCH = 8
_GATE = 0.998
"""Both what the network makes of a picture and what it takes it for must stay as they are."""


class SentenceSpaceVision(Placing):
    """A `NamingVision` whose space is that of the multilingual sentence embedder.

    It knows objects, animals, sports, vehicles, food, rooms and landscapes by name; it hardly knows
    people, actions, counts, colours and relations, and has no score that says "nothing fits".
    """

    def __init__(
        self, store: ModelStore, manifest: Manifest, compute: Compute, text: TextEmbedder
    ) -> None:
        """`text`: the engine of the model that the manifest says it `needs`."""
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._text = text
        self._graph: Graph | None = None
        self._map: SentenceMap | None = None

    def load(self) -> None:
        """Open the network and the map; the text engine loads when a sentence comes."""
        self._opened()

    def unload(self) -> None:
        """Free the network and the map; the text engine belongs to whoever made it."""
        self._graph = None
        self._map = None

    def embed_images(self, images: Sequence[RgbImage]) -> Vectors:
        """One unit vector a picture, n × dims.

        `EngineFailed` when there is not even memory for one picture.
        """
        graph, mapping = self._opened()
        rows = [np.zeros((0, self.dims), np.float32)]
        with enough_for("one picture", self.model_id):
            for start in range(0, len(images), _BATCH):
                pixels = np.stack([squash(each, INPUT_SIZE) for each in images[start:][:_BATCH]])
                for features, logits in in_halves(lambda some: graph.run({PIXELS: some}), pixels):
                    with runtime.one_blas_thread():
                        rows.append(mapping.place(features, logits))
        return np.concatenate(rows)

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a query, n × dims."""
        return self._text.embed(texts)

    def concepts(self) -> Concepts:
        """What the network was trained to tell apart, and the things that can be judged by it."""
        return things.known(self._mapping(), self._store.resources / "vision" / "things.tsv")

    def _mapping(self) -> SentenceMap:
        if self._map is None:
            self._map = concepts.load(self._store.path(self.model_id, "concepts.npz"))
        return self._map

    def _opened(self) -> tuple[Graph, SentenceMap]:
        mapping = self._mapping()
        if self._graph is None:
            self._graph = open_graph(self._store, self.model_id, GRAPH, self._compute)
        return self._graph, mapping


def tuning_cases(store: ModelStore, manifest: Manifest) -> list[Case]:
    """What must hold of a quick form of the network."""
    features, logits = mean_cosine(0), mean_cosine(1)

    def samples() -> list[Arrays]:
        pictures = calibration_frames(store.resources)
        squares = np.stack([squash(picture, INPUT_SIZE) for picture in pictures])
        return [{PIXELS: squares[at : at + _BATCH]} for at in range(0, len(squares), _BATCH)]

    def likeness(plain: Sequence[Outputs], quick: Sequence[Outputs]) -> float:
        return min(features(plain, quick), logits(plain, quick))

    return [Case(GRAPH, samples, likeness, _GATE)]
