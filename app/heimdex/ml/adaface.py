"""AdaFace in each format it is published in, to one network that takes the bytes of a face.

Kim, Jain and Liu, "AdaFace: Quality Adaptive Margin for Face Recognition", CVPR 2022. The
architecture is `networks.iresnet`'s affair, running it `face_embedding`'s, CUDA and MPS
`reference.faces`'.

The formats differ in names, in the order of colours and in whether vectors come out with length
one, but hold the same weights: the CVLface checkpoints give the figures of the authors' first ones
to the digit on LFW, CPLFW, CALFW and AgeDB.
"""

from pathlib import Path

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import (
    face_embedding,
    face_samples,
    runtime,
    safetensors_file,
    torch_checkpoint,
)
from heimdex.ml.acceleration.cases import Case, mean_cosine
from heimdex.ml.acceleration.graph import Graph
from heimdex.ml.face_embedding import GRAPH, GraphFaceEmbedder
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks import iresnet
from heimdex.ml.networks.building import Tensors
from heimdex.ml.reference import libraries
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

ENGINE = "adaface"
_FIRST = "input_layer.0.weight"
_CVLFACE = "net."
"""CVLface wraps the network once more than the first checkpoints do, and feeds it RGB."""
_KEEP_FLOAT = ("input_layer.", "body.0.", "shortcut.")
"""Names of nodes. The first unit sees the picture itself: int8 there alone costs as much
likeness as in all others together (.989 against .994 with 101 layers), and float costs a twentieth
of the time."""


def engine(store: ModelStore, manifest: Manifest, compute: Compute) -> GraphFaceEmbedder:
    """A `FaceEmbedder`: without torch on the processor, in torch on CUDA and MPS."""
    return GraphFaceEmbedder(store, manifest, compute, opening=_opened)


def weights(folder: Path) -> tuple[Tensors, bool]:
    """The network's tensors as the published module names them, and whether it takes blue first.

    `folder` holds a CVLface checkpoint or the authors' Lightning one, of which the training's own
    tensors and objects are passed over. `ModelUnavailable` when there is neither.
    """
    for path in sorted(folder.iterdir()):
        if path.suffix == ".safetensors":
            tensors: Tensors = safetensors_file.read(path)
        elif path.suffix in (".ckpt", ".pt"):
            tensors = torch_checkpoint.read(path)
        else:
            continue
        first = next((name for name in tensors if name.endswith(_FIRST)), None)
        if first is None:
            raise ModelUnavailable(f"{path.name} is no AdaFace checkpoint; download it again.")
        prefix = first.removesuffix(_FIRST)
        # The head that only training needs is four times as large as the network; it is not read.
        own = {k.removeprefix(prefix): tensors[k] for k in tensors if k.startswith(prefix)}
        return own, not prefix.endswith(_CVLFACE)
    raise ModelUnavailable("There is no AdaFace checkpoint here; download it again.")


def convert(folder: Path) -> None:
    """Make `model.onnx` out of the published file in `folder`. `ModelUnavailable` when it does not
    fit."""
    published = [path for path in folder.glob("*.onnx") if path.name != GRAPH]
    if published:
        face_embedding.convert(published[0], folder / GRAPH, "AdaFace", bgr=True)
        return
    tensors, bgr = weights(folder)
    try:
        iresnet.write(tensors, folder / GRAPH, bgr=bgr)
    except (ValueError, IndexError) as error:
        raise ModelUnavailable(
            f"The published file of AdaFace is not what it should be ({error}); download it again."
        ) from error


def tuning_cases(store: ModelStore, _manifest: Manifest) -> list[Case]:
    """The network on aligned crops in batches."""
    return [
        Case(
            GRAPH,
            lambda: face_samples.crops(store.resources),
            mean_cosine(),
            face_embedding.GATE,
            _KEEP_FLOAT,
        )
    ]


def _opened(store: ModelStore, manifest: Manifest, compute: Compute) -> Graph:
    """torch where a graphics processor is asked for and the checkpoint is here; the ONNX form has
    only its graph, which onnxruntime may be able to run there."""
    if compute.device == runtime.CPU:
        return face_embedding.plainly(store, manifest, compute)
    folder = store.path(manifest.id, GRAPH).parent
    if any(path.suffix in (".safetensors", ".ckpt", ".pt") for path in folder.iterdir()):
        device = runtime.choose_device(compute.device, libraries.devices(), manifest.id)
        if device != runtime.CPU:
            from heimdex.ml.reference.faces import AdaFaceNetwork

            tensors, bgr = weights(folder)
            return AdaFaceNetwork(tensors, bgr, device, manifest.id)
    return face_embedding.plainly(store, manifest, compute)
