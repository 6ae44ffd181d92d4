"""Every face detector and embedder as a store that has it and the settings that choose it.

Published weights where a package carries them, random ones in the published format elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from engine_choice import Choice
from onnx import TensorProto, helper, numpy_helper

from heimdex.ml.benchmarks import random_faces
from heimdex.ml.benchmarks.random_faces import SMALL, Format
from heimdex.ml.reference import libraries
from heimdex.ml.store import ModelStore


@dataclass(frozen=True)
class Member:
    """`real`: its weights are the published ones, so that its answers mean something."""

    store: ModelStore
    choice: Choice
    real: bool


Make = Callable[[ModelStore, Path], Member]


def _published(**choice: str) -> Make:
    return lambda store, _scratch: Member(store, Choice().but(**choice), real=True)


def _adaface(store: ModelStore, scratch: Path) -> Member:
    made = random_faces.installed(store, "adaface-ir18", scratch, SMALL)
    return Member(made, Choice().but(face_model="adaface-ir18"), real=False)


def _arcface(store: ModelStore, scratch: Path) -> Member:
    model = random_faces.adaface(SMALL, store.resources)
    written = random_faces.write(model, Format.ONNX, scratch)
    path = written.rename(scratch / "w600k_r50.onnx")
    made = random_faces.brought(licensed(store), "insightface-w600k-r50", path, scratch / "models")
    return Member(made, Choice().but(face_model="insightface-w600k-r50"), real=False)


def _resnet(model_id: str) -> Make:
    def make(store: ModelStore, scratch: Path) -> Member:
        # Two threads wait for each other when other tests run beside this one.
        libraries.load("torch").set_num_threads(1)
        made = random_faces.installed(store, model_id, scratch)
        return Member(made, Choice().but(face_detector="retinaface"), real=False)

    return make


def _scrfd(store: ModelStore, scratch: Path) -> Member:
    scratch.mkdir(parents=True, exist_ok=True)
    path = scratch / "det_10g.onnx"
    onnx.save(scrfd(), str(path))
    made = random_faces.brought(licensed(store), "insightface-scrfd-10g", path, scratch / "models")
    return Member(made, Choice().but(face_detector="insightface-scrfd-10g"), real=False)


DETECTORS: dict[str, Make] = {
    "retinaface-mobilenet": _published(face_detector="retinaface-mobilenet"),
    "mtcnn": _published(face_detector="mtcnn"),
    "retinaface-resnet50": _resnet("retinaface-resnet50"),
    "retinaface-resnet50-ternaus": _resnet("retinaface-resnet50-ternaus"),
    "insightface-scrfd-10g": _scrfd,
}
EMBEDDERS: dict[str, Make] = {
    "sface": _published(face_model="sface"),
    "adaface-ir18": _adaface,
    "insightface-w600k-r50": _arcface,
}


MEMBERS = {**DETECTORS, **EMBEDDERS}


def licensed(store: ModelStore) -> ModelStore:
    """The same store for somebody who holds a licence."""
    return ModelStore(
        store.models_dir,
        store.manifests,
        resources=store.resources,
        source="",
        open_gates=["feature_face_licensed"],
    )


def scrfd() -> "onnx.ModelProto":
    """A detector with InsightFace's inputs and outputs: one convolution a stride and kind, set so
    that bright places are faces of two strides' width."""
    nodes: list[Any] = []
    weights: list[Any] = []
    outputs: list[Any] = []

    def constant(name: str, array: Any) -> str:
        weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    for kind, width in (("score", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            name = f"{kind}_{stride}"
            kernel = np.zeros((2 * width, 3, stride, stride), np.float32)
            bias = np.ones(2 * width, np.float32)
            if kind == "score":
                kernel[:] = 10 / (3 * stride * stride)
                bias[:] = (-8, -20)
            if kind == "kps":
                bias[:] = np.tile([0.3, 0.2, 0.7, 0.2, 0.5, 0.5, 0.3, 0.8, 0.7, 0.8], 2)
            inputs = ["input.1", constant(f"{name}_w", kernel), constant(f"{name}_b", bias)]
            nodes.append(
                helper.make_node(
                    "Conv", inputs, [f"{name}_c"], kernel_shape=[stride] * 2, strides=[stride] * 2
                )
            )
            nodes.append(
                helper.make_node("Transpose", [f"{name}_c"], [f"{name}_t"], perm=[0, 2, 3, 1])
            )
            shape = constant(f"{name}_s", np.array([-1, width], np.int64))
            flat = f"{name}_r" if kind == "score" else name
            nodes.append(helper.make_node("Reshape", [f"{name}_t", shape], [flat]))
            if kind == "score":
                nodes.append(helper.make_node("Sigmoid", [flat], [name]))
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width]))
    taken = helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [1, 3, None, None])
    graph = helper.make_graph(nodes, "scrfd", [taken], outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)
