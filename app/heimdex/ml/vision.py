"""The starter vision engine: pictures and Korean or English sentences in one space, on any CPU.

What the numbers mean is worked out in `concepts`, the network is `efficientnet`'s, sentences are
embedded by the text engine that it is given.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from heimdex.domain.engines import TextEmbedder, Thresholds
from heimdex.domain.media import RgbImage
from heimdex.domain.vectors import Vectors
from heimdex.ml import concepts, runtime
from heimdex.ml.efficientnet import INPUT_SIZE
from heimdex.ml.framing import squash
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FITS = 0.6
"""Of the similarity that a picture can reach to a query: from here it counts as fitting."""
RESEMBLES = 0.75
LEAST = 0.28
"""Below it lie sentences that are about nothing to be seen, with every picture."""

_BATCH = 8


class SentenceSpaceVision:
    """A `VisionEmbedder` whose space is that of the multilingual sentence embedder.

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
        self._session: InferenceSession | None = None
        self._map: concepts.SentenceMap | None = None

    @property
    def model_id(self) -> str:
        """Id of the manifest."""
        return self._manifest.id

    @property
    def revision(self) -> str:
        """Revision of weights, preprocessing, formula and list of concepts."""
        return self._manifest.space_revision

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return self._manifest.dims

    @property
    def thresholds(self) -> Thresholds:
        """For query against frame; see the manifest's note on what they are worth."""
        return self._manifest.limits()

    @property
    def input_size(self) -> int:
        """Edge in pixels that the model sees."""
        return INPUT_SIZE

    def load(self) -> None:
        """Open the network and the map; the text engine loads when a sentence comes."""
        self._opened()

    def unload(self) -> None:
        """Free the network and the map; the text engine belongs to whoever made it."""
        self._session = None
        self._map = None

    def embed_images(self, images: Sequence[RgbImage]) -> Vectors:
        """One unit vector a picture, n × dims."""
        session, mapping = self._opened()
        rows = [np.zeros((0, self.dims), np.float32)]
        for start in range(0, len(images), _BATCH):
            pixels = np.stack(
                [squash(image, INPUT_SIZE) for image in images[start : start + _BATCH]]
            )
            features, logits = runtime.run(session, pixels=pixels)
            with runtime.one_blas_thread():
                rows.append(mapping.place(features, logits))
        return np.concatenate(rows)

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a query, n × dims."""
        return self._text.embed(texts)

    def limits_for(self, query: Vectors) -> Thresholds:
        """From which similarity a picture fits one query vector (d,).

        A picture can be as near to a query as the nearest concept is, hardly nearer: a "taxi"
        that is there reaches .5, an "orange camper van" .3, while a wrong guess for a plain word
        reaches .4. So the cut is a share of that nearest concept (measured: docs/search.md).
        """
        with runtime.one_blas_thread():
            reach = float((self._mapping().plain() @ query).max())
        match = max(FITS * reach, LEAST)
        return Thresholds(match=match, suggest=RESEMBLES * match)

    def _mapping(self) -> concepts.SentenceMap:
        if self._map is None:
            self._map = concepts.load(self._store.path(self.model_id, "concepts.npz"))
        return self._map

    def _opened(self) -> "tuple[InferenceSession, concepts.SentenceMap]":
        mapping = self._mapping()
        if self._session is None:
            graph = self._store.path(self.model_id, "model.onnx")
            self._session = runtime.onnx_session(graph, self._compute, self.model_id)
        return self._session, mapping
