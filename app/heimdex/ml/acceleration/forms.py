"""The forms that one network can take, and how each is made out of the plain one.

Which of them is used is decided by `tuning`. Nothing here needs torch or the internet: forms are
rewritten ONNX graphs.
"""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from heimdex.ml.acceleration import quantizing
from heimdex.ml.acceleration.cases import Case
from heimdex.ml.acceleration.graph import Arrays, Graph, OnnxGraph, OpenVinoGraph
from heimdex.ml.runtime import Compute

STATIC_LIMIT = 1 << 30
"""Bytes of plain weights above which nothing that runs the whole network to be made is tried."""

_GROUP, _FINE_GROUP = 128, 32
"""Activations that share one scale: of 32 to 768 the middle is quickest and nearly as exact as
32, which is tried where it is not exact enough."""


class Runtime(StrEnum):
    """Who runs a form."""

    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"


class Precision(StrEnum):
    """How the products of a form are computed."""

    FLOAT32 = "fp32"
    BFLOAT16 = "bf16"
    INT8 = "int8"
    """Weights and activations, with scales found on calibration inputs."""
    INT8_WEIGHTS = "int8-weights"
    """Weights stored as int8, activations quantised while running, some at a time."""
    INT8_WEIGHTS_FINE = "int8-weights-fine"
    """The same with fewer activations at a time."""
    INT8_WEIGHTS_BF16 = "int8-weights-bf16"
    """The same as the first, with attention and what else is no matrix's product in bfloat16."""
    INT8_DYNAMIC = "int8-dynamic"
    """Weights stored as int8, activations quantised while running, a whole tensor at a time."""


_SUFFIXES = {
    Precision.INT8: ".int8.onnx",
    Precision.INT8_WEIGHTS: ".int8-weights.onnx",
    Precision.INT8_WEIGHTS_FINE: ".int8-weights.onnx",
    Precision.INT8_WEIGHTS_BF16: ".int8-weights.onnx",
    Precision.INT8_DYNAMIC: ".int8-dynamic.onnx",
}


_GROUPS = {
    Precision.INT8_WEIGHTS: _GROUP,
    Precision.INT8_WEIGHTS_FINE: _FINE_GROUP,
    Precision.INT8_WEIGHTS_BF16: _GROUP,
}
_OF_PRODUCTS = frozenset({*_GROUPS, Precision.INT8_DYNAMIC})
_BFLOAT16 = frozenset({Precision.BFLOAT16, Precision.INT8_WEIGHTS_BF16})


@dataclass(frozen=True, slots=True)
class Form:
    """One way to run a network."""

    runtime: Runtime
    precision: Precision

    @property
    def name(self) -> str:
        """For people and for the file that keeps the choice, for example `openvino int8`."""
        return f"{self.runtime} {self.precision}"

    @property
    def is_plain(self) -> bool:
        """Whether it runs the graph as it is."""
        return self.precision in (Precision.FLOAT32, Precision.BFLOAT16)

    def file_for(self, plain: Path, folder: Path) -> Path:
        """Where this form of the graph `plain` lies or would lie in `folder`."""
        return plain if self.is_plain else folder / (plain.stem + _SUFFIXES[self.precision])

    def open(self, path: Path, compute: Compute, model_id: str) -> Graph:
        """The form in its file `path`, ready to run. `ModelUnavailable` when it cannot be."""
        if self.runtime is Runtime.ONNXRUNTIME:
            return OnnxGraph(path, compute, model_id)
        return OpenVinoGraph(
            path,
            compute,
            model_id,
            precision="bf16" if self.precision in _BFLOAT16 else "f32",
            group=_GROUPS.get(self.precision, 0),
        )

    @property
    def spared_by(self) -> "Form | None":
        """The form that makes this one pointless where it is good enough."""
        if self.precision is Precision.INT8_WEIGHTS_FINE:
            return Form(self.runtime, Precision.INT8_WEIGHTS)
        return None


PLAIN = Form(Runtime.ONNXRUNTIME, Precision.FLOAT32)
"""What all others are compared with, and what is used when nothing was measured."""

_OTHERS = (
    Form(Runtime.OPENVINO, Precision.FLOAT32),
    Form(Runtime.OPENVINO, Precision.BFLOAT16),
    Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS),
    Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS_FINE),
    Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS_BF16),
    Form(Runtime.ONNXRUNTIME, Precision.INT8_DYNAMIC),
    Form(Runtime.OPENVINO, Precision.INT8),
    Form(Runtime.ONNXRUNTIME, Precision.INT8),
)


def parse(name: str) -> Form:
    """The form of a `name`. ValueError for one that this version does not know."""
    for form in (PLAIN, *_OTHERS):
        if form.name == name:
            return form
    raise ValueError(f"there is no form called {name!r}")


def candidates(plain: Path) -> list[Form]:
    """Forms beside the plain one that are worth measuring here for the graph `plain`."""
    large = quantizing.weight_bytes(plain) > STATIC_LIMIT
    packed = quantizing.is_packed(plain)
    products = packed or quantizing.has_matrix_products(plain)
    offered = openvino_offers()
    forms = []
    for form in _OTHERS:
        if form.runtime is Runtime.OPENVINO and not offered:
            continue
        if form.precision in _BFLOAT16 and "BF16" not in offered:
            continue
        if form.precision in _OF_PRODUCTS and not products:
            continue
        if form.precision in (Precision.INT8, Precision.INT8_DYNAMIC) and (large or packed):
            continue
        forms.append(form)
    return forms


def make(form: Form, plain: Path, target: Path, case: Case, samples: Sequence[Arrays]) -> None:
    """Write the form of the graph `plain` to `target`; `samples` calibrate where that is needed.

    Raises ValueError or RuntimeError when the graph cannot be written in that form.
    """
    match form.precision:
        case Precision.INT8:
            quantizing.quantize(plain, target, samples, case.keep_float)
        case Precision.INT8_DYNAMIC:
            quantizing.quantize_while_running(plain, target, case.keep_float)
        case _ if form.precision in _GROUPS:
            # Matrices that came as int8 are beyond smoothing; they are taken as they are.
            small = quantizing.weight_bytes(plain) <= STATIC_LIMIT
            small = small and not quantizing.is_packed(plain)
            quantizing.quantize_weights(plain, target, samples if small else (), case.keep_float)
        case _:
            raise ValueError(f"{form.name} is not made of anything")


def openvino_offers() -> frozenset[str]:
    """What OpenVINO can do on this processor, for example BF16; empty where it is not installed."""
    if importlib.util.find_spec("openvino") is None:
        return frozenset()
    import openvino

    core = openvino.Core()
    if "CPU" not in core.available_devices:
        return frozenset()
    return frozenset(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
