"""One contract for every face detector, more for those with real weights, and their parts."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from engine_choice import Choice
from face_members import DETECTORS, Member

from heimdex.domain.engines import FaceDetector
from heimdex.domain.errors import EngineFailed, ModelUnavailable
from heimdex.domain.media import RgbImage
from heimdex.ml import boxes, factory, mtcnn, retinaface, runtime
from heimdex.ml.acceleration.memory import OutOfMemory
from heimdex.ml.store import ModelStore

NAMES = ("retinaface-mobilenet", "mtcnn")
"""Those whose published weights a package carries."""


@pytest.fixture(scope="module", params=DETECTORS)
def member(request: pytest.FixtureRequest, face_members: Mapping[str, Member]) -> Member:
    return face_members[request.param]


@pytest.fixture(scope="module")
def any_detector(member: Member) -> Iterator[FaceDetector]:
    engine = factory.face_detector(member.choice, member.store)
    engine.load()
    engine.load()
    yield engine
    engine.unload()
    engine.unload()


@pytest.fixture(scope="module", params=NAMES)
def detector(
    request: pytest.FixtureRequest, choice: Choice, store: ModelStore
) -> Iterator[FaceDetector]:
    engine = factory.face_detector(choice.but(face_detector=request.param), store)
    engine.load()
    yield engine
    engine.unload()


def test_what_is_found_lies_in_the_picture_best_first(
    any_detector: FaceDetector, member: Member, astronaut: RgbImage
) -> None:
    (found,) = any_detector.detect([astronaut])
    assert found
    assert any_detector.model_id in member.store.manifests
    limits = member.store.manifest(any_detector.model_id).limits()
    scores = [face.score for face in found]
    assert scores == sorted(scores, reverse=True)
    assert all(limits.match <= score <= 1 for score in scores)
    for face in found:
        x1, y1, x2, y2 = face.box
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1
        assert face.landmarks.shape == (5, 2)
        assert face.landmarks.dtype == np.float32
        assert np.isfinite(face.landmarks).all()


def test_the_same_picture_gives_the_same_faces_in_any_company(
    any_detector: FaceDetector, astronaut: RgbImage
) -> None:
    batch = [astronaut[:180], astronaut, astronaut[:60, :90], astronaut]
    together = any_detector.detect(batch)
    alone = [any_detector.detect([image])[0] for image in batch]
    assert [len(faces) for faces in together] == [len(faces) for faces in alone]
    for some, one in zip(together, alone, strict=True):
        for face, same in zip(some, one, strict=True):
            np.testing.assert_allclose(face.box, same.box, atol=1e-4)
            np.testing.assert_allclose(face.landmarks, same.landmarks, atol=1e-4)


def test_any_size_is_looked_at_and_a_large_one_costs_no_more(any_detector: FaceDetector) -> None:
    assert any_detector.detect([]) == []
    dark = np.zeros((2160, 3840, 3), np.uint8)
    some = [dark[:1, :1], dark[:1, :3000], dark[:3000, :1], dark[:33, :31], dark]
    assert len(any_detector.detect(some)) == 5
    seen: list[tuple[int, ...]] = []
    graph = getattr(any_detector, "_graph", None)
    if graph is None:
        return  # MTCNN's pyramid begins with the picture brought down, as `boxes` tests.
    run = graph.run
    graph.run = lambda inputs: seen.append(inputs["pixels"].shape) or run(inputs)
    try:
        any_detector.detect([dark])
    finally:
        del graph.run
    assert seen == [(1, 384, 640, 3)]


def test_it_loads_again_after_being_unloaded(
    any_detector: FaceDetector, astronaut: RgbImage
) -> None:
    before = any_detector.detect([astronaut])
    any_detector.unload()
    after = any_detector.detect([astronaut])
    assert [face.box for face in before[0]] == [face.box for face in after[0]]


def test_a_batch_that_does_not_fit_is_halved_and_one_picture_is_named(
    face_members: Mapping[str, Member], astronaut: RgbImage
) -> None:
    """As on a graphics processor, where pictures go through together."""
    member = face_members["retinaface-mobilenet"]
    engine = factory.face_detector(member.choice, member.store)
    assert isinstance(engine, retinaface.RetinaFace)
    engine.load()
    small = Small(engine._graph, 1)
    batch = np.stack([retinaface._padded([astronaut])[0]] * 5)
    whole = engine._run(batch)
    engine._graph = small
    for one, other in zip(engine._run(batch), whole, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert max(small.sizes) == 5
    assert sorted(size for size in small.sizes if size == 1) == [1] * 5
    engine._graph = Small(small.graph, 0)
    with pytest.raises(EngineFailed, match="not enough memory for one picture"):
        engine.detect([astronaut])


class Small:
    """A network in a memory that holds only so many pictures."""

    def __init__(self, graph, room: int) -> None:
        self.graph, self.room, self.sizes = graph, room, []

    def run(self, inputs):
        self.sizes.append(len(inputs["pixels"]))
        if len(inputs["pixels"]) > self.room:
            raise OutOfMemory("bad_alloc")
        return self.graph.run(inputs)


def test_the_face_is_found_with_eyes_above_a_mouth(
    detector: FaceDetector, astronaut: RgbImage
) -> None:
    (found,) = detector.detect([astronaut])
    assert found
    best = found[0]
    x1, y1, x2, y2 = best.box
    assert 0 <= x1 < x2 <= 1
    assert 0 <= y1 < y2 <= 1
    assert 0.9 < best.score <= 1
    assert best.landmarks.shape == (5, 2)
    assert best.landmarks.dtype == np.float32
    left_eye, right_eye, nose, left_mouth, right_mouth = best.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    assert all(x1 < x < x2 and y1 < y < y2 for x, y in best.landmarks)


def test_the_box_is_the_same_at_any_size_and_place(
    detector: FaceDetector, astronaut: RgbImage
) -> None:
    height, width = astronaut.shape[:2]
    large = astronaut.repeat(3, axis=0).repeat(3, axis=1)
    moved = np.zeros((height * 2, width, 3), np.uint8)
    moved[height:] = astronaut
    found = [faces[0] for faces in detector.detect([astronaut, large, moved])]
    np.testing.assert_allclose(found[1].box, found[0].box, atol=0.02)
    x1, y1, x2, y2 = found[2].box
    np.testing.assert_allclose((x1, y1 * 2 - 1, x2, y2 * 2 - 1), found[0].box, atol=0.03)
    np.testing.assert_allclose(found[1].landmarks, found[0].landmarks, atol=0.02)


def test_answers_come_in_order_and_do_not_depend_on_the_company(
    detector: FaceDetector, astronaut: RgbImage
) -> None:
    empty = np.full_like(astronaut, 90)
    turned = np.ascontiguousarray(astronaut[:, ::-1])
    batch = [empty, astronaut, turned, astronaut[:200], empty[:9, :7]]
    together = detector.detect(batch)
    alone = [detector.detect([image])[0] for image in batch]
    assert [len(faces) for faces in together] == [len(faces) for faces in alone]
    assert together[0] == together[4] == []
    for some, one in zip(together, alone, strict=True):
        for face, same in zip(some, one, strict=True):
            np.testing.assert_allclose(face.box, same.box, atol=1e-4)


def test_nothing_to_look_at(detector: FaceDetector) -> None:
    assert detector.detect([]) == []
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert detector.detect([noise, noise[:1, :1], noise[:, :1]]) == [[], [], []]


def test_faces_come_best_first_and_only_once(detector: FaceDetector, astronaut: RgbImage) -> None:
    wide = np.hstack([astronaut, np.ascontiguousarray(astronaut[:, ::-1])])
    (found,) = detector.detect([wide])
    scores = [face.score for face in found]
    assert scores == sorted(scores, reverse=True)
    assert sum(face.box[0] < 0.5 for face in found) == 1
    assert sum(face.box[0] >= 0.5 for face in found) == 1


@pytest.mark.parametrize("name", NAMES)
def test_missing_weights_are_named(choice: Choice, empty_store: ModelStore, name: str) -> None:
    engine = factory.face_detector(choice.but(face_detector=name), empty_store)
    with pytest.raises(ModelUnavailable) as caught:
        engine.load()
    assert caught.value.model_id == engine.model_id


def test_both_detectors_agree(choice: Choice, store: ModelStore, astronaut: RgbImage) -> None:
    """Two nets that were trained apart: where they agree, both are read rightly."""
    one, other = (
        factory.face_detector(choice.but(face_detector=name), store).detect([astronaut])[0][0]
        for name in NAMES
    )
    boxed = [np.array(face.box, np.float32) for face in (one, other)]
    assert boxes.overlaps(boxed[0], boxed[1][None])[0] > 0.7
    width = one.box[2] - one.box[0]
    assert np.abs(one.landmarks - other.landmarks).max() < 0.12 * width


def test_every_known_face_is_found(choice: Choice, store: ModelStore, shared_media: Path) -> None:
    import cv2

    paths = sorted((shared_media / "faces").rglob("*.*g"))[::3]
    images = [np.ascontiguousarray(cv2.imread(str(path))[..., ::-1]) for path in paths]
    engine = factory.face_detector(choice, store)
    assert all(engine.detect(images))


def test_the_converted_graph_answers_as_the_published_one(
    store: ModelStore, astronaut: RgbImage
) -> None:
    folder = store.folder("retinaface-mobilenet")
    compute = runtime.Compute()
    published = runtime.onnx_session(folder / "retinaface-mobilenet0.25.onnx", compute, "published")
    made = runtime.onnx_session(folder / "model.onnx", compute, "made")
    image = astronaut[:320, :640]
    planes = (image[..., ::-1].astype(np.float32) - (104, 117, 123)).transpose(2, 0, 1)[None]
    wanted = runtime.run(published, input=np.ascontiguousarray(planes, np.float32))
    for found, expected in zip(runtime.run(made, pixels=image[None]), wanted, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("convert", [retinaface.convert, mtcnn.convert])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, convert) -> None:
    source = tmp_path / "pnet.lz4"
    for content in (b"", b"hello", b"\x04\x22\x4d\x18" + b"\x60\x40\x82" + b"\xff" * 40):
        source.write_bytes(content)
        with pytest.raises(ModelUnavailable, match=r"pnet\.lz4"):
            convert(source, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_weights_of_another_network_are_refused(store: ModelStore, tmp_path: Path) -> None:
    source = tmp_path / "pnet.lz4"
    source.write_bytes((store.folder("mtcnn") / "rnet.lz4").read_bytes())
    with pytest.raises(ModelUnavailable, match="does not fit"):
        mtcnn.convert(source, tmp_path / "pnet.onnx")


def test_suppression_keeps_the_best_of_each_place() -> None:
    found = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [0, 0, 10, 4]], np.float32)
    scores = np.array([0.5, 0.9, 0.7, 0.6], np.float32)
    assert boxes.suppress(found, scores, 0.5).tolist() == [1, 2, 3]
    assert boxes.suppress(found, scores, 0.5, smaller=True).tolist() == [1, 2]
    assert boxes.suppress(found[:0], scores[:0], 0.5).tolist() == []


def test_boxes_are_cut_at_the_border() -> None:
    found = np.array([[-10, 5, 20, 50], [300, 300, 400, 400]], np.float32)
    scores = np.array([0.8, 0.9], np.float32)
    (face,) = boxes.detections(found, scores, np.zeros((2, 5, 2), np.float32), (100, 50))
    np.testing.assert_allclose(face.box, (0, 0.1, 0.2, 1))
