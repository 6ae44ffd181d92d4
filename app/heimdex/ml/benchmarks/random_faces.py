"""Writes AdaFace and RetinaFace ResNet-50 with random weights, in their published formats.

Of any depth: full for measuring, small for tests. Random weights say nothing of quality and little
of int8, whose errors a trained network dampens and a random one does not.
"""

import argparse
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from heimdex.ml import face_samples, manifests, retinaface
from heimdex.ml.delivery.adding import add
from heimdex.ml.graphs import PIXELS
from heimdex.ml.manifests import ModelFile
from heimdex.ml.reference import faces, libraries
from heimdex.ml.store import ModelStore

_RESIDUE = 0.3
"""What the last normalisation of a residual unit starts with. With 1 deep random networks are
chaotic, as trained ones are not: rounding the pixels alone turns a ResNet-50's answers round."""
_CALM = 0.01
"""Spread of the heads' kernels, as detectors are started with, so that boxes stay near anchors."""
_FIRING = 2e-2
"""Share of the anchors that find something in the sample pictures."""


class Format(StrEnum):
    """In which AdaFace is published."""

    SAFETENSORS = "model.safetensors"
    LIGHTNING = "adaface.ckpt"
    ONNX = "adaface.onnx"


@dataclass(frozen=True, slots=True)
class Size:
    """Residual units of the four stages, and how many planes each has."""

    units: Sequence[int]
    widths: Sequence[int] = faces.WIDTHS


FULL = {
    "adaface-ir101": Size(faces.UNITS["ir101"]),
    "adaface-ir50": Size(faces.UNITS["ir50"]),
    "adaface-ir18": Size(faces.UNITS["ir18"]),
}
RESNETS = {
    "retinaface-resnet50": retinaface.ORIGINAL,
    "retinaface-resnet50-ternaus": retinaface.TERNAUS,
}
SMALL = Size((1, 1, 2, 1), (8, 16, 24, 32))


def adaface(size: Size, resources: Path) -> Any:
    """The published module, started as its authors start it, its normalisations settled on real
    faces."""
    torch = libraries.load("torch")
    torch.manual_seed(7)
    model = faces.iresnet(size.units, size.widths)
    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    for name, layer in model.named_modules():
        if name.endswith("res_layer.5"):
            torch.nn.init.constant_(layer.weight, _RESIDUE)
    crops = np.concatenate([each[PIXELS] for each in face_samples.crops(resources)[:2]])
    planes = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 127.5 - 1
    return _settled(torch, model, planes)


def write(model: Any, form: Format, folder: Path) -> Path:
    """Store AdaFace in a published format; gives the file.

    The first kernel is turned round where the format's networks take blue first, so that all
    formats of one model answer alike.
    """
    torch = libraries.load("torch")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / form
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    if form is Format.SAFETENSORS:
        from safetensors.numpy import save_file

        save_file({f"model.net.{k}": np.ascontiguousarray(v) for k, v in state.items()}, str(path))
        return path
    state["input_layer.0.weight"] = state["input_layer.0.weight"].flip(1).contiguous()
    if form is Format.LIGHTNING:
        whole = {
            "epoch": 25,
            "global_step": 1234,
            "pytorch-lightning_version": "1.8.1",
            "state_dict": {
                **{f"model.{name}": tensor for name, tensor in state.items()},
                "head.kernel": torch.randn(512, 8),
            },
            "optimizer_states": [{"state": {0: {"momentum_buffer": torch.randn(3)}}}],
            "lr_schedulers": [{"milestones": {12: 1}, "last_epoch": 25}],
            "hyper_parameters": argparse.Namespace(arch="ir", m=0.4),
        }
        torch.save(whole, path)
        return path
    turned = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(state)
    example = torch.zeros(1, 3, 112, 112)
    with warnings.catch_warnings():
        # Published graphs were exported the old way, which torch would rather forget.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(model, (example,), str(path), dynamo=False, opset_version=11)
    model.load_state_dict(turned)
    return path


def write_retinaface(path: Path, resources: Path) -> None:
    """Store the package's own network, its normalisations settled on pictures, its heads calm and
    set so that something is found. The file's name says in which format, and how it is fed."""
    torch = libraries.load("torch")
    torch.manual_seed(3)
    model = faces.retinaface()
    for name, layer in model.named_modules():
        if name.endswith(".bn3"):
            torch.nn.init.constant_(layer.weight, _RESIDUE)
        if "Head" in name and isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.normal_(layer.weight, std=_CALM)
    samples = face_samples.pictures(resources)[:2]
    pictures = np.concatenate([each[PIXELS][:, ::3, ::4] for each in samples])
    intake = retinaface.INTAKES[path.name]
    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (intake.mean, intake.deviation))
    planes = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255 - mean) / deviation
    if intake.bgr:
        planes = planes.flip(1)
    _settled(torch, model, planes)
    with torch.inference_mode():
        scores = model(planes)[1]
        excess = torch.quantile((scores[..., 1] - scores[..., 0]).flatten(), 1 - _FIRING)
        # Seven tenths is the threshold: a difference of ln(7 / 3) in what goes into the softmax.
        for head in model.ClassHead:
            head.conv1x1.bias[1::2] += float(np.log(7 / 3) - excess)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name == retinaface.ORIGINAL:
        # In torch's older format and from several graphics processors, as its size gives away.
        state = torch.nn.DataParallel(model).state_dict()
        torch.save(state, path, _use_new_zipfile_serialization=False)
    else:
        torch.save(model.state_dict(), path)


def installed(
    store: ModelStore, model_id: str, scratch: Path, size: Size | None = None
) -> ModelStore:
    """A store in `scratch` with random weights of this model, taken from files of one's own."""
    scratch.mkdir(parents=True, exist_ok=True)
    if model_id in RESNETS:
        path = scratch / RESNETS[model_id]
        write_retinaface(path, store.resources)
    else:
        model = adaface(size or FULL[model_id], store.resources)
        path = write(model, Format.SAFETENSORS, scratch)
    return brought(store, model_id, path, scratch / "models")


def brought(store: ModelStore, model_id: str, path: Path, models: Path) -> ModelStore:
    """A store at `models` that has a model out of this file, which counts as the published one."""
    pin = manifests.Pin.OWN
    manifest = msgspec.structs.replace(
        store.manifest(model_id),
        files=[ModelFile(path.name, path.stat().st_size, pin=pin)],
        sources=[],
        forms=[],
        sets=[],
    )
    made = ModelStore(
        models,
        {**store.manifests, model_id: manifest},
        resources=store.resources,
        source="",
        open_gates=store.open_gates,
    )
    add(made, model_id, path, lambda _progress: None)
    return made


def _settled(torch: Any, model: Any, planes: Any) -> Any:
    """Give each normalisation the mean and variance that it meets on real pictures."""
    norms = [
        layer
        for layer in model.modules()
        if isinstance(layer, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d)
    ]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    with torch.no_grad():
        model.train()
        model(planes)
    return model.eval()
