"""The quickest form that agrees is kept, used, and given up where it no longer fits."""

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from heimdex.domain.errors import Cancelled, ModelUnavailable
from heimdex.ml.acceleration import cases, choices, forms, quantizing, tuning
from heimdex.ml.acceleration.cases import Case, Outputs, mean_cosine
from heimdex.ml.acceleration.forms import PLAIN, Form, Precision, Runtime
from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.acceleration.opening import chosen_form, open_graph
from heimdex.ml.delivery import installation
from heimdex.ml.manifests import Manifest
from heimdex.ml.networks.building import Network
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

WIDTH, HEADS, LENGTH, LAYERS = 128, 4, 16, 2
RNG = np.random.default_rng(7)


def weights() -> dict[str, np.ndarray]:
    tensors = {}
    for layer in range(LAYERS):
        for name in ("q", "k", "v", "o", "up", "down"):
            rows, columns = {"up": (256, WIDTH), "down": (WIDTH, 256)}.get(name, (WIDTH, WIDTH))
            matrix = RNG.normal(0, columns**-0.5, (rows, columns)).astype(np.float32)
            tensors[f"{layer}.{name}.weight"] = matrix
            tensors[f"{layer}.{name}.bias"] = RNG.normal(0, 0.02, rows).astype(np.float32)
        tensors[f"{layer}.norm.weight"] = np.ones(WIDTH, np.float32)
        tensors[f"{layer}.norm.bias"] = np.zeros(WIDTH, np.float32)
    return tensors


def write_transformer(path: Path) -> None:
    net = Network(weights())
    x = net.input("x", "FLOAT", ["batch", LENGTH, WIDTH])
    for layer in range(LAYERS):
        h = net.layer_norm(x, f"{layer}.norm", 1e-5)
        parts = [net.linear(h, f"{layer}.{name}") for name in "qkv"]
        x = net.add("Add", x, net.linear(net.attend(*parts, HEADS, WIDTH), f"{layer}.o"))
        x = net.add("Add", x, net.linear(net.gelu(net.linear(x, f"{layer}.up")), f"{layer}.down"))
    net.output(x, "y", ["batch", LENGTH, WIDTH])
    net.write("small", path)


def samples() -> list[Arrays]:
    return [{"x": RNG.normal(0, 1, (4, LENGTH, WIDTH)).astype(np.float32)} for _ in range(4)]


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """An installed model of one network."""
    source = tmp_path / "source" / "text" / "small"
    source.mkdir(parents=True)
    write_transformer(source / "net.onnx")
    content = (source / "net.onnx").read_bytes()
    file = {"name": "net.onnx", "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    described = {
        "id": "small",
        "family": "text",
        "title": "Small",
        "revision": "1",
        "tier": "starter",
        "folder": "text/small",
        "licence": "MIT",
        "licence_url": "https://example.org",
        "commercial_use": True,
        "files": [file],
        "sources": [{"kind": "url", "files": {"net.onnx": "https://example.org/net.onnx"}}],
    }
    manifest = msgspec.convert(described, Manifest)
    store = ModelStore(tmp_path / "models", {"small": manifest}, source=str(tmp_path / "source"))
    installation.install(store, ["small"], lambda plan: True, lambda progress: None)
    return store


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    """Lets the model have these cases."""

    def give(*given: Case) -> None:
        monkeypatch.setattr(cases, "of", lambda store, manifest: list(given))

    return give


def never_alike(plain: Sequence[Outputs], quick: Sequence[Outputs]) -> float:
    return 0.0


def test_a_form_that_agrees_is_kept_and_used(store: ModelStore, use) -> None:
    use(Case("net.onnx", samples, mean_cosine(), 0.98))
    chosen = tuning.tune(store, "small", 1)["net.onnx"]
    results = {each.form: each for each in chosen.measured}
    fine = Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS_FINE).name
    assert fine not in results, "the coarser form was good enough"
    assert {fine, *results} == {
        PLAIN.name,
        *(f.name for f in forms.candidates(store.path("small", "net.onnx"))),
    }
    ran = [each for each in chosen.measured if not each.refused]
    assert len(ran) >= 4, chosen.measured
    assert all(each.likeness >= 0.98 for each in ran)
    form, path = chosen_form(store, "small", "net.onnx", store.path("small", "net.onnx"))
    assert form.name == chosen.form
    kept = {p.name for p in choices.folder(store, "small").iterdir()}
    assert kept == {"choice.json", *chosen.files}
    if not form.is_plain:
        assert path.name in kept
    (sample,) = samples()[:1]
    compute = Compute(threads=1)
    quick = open_graph(store, "small", "net.onnx", compute).run(sample)[0]
    plain = PLAIN.open(store.path("small", "net.onnx"), compute, "small").run(sample)[0]
    assert mean_cosine()([[plain]], [[quick]]) > 0.98
    assert store.verify("small").state.value == "installed"


def test_nothing_is_kept_that_does_not_agree(store: ModelStore, use) -> None:
    use(Case("net.onnx", samples, never_alike, 0.5))
    chosen = tuning.tune(store, "small", 1)["net.onnx"]
    assert chosen.form == PLAIN.name
    assert not chosen.files
    refused = [each.refused for each in chosen.measured[1:]]
    assert refused
    assert all("differ" in each for each in refused), refused
    assert chosen_form(store, "small", "net.onnx", store.path("small", "net.onnx"))[0] == PLAIN


def test_cancelling_leaves_no_trace(store: ModelStore, use) -> None:
    use(Case("net.onnx", samples, mean_cosine(), 0.98))

    def stop(_: str) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        tuning.tune(store, "small", 1, stop)
    assert [p.name for p in store.folder("small").iterdir() if p.is_dir()] == []
    assert store.is_installed("small")


def kept_form(store: ModelStore, use) -> tuple[Form, Path]:
    """Tunes until a form with a file of its own is kept, by giving only that one a chance."""
    wanted = Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS)
    plain = store.path("small", "net.onnx")
    place = choices.folder(store, "small")
    place.mkdir()
    target = wanted.file_for(plain, place)
    quantizing.quantize_weights(plain, target)
    record = tuning._records(store, [target])
    measured = [choices.Measured(PLAIN.name, 1.0, 1.0), choices.Measured(wanted.name, 0.5, 0.999)]
    chosen = choices.Chosen(wanted.name, record, measured)
    choices.write(store, "small", choices.this_machine(1), {"net.onnx": chosen})
    assert chosen_form(store, "small", "net.onnx", plain) == (wanted, target)
    assert chosen.ratio == 2.0
    return wanted, target


def test_a_damaged_form_is_not_opened(
    store: ModelStore, use, caplog: pytest.LogCaptureFixture
) -> None:
    _, path = kept_form(store, use)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    with caplog.at_level(logging.WARNING):
        graph = open_graph(store, "small", "net.onnx", Compute(threads=1))
    assert "heimdex models tune small" in caplog.text
    plain = PLAIN.open(store.path("small", "net.onnx"), Compute(threads=1), "small")
    (sample,) = samples()[:1]
    np.testing.assert_array_equal(graph.run(sample)[0], plain.run(sample)[0])


@pytest.mark.parametrize(
    ("key", "value"), [("processor", "another"), ("form", "abacus fp32"), ("layout", 99)]
)
def test_a_choice_that_does_not_fit_is_left_alone(
    store: ModelStore, use, key: str, value: object
) -> None:
    kept_form(store, use)
    file = choices.folder(store, "small") / "choice.json"
    document = json.loads(file.read_text())
    where = {"processor": document["machine"], "form": document["graphs"]["net.onnx"]}
    where.get(key, document)[key] = value
    file.write_text(json.dumps(document))
    assert chosen_form(store, "small", "net.onnx", store.path("small", "net.onnx"))[0] == PLAIN


def test_int8_weights_are_close_in_every_runtime(store: ModelStore, tmp_path: Path) -> None:
    plain = store.path("small", "net.onnx")
    packed = tmp_path / "packed.onnx"
    quantizing.quantize_weights(plain, packed)
    assert packed.stat().st_size < plain.stat().st_size / 3
    (sample,) = samples()[:1]
    compute = Compute(threads=1)
    truth = PLAIN.open(plain, compute, "small").run(sample)
    for form in (PLAIN, Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS)):
        assert mean_cosine()([truth], [form.open(packed, compute, "small").run(sample)]) > 0.999


def test_weights_that_are_kept_as_they_are(store: ModelStore, tmp_path: Path) -> None:
    import onnx

    packed = tmp_path / "packed.onnx"
    quantizing.quantize_weights(store.path("small", "net.onnx"), packed, (), ("0.",))
    stored = {t.name: t.data_type for t in onnx.load(str(packed)).graph.initializer}
    assert stored["0.q.weight.T"] == onnx.TensorProto.FLOAT
    assert stored["1.q.weight.T_int8"] == onnx.TensorProto.INT8


@pytest.mark.parametrize("runtime", list(Runtime))
def test_a_graph_that_is_none_is_refused(tmp_path: Path, runtime: Runtime) -> None:
    broken = tmp_path / "net.onnx"
    broken.write_bytes(b"no graph at all")
    with pytest.raises(ModelUnavailable, match=r"net\.onnx"):
        Form(runtime, Precision.FLOAT32).open(broken, Compute(threads=1), "small")


def test_outputs_outlive_the_next_pass(store: ModelStore) -> None:
    graph = Form(Runtime.OPENVINO, Precision.FLOAT32).open(
        store.path("small", "net.onnx"), Compute(threads=1), "small"
    )
    first, second = samples()[:2]
    outputs = graph.run(first)[0]
    before = outputs.copy()
    graph.run(second)
    np.testing.assert_array_equal(outputs, before)


def test_convolutions_keep_their_answers_in_int8(tmp_path: Path) -> None:
    net = Network({})
    x = net.input("x", "FLOAT", ["batch", 8, 24, 24])
    for layer in range(4):
        weight = RNG.normal(0, 72**-0.5, (8, 8, 3, 3)).astype(np.float32)
        kernel = net.constant(f"{layer}.weight", weight)
        bias = net.constant(f"{layer}.bias", RNG.normal(0, 0.1, 8).astype(np.float32))
        y = net.add("Conv", x, kernel, bias, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        slope = net.constant(f"{layer}.slope", np.full((8, 1, 1), 0.25, np.float32))
        x = net.add("Add", x, net.add("PRelu", y, slope))
    net.output(x, "y", ["batch", 8, 24, 24])
    plain, small = tmp_path / "net.onnx", tmp_path / "net.int8.onnx"
    net.write("convolutions", plain)
    given = [{"x": RNG.normal(0, 1, (2, 8, 24, 24)).astype(np.float32)} for _ in range(4)]
    quantizing.quantize(plain, small, given[:3])
    compute = Compute(threads=1)
    truth = PLAIN.open(plain, compute, "net").run(given[3])
    for runtime in Runtime:
        quick = Form(runtime, Precision.INT8).open(small, compute, "net").run(given[3])
        assert mean_cosine()([truth], [quick]) > 0.99


def test_a_file_that_two_forms_run_outlives_the_slower_one(
    store: ModelStore, use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Case("net.onnx", samples, mean_cosine(), 0.9))
    weights = Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS)
    halved = Form(Runtime.OPENVINO, Precision.INT8_WEIGHTS_BF16)
    assert weights.file_for(Path("a.onnx"), Path("b")) == halved.file_for(Path("a.onnx"), Path("b"))
    monkeypatch.setattr(forms, "candidates", lambda plain: [weights, halved])
    measure = tuning._Bench._measure

    def ever_quicker(self, form, path, judged):
        return measure(self, form, path, judged)[0], {PLAIN: 3.0, weights: 2.0}.get(form, 1.0)

    monkeypatch.setattr(tuning._Bench, "_measure", ever_quicker)
    (chosen,) = tuning.tune(store, "small", threads=1).values()
    assert chosen.form == halved.name
    assert list(chosen.files) == ["net.int8-weights.onnx"]
    form, path = chosen_form(store, "small", "net.onnx", store.path("small", "net.onnx"))
    assert form == halved
    assert path.exists()
