"""Imports the reference packages, and says what to install where one is missing.

Which model is made with them is left to the modules beside this one.
"""

import importlib
import importlib.metadata
import importlib.util
import sys
from types import ModuleType

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import obstacles
from heimdex.ml.devices import CPU, CUDA, MPS

INSTALL = "scripts/setup --torch"
"""The command that brings all of them."""

_OPERATORS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_declared: list[object] = []
"""Libraries of operators live as long as the object that declared them."""


def load(name: str, model_id: str = "") -> ModuleType:
    """Import a reference package such as `torch`, `whisper`, `open_clip` or `FlagEmbedding`.

    Raises `ModelUnavailable` with the command to run when it is not installed.
    """
    if name != "torch":
        _mend_torchvision(model_id)
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ModelUnavailable(
            f"{model_id or 'This'} needs the package {error.name or name}, which is not installed; "
            f"{obstacles.adding(INSTALL)}. On the device cpu it is not needed.",
            model_id,
        ) from error


def is_installed(name: str) -> bool:
    """Whether a package could be imported; looked up without importing it."""
    return name in sys.modules or importlib.util.find_spec(name) is not None


def devices() -> list[str]:
    """The devices that torch can use, the quickest first, `cpu` last and always.

    torch is only imported where it may see a graphics processor: elsewhere that would cost an
    engine that needs no torch two seconds and 200 MB.
    """
    try:
        release = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return [CPU]
    if "+cpu" in release:
        return [CPU]
    torch = load("torch")
    seen = {CUDA: torch.cuda.is_available(), MPS: torch.backends.mps.is_available()}
    return [device for device, there in seen.items() if there] + [CPU]


def _mend_torchvision(model_id: str) -> None:
    """Let torchvision import beside a torch that it was not built for.

    Its wheel for CUDA cannot load its operators beside a torch for processors, and then fails to
    register shapes for operators that are not there. Declaring them is enough: nothing that we use
    calls one, except `nms`, which is given the plain greedy algorithm.
    """
    if "torchvision" in sys.modules:
        return
    torch = load("torch", model_id)
    try:
        importlib.import_module("torchvision")
    except ImportError:
        return  # Not there at all: whoever needs it says so.
    except RuntimeError as error:
        if "does not exist" not in str(error):
            raise
        for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for operator, signature in _OPERATORS.items():
            library.define(operator + signature)
        library.impl("nms", _suppress, "CPU")
        _declared.append(library)
        importlib.import_module("torchvision")
        # Its own functions ask for the library that did not load, not for the operator.
        importlib.import_module("torchvision.extension")._has_ops = lambda: True  # type: ignore[attr-defined]


def _suppress(dets: "object", scores: "object", iou_threshold: float) -> "object":
    """Greedy non-maximum suppression: indices (n,) of kept boxes (x1 y1 x2 y2), best first."""
    torch = sys.modules["torch"]
    areas = (dets[:, 2] - dets[:, 0]) * (dets[:, 3] - dets[:, 1])  # type: ignore[index]
    order = scores.argsort(descending=True)  # type: ignore[attr-defined]
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        corner = torch.maximum(dets[best, :2], dets[rest, :2])  # type: ignore[index]
        other = torch.minimum(dets[best, 2:], dets[rest, 2:])  # type: ignore[index]
        inner = (other - corner).clamp(min=0).prod(dim=1)
        overlap = inner / (areas[best] + areas[rest] - inner)
        order = rest[overlap <= iou_threshold]
    return torch.stack(kept) if kept else torch.empty(0, dtype=torch.int64)
