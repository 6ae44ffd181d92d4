"""One contract for every sentence embedder, and what the starter one understands.

What only BGE-M3 does is tested in `test_text_bge_m3`.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from engine_choice import Choice

from heimdex.domain.engines import TextEmbedder
from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import factory, runtime
from heimdex.ml.bge_m3 import BgeM3
from heimdex.ml.store import ModelStore

CHECKOUT = Path(__file__).resolve().parents[2]
PAIRS = [
    ("I am searching for someone.", "나는 누군가를 찾고 있어요."),
    ("Press and hold the menu button.", "메뉴 버튼을 길게 누르세요."),
    ("What is artificial intelligence?", "인공지능이란 무엇인가요?"),
    ("The child blew out the birthday candles.", "아이가 생일 초를 불어 껐다."),
    ("We would like to book two single rooms.", "싱글룸 두 개를 예약하고 싶습니다."),
]


@pytest.fixture(scope="module")
def starter(choice: Choice, store: ModelStore) -> Iterator[TextEmbedder]:
    engine = factory.text(choice.but(text_model="use-multilingual"), store)
    engine.load()
    yield engine
    engine.unload()


@pytest.fixture(scope="module", params=["use-multilingual", "bge-m3", "bge-m3 as published"])
def embedder(
    request: pytest.FixtureRequest, choice: Choice, small_bge_m3: ModelStore
) -> Iterator[TextEmbedder]:
    """The starter engine with its real weights, BGE-M3 with random ones of the same shape."""
    if request.param == "use-multilingual":
        yield request.getfixturevalue("starter")
        return
    if request.param == "bge-m3":
        engine = factory.text(choice.but(text_model="bge-m3"), small_bge_m3)
    else:
        manifest = small_bge_m3.manifest("bge-m3")
        engine = BgeM3(small_bge_m3, manifest, runtime.Compute(), published=True)
    engine.load()
    yield engine
    engine.unload()


def test_vectors_are_unit_length_in_order_and_independent_of_the_batch(
    embedder: TextEmbedder,
) -> None:
    texts = [text for pair in PAIRS for text in pair] * 9
    together = embedder.embed(texts)
    assert together.shape == (len(texts), embedder.dims)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.embed([text]) for text in texts[:10]])
    np.testing.assert_allclose(together[:10], alone, atol=1e-4)


def test_no_texts_give_no_vectors(embedder: TextEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dims)


def test_an_engine_is_loaded_again_after_it_was_unloaded(embedder: TextEmbedder) -> None:
    before = embedder.embed(["one", "둘"])
    embedder.unload()
    embedder.unload()
    np.testing.assert_allclose(embedder.embed(["one", "둘"]), before, atol=1e-5)
    embedder.load()
    embedder.load()


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\ud800", "😀", "\x00", "가" * 5000, "x" * 5000])
def test_any_text_has_a_vector(embedder: TextEmbedder, text: str) -> None:
    (vector,) = embedder.embed([text])
    assert np.isfinite(vector).all()
    np.testing.assert_allclose(np.linalg.norm(vector), 1, atol=1e-4)


def test_one_meaning_is_near_in_both_languages(starter: TextEmbedder) -> None:
    english, korean = (starter.embed(list(side)) for side in zip(*PAIRS, strict=True))
    similarity = english @ korean.T
    assert similarity.argmax(axis=1).tolist() == list(range(len(PAIRS)))
    assert similarity.argmax(axis=0).tolist() == list(range(len(PAIRS)))


def test_the_thresholds_part_what_fits_from_what_does_not(starter: TextEmbedder) -> None:
    assert 0 < starter.thresholds.suggest < starter.thresholds.match < 1
    said = starter.embed([english for english, _ in PAIRS])
    fitting = starter.embed(
        [
            "someone is being searched for",
            "how to hold the menu button",
            "explain artificial intelligence",
            "blowing out candles on a birthday",
            "booking two single rooms",
        ]
    )
    strange = starter.embed(["a polar bear on ice", "얼음 위의 북극곰", "changing a car tyre"])
    fits = np.diag(fitting @ said.T)
    assert (fits >= starter.thresholds.suggest).all()
    assert (fits >= starter.thresholds.match).mean() > 0.7
    assert (strange @ said.T).max() < starter.thresholds.match


def test_only_one_thread_of_blas_works(store: ModelStore) -> None:
    """More made it many times slower."""
    script = (
        "import sys, time, threadpoolctl\n"
        "from pathlib import Path\n"
        "from heimdex.ml import manifests, runtime\n"
        "from heimdex.ml.store import ModelStore\n"
        "from heimdex.ml.text import SentenceEncoder\n"
        "store = ModelStore(Path(sys.argv[1]), manifests.load(Path(sys.argv[2])), source='')\n"
        "engine = SentenceEncoder(store, store.manifest('use-multilingual'), runtime.Compute())\n"
        "seen = []\n"
        "encoder = engine._loaded()\n"
        "inner = encoder._encode\n"
        "def spy(texts):\n"
        "    seen.extend(i['num_threads'] for i in threadpoolctl.threadpool_info()\n"
        "                if i['user_api'] == 'blas')\n"
        "    return inner(texts)\n"
        "encoder._encode = spy\n"
        "engine.embed(['a sentence'])\n"
        "print(set(seen))\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", script, str(store.models_dir), str(CHECKOUT / "models")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    assert child.stdout.strip() == "{1}"


def test_a_device_that_is_not_there_is_named(choice: Choice, store: ModelStore) -> None:
    engine = factory.text(choice.but(text_device="cuda"), store)
    with pytest.raises(ModelUnavailable, match="cannot run on cuda"):
        engine.load()
    factory.text(choice.but(text_device=runtime.AUTO), store).load()
