"""One contract for every face embedder, and how well it tells people apart through our own path."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from engine_choice import Choice

from heimdex.domain.engines import FaceEmbedder
from heimdex.domain.errors import ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.ml import alignment, factory, runtime, sface
from heimdex.ml.store import ModelStore


@pytest.fixture(scope="module", params=["sface"])
def embedder(
    request: pytest.FixtureRequest, choice: Choice, store: ModelStore
) -> Iterator[FaceEmbedder]:
    engine = factory.face_embedder(choice.but(face_model=request.param), store)
    engine.load()
    yield engine
    engine.unload()


def crops_of(count: int) -> list[RgbImage]:
    rng = np.random.default_rng(1)
    return [
        rng.integers(0, 256, (14, 14, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
        for _ in range(count)
    ]


def test_vectors_are_unit_length_in_order_and_independent_of_the_batch(
    embedder: FaceEmbedder,
) -> None:
    crops = crops_of(11)
    together = embedder.embed(crops)
    assert together.shape == (11, embedder.dims)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.embed([crop]) for crop in crops])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_no_crops_give_no_vectors(embedder: FaceEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dims)


def test_a_crop_of_another_size_is_a_bug(embedder: FaceEmbedder) -> None:
    with pytest.raises(ValueError, match="112"):
        embedder.embed([np.zeros((100, 112, 3), np.uint8)])


def test_thresholds_are_in_order(embedder: FaceEmbedder) -> None:
    assert 0 < embedder.thresholds.suggest < embedder.thresholds.match < 1


def test_missing_weights_are_named(choice: Choice, empty_store: ModelStore) -> None:
    engine = factory.face_embedder(choice, empty_store)
    with pytest.raises(ModelUnavailable, match="download") as caught:
        engine.embed(crops_of(1))
    assert caught.value.model_id == "sface"


def test_the_same_face_matches_under_other_light_and_size(
    embedder: FaceEmbedder, choice: Choice, store: ModelStore, astronaut: RgbImage
) -> None:
    detector = factory.face_detector(choice, store)
    dark = (astronaut * 0.6).astype(np.uint8)
    small = astronaut[::2, ::2]
    crops = [
        alignment.align(image, detector.detect([image])[0][0].landmarks)
        for image in (astronaut, dark, small)
    ]
    vectors = embedder.embed(crops)
    assert (vectors @ vectors[0]).min() > embedder.thresholds.match


def test_people_are_told_apart(
    embedder: FaceEmbedder, choice: Choice, store: ModelStore, shared_media: Path
) -> None:
    import cv2

    detector = factory.face_detector(choice, store)
    crops, names = [], []
    for folder in sorted((shared_media / "faces").iterdir()):
        for path in sorted(folder.iterdir())[:3]:
            image = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
            largest = max(detector.detect([image])[0], key=lambda face: face.box[2] - face.box[0])
            crops.append(alignment.align(image, largest.landmarks))
            names.append(folder.name)
    vectors = embedder.embed(crops)
    same, different = [], []
    for one, other in combinations(range(len(names)), 2):
        similarity = float(vectors[one] @ vectors[other])
        (same if names[one] == names[other] else different).append(similarity)
    assert np.mean(np.array(same) >= embedder.thresholds.match) > 0.97
    assert np.mean(np.array(different) >= embedder.thresholds.match) < 0.002
    assert np.mean(np.array(different) >= embedder.thresholds.suggest) < 0.01


def test_the_converted_graph_answers_as_the_published_one(store: ModelStore) -> None:
    """The published graph, mended only as far as it must be to run at all."""
    import onnx
    import onnxruntime

    folder = store.folder("sface")
    model = onnx.load(str(folder / "face_recognition_sface_2021dec_int8bq.onnx"))
    kept = [value for value in model.graph.input if value.name == "data"]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    published = onnxruntime.InferenceSession(model.SerializeToString(), options)
    (crop,) = crops_of(1)
    planes = crop.astype(np.float32).transpose(2, 0, 1)[None]
    (wanted,) = published.run(None, {"data": planes})
    made = runtime.onnx_session(folder / "model.onnx", runtime.Compute(), "made")
    (found,) = runtime.run(made, pixels=crop[None])
    np.testing.assert_allclose(runtime.unit(found), runtime.unit(wanted), atol=1e-4)


def test_a_file_that_is_no_such_graph_is_refused(store: ModelStore, tmp_path: Path) -> None:
    other = store.folder("mtcnn") / "pnet.onnx"
    with pytest.raises(ModelUnavailable, match="no SFace graph"):
        sface.convert(other, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
