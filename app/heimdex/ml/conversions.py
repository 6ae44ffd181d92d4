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


def _retinaface_resnet(folder: Path, _resources: Path) -> None:
    from heimdex.ml import retinaface

    retinaface.convert_resnet(folder)


def _adaface(folder: Path, _resources: Path) -> None:
    from heimdex.ml import adaface

    adaface.convert(folder)


def _scrfd(folder: Path, _resources: Path) -> None:
    from heimdex.ml import insightface

    insightface.convert_detector(folder / "det_10g.onnx", folder / "model.onnx")


def _arcface(folder: Path, _resources: Path) -> None:
    from heimdex.ml import insightface

    insightface.convert_embedder(folder / "w600k_r50.onnx", folder / "model.onnx")


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


def _openclip(folder: Path, _resources: Path) -> None:
    from heimdex.ml import openclip

    openclip.convert(folder)


def _siglip2(folder: Path, _resources: Path) -> None:
    from heimdex.ml import siglip2

    siglip2.convert(folder)


STEPS: dict[str, Convert] = {
    "bge-m3": _bge_m3,
    "adaface": _adaface,
    "arcface": _arcface,
    "retinaface-mobilenet": _retinaface,
    "retinaface-resnet50": _retinaface_resnet,
    "scrfd": _scrfd,
    "whisper-encoder": _whisper,
    "mtcnn": _mtcnn,
    "openclip": _openclip,
    "sface": _sface,
    "siglip2": _siglip2,
    "effnet-lite2-use": _effnet,
}


def convert(step: str, folder: Path, resources: Path) -> None:
    """Run one step. `ModelUnavailable` for a step that this version does not know."""
    if step not in STEPS:
        raise ModelUnavailable(f"This Heimdex cannot prepare models by {step}; update it.")
    STEPS[step](folder, resources)
