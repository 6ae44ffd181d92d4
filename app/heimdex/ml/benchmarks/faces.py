"""How much faster faces are found and told apart here than by the published code, one at a time.

Pictures and crops are Heimdex's own, the same as the quick forms are found on, but others of them.
Published weights are used where they are installed; random ones of the full size are written for
the rest, which needs torch.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from heimdex.domain.media import RgbImage
from heimdex.ml import (
    adaface,
    boxes,
    face_embedding,
    face_samples,
    manifests,
    mtcnn,
    retinaface,
    runtime,
)
from heimdex.ml.acceleration import forms, opening, tuning
from heimdex.ml.acceleration.cases import Outputs
from heimdex.ml.acceleration.graph import Arrays, Graph
from heimdex.ml.benchmarks import Row, random_faces, turns
from heimdex.ml.benchmarks.turns import Taken, Way, Work
from heimdex.ml.face_embedding import GraphFaceEmbedder
from heimdex.ml.graphs import PIXELS
from heimdex.ml.reference import faces, libraries
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

ADAFACE = ("adaface-ir101", "adaface-ir50", "adaface-ir18")
RESNET = "retinaface-resnet50"
GRAPHS = ("retinaface-mobilenet", "mtcnn", "sface")
"""Published as ONNX or as bare arrays: the plain way is onnxruntime, in float32, one at a time."""
_HERE = "heimdex.ml.benchmarks.faces"
_PARTS = 2
_MOST = 16
"""Boxes of one picture that are handed over to be compared."""


def rows(
    store: ModelStore,
    threads: int,
    scratch: Path,
    report: Callable[[str], None] = lambda _: None,
    size: random_faces.Size | None = None,
    rounds: int = 2,
    models: tuple[str, ...] = (*ADAFACE, RESNET, *GRAPHS),
) -> Iterator[Row]:
    """A row a model. `scratch` is an empty folder with 1.5 GB of room; `size` makes AdaFace small.

    `ModelUnavailable` when torch or retinaface-pytorch is not installed.
    """
    libraries.load("torch")
    for model_id in models:
        made_up = not store.is_installed(model_id)
        if made_up and model_id in GRAPHS:
            continue
        place = scratch / model_id
        used = store
        if made_up:
            report(f"{model_id}: writing random weights")
            used = random_faces.installed(store, model_id, place / "made", size)
            report(f"{model_id}: finding the quickest form")
            tuning.tune(used, model_id, threads, report)
        report(f"{model_id}: taking turns")
        yield from _rows(used, model_id, threads, place, rounds, made_up)


def _rows(
    store: ModelStore, model_id: str, threads: int, place: Path, rounds: int, made_up: bool
) -> Iterator[Row]:
    manifest = store.manifest(model_id)
    arguments = {
        "models": str(store.models_dir),
        "resources": str(store.resources),
        "manifest": msgspec.json.encode(manifest).decode(),
        "threads": threads,
    }
    embeds = manifest.family is manifests.Family.FACE_EMBEDDER
    kind = "embedding" if embeds else "finding"
    names = [f"our_{kind}", f"plain_{kind}", *(["package_finding"] if model_id == RESNET else [])]
    ways = tuple(Way(f"{_HERE}:{name}", arguments) for name in names)
    ours, plain, *package = turns.measure(ways, _PARTS, rounds, threads, place)
    said = {
        RESNET: "torch, float32, one picture at a time",
        **dict.fromkeys(ADAFACE, "torch, float32, one face at a time"),
    }
    form = opening.chosen_form(store, model_id, retinaface.GRAPH, _plain_path(store, model_id))[0]
    if embeds:
        likeness = _cosine(plain, ours)
    elif manifest.engine == "retinaface":
        likeness = _agreement(plain, ours, manifest.limits().match)
    else:
        likeness = _overlap(plain, ours)
    row = Row(
        family="faces",
        model=manifest.title,
        plain=said.get(model_id, "onnxruntime, float32, one at a time"),
        plain_s=plain.seconds,
        ours_s=ours.seconds,
        parity="mean cosine" if embeds else "overlap of boxes",
        parity_value=likeness,
        plain_mb=plain.megabytes,
        ours_mb=ours.megabytes,
        note=f"{form.name}{'; random weights' if made_up else ''}",
    )
    yield row
    for taken in package:
        # Around its network the package fills pictures up to squares, and with another colour, to
        # which random weights answer with other faces: the likeness is that of the networks.
        yield replace(
            row, plain="retinaface-pytorch", plain_s=taken.seconds, plain_mb=taken.megabytes
        )


def _plain_path(store: ModelStore, model_id: str) -> Path:
    name = "pnet.onnx" if model_id == "mtcnn" else retinaface.GRAPH
    return store.path(model_id, name)


def _cosine(plain: Taken, ours: Taken) -> float:
    one, other = (np.concatenate(taken.results) for taken in (plain, ours))
    return float((one * other).sum(axis=1).mean())


def _agreement(plain: Taken, ours: Taken, least: float) -> float:
    """As when the quick form was chosen, of what the networks answered."""
    answers: list[list[Outputs]] = [
        [list(np.split(each[None], [4, 6], axis=-1)) for each in np.concatenate(taken.results)]
        for taken in (plain, ours)
    ]
    return retinaface.agreement(answers[0], answers[1], least)


def _overlap(plain: Taken, ours: Taken) -> float:
    one, other = (np.concatenate(taken.results) for taken in (plain, ours))
    found: list[float] = []
    for mine, theirs in ((one, other), (other, one)):
        for boxed, there in zip(mine, theirs, strict=True):
            there = there[there[:, 2] > 0]
            for box in boxed[boxed[:, 2] > 0]:
                found.append(float(boxes.overlaps(box, there).max()) if len(there) else 0.0)
    return float(np.mean(found)) if found else 1.0


def plain_embedding(models: str, resources: str, manifest: str, threads: int) -> Work:
    """The published way: the module in eager torch, float32, a face at a time."""
    store, model_id = _store(models, resources, manifest)
    crops = _crops(store)
    if model_id not in ADAFACE:
        session = runtime.onnx_session(_plain_path(store, model_id), Compute(threads=threads), "")
        return lambda part: runtime.unit(
            np.concatenate([session.run(None, {PIXELS: c[None]})[0] for c in crops[part]])
        )
    libraries.load("torch").set_num_threads(threads)
    tensors, bgr = adaface.weights(store.path(model_id, face_embedding.GRAPH).parent)
    network = faces.AdaFaceNetwork(tensors, bgr, runtime.CPU, model_id)
    return lambda part: np.concatenate([network.run({PIXELS: c[None]})[0] for c in crops[part]])


def our_embedding(models: str, resources: str, manifest: str, threads: int) -> Work:
    """As indexing does it."""
    store, model_id = _store(models, resources, manifest)
    engine = GraphFaceEmbedder(store, store.manifest(model_id), Compute(threads=threads))
    engine.load()
    crops = _crops(store)
    return lambda part: engine.embed(crops[part])


def plain_finding(models: str, resources: str, manifest: str, threads: int) -> Work:
    """The published way: the package's network in eager torch, float32, a picture at a time."""
    store, model_id = _store(models, resources, manifest)
    if model_id != RESNET:
        path, compute = _plain_path(store, model_id), Compute(threads=threads)
        return _finding(store, model_id, threads, forms.PLAIN.open(path, compute, model_id))
    libraries.load("torch").set_num_threads(threads)
    source = store.path(model_id, retinaface.ORIGINAL)
    network = faces.RetinaFaceNetwork(*retinaface.weights(source), runtime.CPU, model_id)
    return _finding(store, model_id, threads, network)


def our_finding(models: str, resources: str, manifest: str, threads: int) -> Work:
    """As indexing does it."""
    store, model_id = _store(models, resources, manifest)
    graph = None
    if model_id != "mtcnn":
        graph = opening.open_graph(store, model_id, retinaface.GRAPH, Compute(threads=threads))
    return _finding(store, model_id, threads, graph)


def package_finding(models: str, resources: str, manifest: str, threads: int) -> Work:
    """The published way with all that `retinaface-pytorch` does around its network."""
    store, model_id = _store(models, resources, manifest)
    libraries.load("torch").set_num_threads(threads)
    source = store.path(model_id, retinaface.ORIGINAL)
    package = faces.RetinaFacePackage(*retinaface.weights(source), retinaface.EDGE, model_id)
    pictures = _frames(store)
    return lambda part: np.stack([_best(package.detect(each)) for each in pictures[part::_PARTS]])


class _Kept:
    """A network whose last answer is kept, to be compared."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.last: Outputs = []

    def run(self, inputs: Arrays) -> Outputs:
        """See `Graph`."""
        self.last = self._graph.run(inputs)
        return self.last


def _finding(store: ModelStore, model_id: str, threads: int, graph: Graph | None) -> Work:
    pictures = _frames(store)
    compute = Compute(threads=threads)
    if model_id == "mtcnn" or graph is None:
        cascade = mtcnn.Mtcnn(store, store.manifest(model_id), compute)
        return lambda part: np.stack(
            [
                _best([face.box for face in cascade.detect([picture])[0]])
                for picture in pictures[part::_PARTS]
            ]
        )
    kept = _Kept(graph)
    engine = retinaface.RetinaFace(store, store.manifest(model_id), compute)
    engine.use(kept)

    def work(part: int) -> NDArray[Any]:
        answers = []
        for picture in pictures[part::_PARTS]:
            engine.detect([picture])
            answers.append(np.concatenate([output[0] for output in kept.last], axis=-1))
        return np.stack(answers)

    return work


def _best(found: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """The best boxes, filled up with empty ones."""
    made = np.zeros((_MOST, 4), np.float32)
    for row, box in zip(made, found, strict=False):
        row[:] = box
    return made


def _frames(store: ModelStore) -> list[RgbImage]:
    pictures = face_samples.pictures(store.resources)
    later = pictures[len(pictures) // 2 :]
    return [each[PIXELS][0, : face_samples.HEIGHT] for each in later]


def _crops(store: ModelStore) -> list[list[RgbImage]]:
    batches = face_samples.crops(store.resources)
    return [list(each[PIXELS]) for each in batches[-_PARTS:]]


def _store(models: str, resources: str, manifest: str) -> tuple[ModelStore, str]:
    described = msgspec.json.decode(manifest, type=manifests.Manifest)
    known = {described.id: described}
    return ModelStore(Path(models), known, resources=Path(resources), source=""), described.id
