"""BGE-M3 without torch gives what its authors' implementation gives, also when memory is short.

The architecture is exact and small, the weights are random, the files are of the published kinds.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import random_bge_m3
from heimdex.domain.engines import SparseTextEmbedder
from heimdex.domain.errors import EngineFailed, ModelUnavailable
from heimdex.ml import bge_m3, safetensors_file, torch_checkpoint
from heimdex.ml.acceleration import tuning
from heimdex.ml.acceleration.memory import OutOfMemory
from heimdex.ml.bge_m3 import BgeM3
from heimdex.ml.networks import xlm_roberta
from heimdex.ml.reference import libraries
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore
from heimdex.ml.tokens import Tokens

PASSAGES = random_bge_m3.passages()
CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def engine(small_bge_m3: ModelStore) -> Iterator[BgeM3]:
    made = BgeM3(small_bge_m3, small_bge_m3.manifest("bge-m3"), Compute())
    yield made
    made.unload()


@pytest.fixture(scope="module")
def published(small_bge_m3: ModelStore) -> dict[str, Any]:
    """What FlagEmbedding's own call gives for the passages."""
    flag = libraries.load("FlagEmbedding")
    model = flag.BGEM3FlagModel(str(small_bge_m3.folder("bge-m3")), use_fp16=False, devices=["cpu"])
    answer: dict[str, Any] = model.encode(
        PASSAGES, max_length=bge_m3.LONGEST, return_dense=True, return_sparse=True
    )
    return answer


def test_vectors_and_weights_are_those_of_flagembedding(
    engine: BgeM3, published: dict[str, Any]
) -> None:
    dense, sparse = engine.embed_sparse(PASSAGES)
    cosines = (dense * published["dense_vecs"]).sum(axis=1)
    assert cosines.min() > 0.999
    # Otherwise any two vectors would pass.
    other = dense @ dense.T
    assert np.median(other[~np.eye(len(other), dtype=bool)]) < 0.8
    assert len(sparse) == len(PASSAGES)
    for ours, theirs in zip(sparse, published["lexical_weights"], strict=True):
        expected = {int(token): float(weight) for token, weight in theirs.items()}
        found = dict(zip(ours.tokens.tolist(), ours.weights.tolist(), strict=True))
        # A weight that is all but nothing may be nothing in one of the two.
        for token in set(expected) | set(found):
            assert found.get(token, 0) == pytest.approx(expected.get(token, 0), abs=0.03)


def test_the_quick_form_agrees_with_the_plain_one(
    small_bge_m3: ModelStore, published: dict[str, Any], tmp_path: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(small_bge_m3.models_dir, models)
    store = ModelStore(models, small_bge_m3.manifests, resources=small_bge_m3.resources, source="")
    (chosen,) = tuning.tune(store, "bge-m3", threads=1).values()
    likeness = {result.form: result.likeness for result in chosen.measured if not result.refused}
    assert likeness["openvino int8-weights"] > 0.99
    dense = BgeM3(store, store.manifest("bge-m3"), Compute()).embed(PASSAGES)
    assert (dense * published["dense_vecs"]).sum(axis=1).mean() > 0.99


def test_sparse_vectors_hold_each_word_once_and_no_marks(engine: SparseTextEmbedder) -> None:
    _, (once, twice, empty) = engine.embed_sparse(["생일 축하해", "생일 축하해 생일 축하해", ""])
    for vector in (once, twice):
        assert vector.tokens.dtype == np.uint32
        assert vector.weights.dtype == np.float32
        assert (np.diff(vector.tokens.astype(int)) > 0).all()
        assert (vector.weights > 0).all()
        assert not set(vector.tokens.tolist()) & {0, 1, 2, 3}
    assert len(once.tokens) > 0
    assert len(empty.tokens) == len(empty.weights) == 0


def test_the_largest_weight_of_a_token_counts() -> None:
    special = np.array([0, 1, 2, 3])
    weights = np.array([9, 0.5, 2, 0, 1, 9], np.float32)
    vector = bge_m3.token_weights([0, 8, 5, 7, 8, 2], weights, special)
    assert vector.tokens.tolist() == [5, 8]
    assert vector.weights.tolist() == [2, 1]


@pytest.mark.parametrize("lengths", [[], [5], [512] * 3, [3, 500, 3, 90, 88, 400, 12] * 20])
def test_batches_hold_every_text_once_and_little_padding(lengths: list[int]) -> None:
    groups = bge_m3.batches(lengths)
    assert sorted(at for group in groups for at in group) == list(range(len(lengths)))
    for group in groups:
        longest = max(lengths[at] for at in group)
        assert longest * len(group) <= 512 or len(group) == 1
    padded = sum(max(lengths[at] for at in group) * len(group) for group in groups)
    assert padded <= 1.1 * sum(lengths)


class Small:
    """A network that has room for a few tokens only."""

    def __init__(self, inner: bge_m3.Network, room: int) -> None:
        self.special, self.tokens, self.inner, self.room = inner.special, inner.tokens, inner, room
        self.tries: list[int] = []

    def run(self, rows):
        self.tries.append(len(rows))
        if sum(map(len, rows)) > self.room:
            raise OutOfMemory("no room")
        return self.inner.run(rows)


def test_a_batch_that_does_not_fit_is_halved(
    engine: BgeM3, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = PASSAGES[:12]
    expected = engine.embed_sparse(texts)
    network = Small(engine._loaded(), room=260)
    monkeypatch.setattr(engine, "_network", network)
    dense, sparse = engine.embed_sparse(texts)
    np.testing.assert_allclose(dense, expected[0], atol=1e-4)
    assert [v.tokens.tolist() for v in sparse] == [v.tokens.tolist() for v in expected[1]]
    assert max(network.tries) > 1
    network.room = 10
    with pytest.raises(EngineFailed, match="not enough memory for one text with bge-m3"):
        engine.embed(texts)


def test_nothing_imports_torch_on_the_processor(small_bge_m3: ModelStore) -> None:
    script = (
        "import sys, random_bge_m3 as r, numpy as np\n"
        "from pathlib import Path\n"
        "from heimdex.ml import factory\n"
        "from heimdex.ml.store import ModelStore\n"
        "from heimdex.config.settings import Settings\n"
        "known = r.described(Path(sys.argv[1]))\n"
        "store = ModelStore(Path(sys.argv[2]), known, resources=r.RESOURCES, source='')\n"
        "for device in ('cpu', 'auto'):\n"
        "    engine = factory.text(Settings(text_model='bge-m3', text_device=device), store)\n"
        "    dense, sparse = engine.embed_sparse(['생일 축하해', 'happy birthday'])\n"
        "    assert dense.shape == (2, 96) and len(sparse[0].tokens)\n"
        "print(sorted({n.partition('.')[0] for n in sys.modules}))\n"
    )
    files = small_bge_m3.folder("bge-m3")
    child = subprocess.run(
        [sys.executable, "-c", script, str(files), str(small_bge_m3.models_dir)],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT / "tests",
    )
    assert child.returncode == 0, child.stderr
    for name in ("torch", "transformers", "FlagEmbedding", "onnx"):
        assert f"'{name}'" not in child.stdout
    assert "'tokenizers'" in child.stdout


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_named(small_bge_m3: ModelStore, device: str) -> None:
    engine = BgeM3(small_bge_m3, small_bge_m3.manifest("bge-m3"), Compute(device))
    with pytest.raises(ModelUnavailable, match=f"bge-m3 cannot run on {device}"):
        engine.load()


def test_without_torch_a_device_says_what_to_install(
    small_bge_m3: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    engine = BgeM3(small_bge_m3, small_bge_m3.manifest("bge-m3"), Compute("cuda"))
    with pytest.raises(ModelUnavailable, match="scripts/setup --torch"):
        engine.load()


def test_a_checkpoint_in_safetensors_gives_the_same_network(
    small_bge_m3: ModelStore, tmp_path: Path
) -> None:
    from safetensors.numpy import save_file

    for name in ("config.json", "sparse_linear.pt", "pytorch_model.bin"):
        shutil.copy2(small_bge_m3.folder("bge-m3") / name, tmp_path)
    whole = torch_checkpoint.read(tmp_path / "pytorch_model.bin")
    # Some are published as the encoder of a model with a head.
    save_file(
        {f"roberta.{n}": np.array(a) for n, a in whole.items()}, tmp_path / "model.safetensors"
    )
    del whole
    (tmp_path / "pytorch_model.bin").unlink()
    bge_m3.convert(tmp_path)
    for made in (bge_m3.GRAPH, f"{bge_m3.GRAPH}.data", bge_m3.WORDS):
        theirs = small_bge_m3.folder("bge-m3") / made
        assert (tmp_path / made).read_bytes() == theirs.read_bytes()
    assert len(safetensors_file.read(tmp_path / "model.safetensors")) > 50


@pytest.mark.parametrize("damaged", ["config.json", "pytorch_model.bin", "sparse_linear.pt"])
def test_files_of_another_model_are_refused(
    small_bge_m3: ModelStore, tmp_path: Path, damaged: str
) -> None:
    for name in ("config.json", "sparse_linear.pt", "pytorch_model.bin"):
        shutil.copy2(small_bge_m3.folder("bge-m3") / name, tmp_path)
    wrong = {
        "config.json": b'{"model_type": "bert", "hidden_act": "gelu"}',
        "pytorch_model.bin": (tmp_path / "sparse_linear.pt").read_bytes(),
        "sparse_linear.pt": (small_bge_m3.folder("bge-m3") / "colbert_linear.pt").read_bytes(),
    }
    (tmp_path / damaged).write_bytes(wrong[damaged])
    with pytest.raises(ModelUnavailable, match="download"):
        bge_m3.convert(tmp_path)


def test_a_damaged_tokenizer_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    tokens = Tokens(tmp_path / "tokenizer.json", "bge-m3", 512, cleaned=False)
    with pytest.raises(ModelUnavailable, match="vocabulary of bge-m3"):
        tokens.cut("one")


def test_positions_start_after_the_padding(tmp_path: Path) -> None:
    random_bge_m3.weights.write(tmp_path, random_bge_m3.SMALL, ["one", "two"])
    shape = xlm_roberta.shape(tmp_path / "config.json")
    assert (shape.padding, shape.heads, shape.positions) == (1, 6, 600)
