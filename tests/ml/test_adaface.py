"""AdaFace gives the same vectors out of each format it is published in, and the authors' ones."""

import json
import subprocess
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from face_members import Member
from numpy.typing import NDArray

from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.ml import adaface, alignment, face_samples, graphs, torch_checkpoint
from heimdex.ml.acceleration import cases, forms, quantizing
from heimdex.ml.acceleration.forms import Form, Precision, Runtime
from heimdex.ml.benchmarks import random_faces
from heimdex.ml.benchmarks.random_faces import SMALL, Format
from heimdex.ml.graphs import PIXELS
from heimdex.ml.networks import iresnet
from heimdex.ml.reference import faces
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

torch = pytest.importorskip("torch")

ID = "adaface-ir18"


@pytest.fixture(scope="module")
def model(store: ModelStore) -> Any:
    return random_faces.adaface(SMALL, store.resources)


@pytest.fixture(scope="module")
def crops(store: ModelStore) -> list[RgbImage]:
    return list(face_samples.crops(store.resources)[-1][PIXELS][:6])


@pytest.fixture(scope="module")
def wanted(model: Any, crops: list[RgbImage]) -> NDArray[np.float32]:
    """What the published way gives: (x / 255 - .5) / .5, the module, length one."""
    planes = np.stack(crops).astype(np.float32).transpose(0, 3, 1, 2) / 255
    with torch.inference_mode():
        found = model(torch.from_numpy((planes - 0.5) / 0.5))
        vectors: NDArray[np.float32] = torch.nn.functional.normalize(found).numpy()
    return vectors


@pytest.mark.parametrize("form", Format)
def test_each_format_gives_the_authors_vectors(
    form: Format,
    model: Any,
    crops: list[RgbImage],
    wanted: NDArray[np.float32],
    store: ModelStore,
    tmp_path: Path,
) -> None:
    path = random_faces.write(model, form, tmp_path)
    made = random_faces.brought(store, ID, path, tmp_path / "models")
    engine = adaface.engine(made, made.manifest(ID), Compute())
    vectors = engine.embed(crops)
    assert vectors.shape == (6, 512)
    np.testing.assert_allclose(vectors, wanted, atol=1e-5)
    # What would give other vectors: other colours, another scale, a turned face.
    assert (np.abs(vectors - engine.embed([c[..., ::-1] for c in crops])).max(axis=1) > 0.01).all()
    assert (np.abs(vectors - engine.embed([c // 2 for c in crops])).max(axis=1) > 0.01).all()
    assert (np.abs(vectors - engine.embed([c[::-1] for c in crops])).max(axis=1) > 0.01).all()


def test_formats_that_take_blue_first_hold_the_other_order(model: Any, tmp_path: Path) -> None:
    """Otherwise the test above would pass with two mistakes."""
    first: dict[Format, NDArray[Any]] = {}
    for form in (Format.SAFETENSORS, Format.LIGHTNING):
        random_faces.write(model, form, tmp_path / form.name)
        tensors, bgr = adaface.weights(tmp_path / form.name)
        assert bgr is (form is Format.LIGHTNING)
        assert not [name for name in tensors if name.startswith(("head", "model", "net"))]
        first[form] = tensors["input_layer.0.weight"]
    one, other = first.values()
    np.testing.assert_array_equal(one, other[:, ::-1])
    assert np.abs(one - other).max() > 0.01


def test_torch_gives_the_same_vectors(
    model: Any, crops: list[RgbImage], wanted: NDArray[np.float32], tmp_path: Path
) -> None:
    """What runs on CUDA and MPS, here on the processor."""
    for form in (Format.SAFETENSORS, Format.LIGHTNING):
        random_faces.write(model, form, tmp_path / form.name)
        tensors, bgr = adaface.weights(tmp_path / form.name)
        network = faces.AdaFaceNetwork(tensors, bgr, "cpu", ID)
        (vectors,) = network.run({PIXELS: np.stack(crops)})
        np.testing.assert_allclose(vectors, wanted, atol=1e-5)


def test_the_template_is_the_published_one() -> None:
    assert alignment.TEMPLATE.tolist() == [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]


@pytest.mark.parametrize(("name", "units"), [("ir18", 8), ("ir50", 24), ("ir101", 49)])
def test_the_published_depths(name: str, units: int) -> None:
    assert sum(faces.UNITS[name]) == units
    with torch.device("meta"):
        state = faces.iresnet(faces.UNITS[name]).state_dict()
    assert f"body.{units - 1}.res_layer.5.running_var" in state
    assert state["output_layer.3.weight"].shape == (512, 25088)
    trained = sum(t.numel() for n, t in state.items() if not n.endswith("num_batches_tracked"))
    published = {"ir18": 96105345, "ir101": 260704652}
    if name in published:
        # The published graphs hold these numbers, normalisations folded, and little else.
        assert trained * 4 == pytest.approx(published[name], rel=0.003)


class AttributeDict(dict[str, Any]):
    """As Lightning keeps settings."""


def test_what_lightning_keeps_beside_the_tensors_is_passed_over(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("pytorch_lightning.utilities.parsing")
    for name in ("pytorch_lightning", "pytorch_lightning.utilities", module.__name__):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(AttributeDict, "__module__", module.__name__)
    monkeypatch.setattr(module, "AttributeDict", AttributeDict, raising=False)
    settings = AttributeDict(lr=0.1, milestones=[12, 20], score=np.float64(3.5))
    settings.note = "kept"  # type: ignore[attr-defined]
    state = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    path = tmp_path / "last.ckpt"
    torch.save(
        {"state_dict": state, "hyper_parameters": settings, "callbacks": {AttributeDict: {}}}, path
    )
    tensors = torch_checkpoint.read(path)
    assert {name.removeprefix("state_dict.") for name in tensors} == set(state)


def test_a_checkpoint_that_would_run_something_is_refused(model: Any, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (subprocess.call, (["touch", str(tmp_path / "ran")],))

    state = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    torch.save({"state_dict": state, "callbacks": Trap()}, tmp_path / "last.ckpt")
    with pytest.raises(ModelUnavailable, match="it asks for"):
        adaface.convert(tmp_path)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "model.onnx").exists()


def test_other_files_are_refused(model: Any, tmp_path: Path, store: ModelStore) -> None:
    with pytest.raises(ModelUnavailable, match="no AdaFace checkpoint"):
        adaface.convert(tmp_path)
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.ckpt")
    with pytest.raises(ModelUnavailable, match=r"other\.ckpt is no AdaFace checkpoint"):
        adaface.convert(tmp_path)
    state = model.state_dict()
    for gone in ("body.1.res_layer.5.weight", "output_layer.3.bias", "body.2."):
        kept = {f"model.{k}": v for k, v in state.items() if not k.startswith(gone)}
        torch.save({"state_dict": kept}, tmp_path / "other.ckpt")
        with pytest.raises(ModelUnavailable, match="not what it should be"):
            adaface.convert(tmp_path)
    (tmp_path / "other.ckpt").unlink()
    published = store.folder("sface") / "face_recognition_sface_2021dec_int8bq.onnx"
    (tmp_path / "adaface.onnx").write_bytes(published.read_bytes())
    adaface.convert(tmp_path)  # It takes faces of the same size: only the dims tell them apart.
    pnet = store.folder("mtcnn") / "pnet.onnx"
    (tmp_path / "adaface.onnx").write_bytes(pnet.read_bytes())
    with pytest.raises(ModelUnavailable, match="no graph of AdaFace"):
        adaface.convert(tmp_path)


def test_equalising_changes_nothing_in_float(
    model: Any, crops: list[RgbImage], wanted: NDArray[np.float32], tmp_path: Path
) -> None:
    """Also where planes are of very different width, which it is there for."""
    state = {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}
    rng = np.random.default_rng(0)
    for name in [n for n in state if n.endswith(("res_layer.0.weight", "res_layer.2.weight"))]:
        wide = np.exp(rng.normal(0, 2, len(state[name]))).astype(np.float32)
        kernel = name.replace("layer.0.weight", "layer.1.weight").replace("layer.2.", "layer.4.")
        state[name] *= wide
        state[name.replace("weight", "bias")] *= wide
        state[kernel] /= wide.reshape(1, -1, 1, 1)
    iresnet.write(state, tmp_path / "model.onnx", bgr=False)
    graph = forms.PLAIN.open(tmp_path / "model.onnx", Compute(), ID)
    np.testing.assert_allclose(graph.run({PIXELS: np.stack(crops)})[0], wanted, atol=1e-4)


def test_int8_keeps_the_vectors_with_the_first_unit_in_float(
    face_members: Mapping[str, Member], tmp_path: Path
) -> None:
    member = face_members[ID]
    (case,) = cases.of(member.store, member.store.manifest(ID))
    plain = member.store.path(ID, case.graph)
    batches = list(case.samples())
    quantizing.quantize(plain, tmp_path / "int8.onnx", batches[:3], case.keep_float)
    model = graphs.read(tmp_path / "int8.onnx")
    packed = {n.output[0] for n in model.graph.node if n.op_type == "DequantizeLinear"}
    kernels = {n.name: n.input[0] in packed for n in model.graph.node if n.op_type == "Conv"}
    assert not kernels["input_layer.0.out"]
    assert not kernels["body.0.res_layer.1.out"]
    assert kernels["body.1.res_layer.1.out"]
    assert kernels["body.4.res_layer.4.out"]
    truth = [forms.PLAIN.open(plain, Compute(), ID).run(batch) for batch in batches[3:]]
    for runtime in Runtime:
        form = Form(runtime, Precision.INT8)
        graph = form.open(tmp_path / "int8.onnx", Compute(), ID)
        assert case.likeness(truth, [graph.run(batch) for batch in batches[3:]]) > case.gate


def test_it_runs_without_torch_once_it_is_installed(face_members: Mapping[str, Member]) -> None:
    member = face_members[ID]
    code = f"""
import json, sys
from pathlib import Path
import numpy as np
from heimdex.ml import adaface, manifests
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore
models = Path({str(member.store.models_dir)!r})
store = ModelStore(models, manifests.load(Path("models")), source="")
engine = adaface.engine(store, store.manifest({ID!r}), Compute())
engine.embed([np.zeros((112, 112, 3), np.uint8)])
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
    checkout = Path(__file__).resolve().parents[2]
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=checkout
    )
    assert child.returncode == 0, child.stderr
    loaded = set(json.loads(child.stdout.splitlines()[-1]))
    assert "onnxruntime" in loaded
    assert not {"torch", "safetensors", "onnx"} & loaded
