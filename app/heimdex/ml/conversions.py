"""The steps that make what the engines run out of published files: a name, and how to do it.

How a format is read is the engines' modules' affair; when to convert, the installation's.
"""

from collections.abc import Callable
from pathlib import Path

from heimdex.domain.errors import ModelUnavailable

Convert = Callable[[Path, Path], None]
"""Called with the folder that holds the published files, where the outputs go too, and the folder
of Heimdex's own lists (`resources`)."""


def _retinaface(folder: Path, _resources: Path) -> None:
    from heimdex.ml import retinaface

    retinaface.convert(folder / "retinaface-mobilenet0.25.onnx", folder / "model.onnx")


def _mtcnn(folder: Path, _resources: Path) -> None:
    from heimdex.ml import mtcnn

    for net in ("pnet", "rnet", "onet"):
        mtcnn.convert(folder / f"{net}.lz4", folder / f"{net}.onnx")


def _sface(folder: Path, _resources: Path) -> None:
    from heimdex.ml import sface

    sface.convert(folder / "face_recognition_sface_2021dec_int8bq.onnx", folder / "model.onnx")


def _effnet(folder: Path, resources: Path) -> None:
    from heimdex.ml import concepts, efficientnet, torch_checkpoint

    tensors = torch_checkpoint.read(folder / "efficientnet-lite2-9656183e.pth")
    efficientnet.convert(tensors, folder / "model.onnx")
    concepts.convert(tensors, resources / "vision" / "concepts.tsv", folder / "concepts.npz")


def _whisper(folder: Path, _resources: Path) -> None:
    from heimdex.ml import ctranslate_whisper

    ctranslate_whisper.convert(folder)


def _bge_m3(folder: Path, _resources: Path) -> None:
    from heimdex.ml import bge_m3

    bge_m3.convert(folder)


STEPS: dict[str, Convert] = {
    "bge-m3": _bge_m3,
    "retinaface-mobilenet": _retinaface,
    "whisper-encoder": _whisper,
    "mtcnn": _mtcnn,
    "sface": _sface,
    "effnet-lite2-use": _effnet,
}


def convert(step: str, folder: Path, resources: Path) -> None:
    """Run one step. `ModelUnavailable` for a step that this version does not know."""
    if step not in STEPS:
        raise ModelUnavailable(f"This Heimdex cannot prepare models by {step}; update it.")
    STEPS[step](folder, resources)
