"""What must hold of a quick form of a network: real inputs, and how like its outputs must be.

Measuring the forms is left to `tuning`. The engines' modules say their cases in a function
`tuning_cases(store, manifest)`, which is found by the manifest's `engine`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.manifests import Manifest
from heimdex.ml.store import ModelStore

Outputs = list[NDArray[Any]]
Likeness = Callable[[Sequence[Outputs], Sequence[Outputs]], float]
"""(plain outputs, quick outputs) of all samples to a number that grows with likeness, at most 1."""


@dataclass(frozen=True, slots=True)
class Case:
    """One network of a model.

    `graph`: its file in the model's folder, plain fp32 ONNX. `samples`: real inputs as the engine
    feeds them, about 16 batches of the size that indexing uses; the first half calibrates static
    int8, the second half is compared. `likeness` must reach `gate`. `keep_float`: names of nodes
    (prefixes) that are never quantised.
    """

    graph: str
    samples: Callable[[], Sequence[Arrays]]
    likeness: Likeness
    gate: float
    keep_float: tuple[str, ...] = ()


_MODULES = {
    "adaface": "heimdex.ml.adaface",
    "bge-m3": "heimdex.ml.bge_m3",
    "clip-text": "heimdex.ml.openclip",
    "dual-encoder": "heimdex.ml.encoder_folder",
    "openclip": "heimdex.ml.openclip",
    "retinaface": "heimdex.ml.retinaface",
    "sface": "heimdex.ml.sface",
    "siglip2": "heimdex.ml.siglip2",
    "starter-vision": "heimdex.ml.vision",
    "whisper": "heimdex.ml.speech",
}
"""Manifest's `engine` → module that knows the cases of its models."""


def of(store: ModelStore, manifest: Manifest) -> list[Case]:
    """The networks of an installed model that may run in another form; often none."""
    if manifest.engine not in _MODULES:
        return []
    cases: list[Case] = import_module(_MODULES[manifest.engine]).tuning_cases(store, manifest)
    return cases


def mean_cosine(output: int = 0) -> Likeness:
    """Mean cosine between the rows of one output."""

    def likeness(plain: Sequence[Outputs], quick: Sequence[Outputs]) -> float:
        a = np.concatenate([outputs[output].reshape(len(outputs[output]), -1) for outputs in plain])
        b = np.concatenate([outputs[output].reshape(len(outputs[output]), -1) for outputs in quick])
        dots = (a * b).sum(axis=1)
        lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        return float((dots / np.maximum(lengths, 1e-12)).mean())

    return likeness
