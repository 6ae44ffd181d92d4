"""What the quick forms of face networks are measured on: real faces, and enough of them."""

import numpy as np
import pytest

from heimdex.domain.engines import FaceDetector
from heimdex.domain.errors import EngineFailed
from heimdex.ml import face_samples, factory
from heimdex.ml.acceleration import cases, forms
from heimdex.ml.graphs import PIXELS
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore


@pytest.fixture(scope="module")
def detector(choice, store: ModelStore) -> FaceDetector:
    return factory.face_detector(choice.but(face_detector="retinaface-mobilenet"), store)


def test_the_face_is_where_it_is_said_to_be(store: ModelStore, detector: FaceDetector) -> None:
    frame = face_samples._frames(store.resources)[face_samples.FACE]
    (face,) = detector.detect([frame])[0]
    pixels = face.landmarks * frame.shape[1::-1]
    np.testing.assert_allclose(pixels, face_samples.LANDMARKS, atol=1.5)


def test_pictures_hold_faces_of_many_sizes(store: ModelStore, detector: FaceDetector) -> None:
    made = face_samples.pictures(store.resources)
    assert len(made) == 16
    assert {each[PIXELS].shape for each in made} == {(1, *face_samples.PADDED, 3)}
    found = detector.detect([each[PIXELS][0] for each in made])
    assert sum(bool(faces) for faces in found) >= 14
    heights = [face.box[3] - face.box[1] for faces in found for face in faces]
    assert len(heights) > 30
    assert max(heights) > 4 * min(heights)


def test_crops_differ_and_are_always_the_same(store: ModelStore) -> None:
    made = face_samples.crops(store.resources)
    again = face_samples.crops(store.resources)
    for one, other in zip(made, again, strict=True):
        np.testing.assert_array_equal(one[PIXELS], other[PIXELS])
    crops = np.concatenate([each[PIXELS] for each in made])
    assert crops.shape == (96, 112, 112, 3)
    assert len({crop.tobytes() for crop in crops}) == 96


def test_a_damaged_installation_says_so(tmp_path) -> None:
    with pytest.raises(EngineFailed, match="pictures to measure models with are missing"):
        face_samples.crops(tmp_path)


@pytest.mark.parametrize("name", ["sface", "retinaface-mobilenet"])
def test_a_network_agrees_with_itself_and_not_with_other_answers(
    store: ModelStore, name: str
) -> None:
    (case,) = cases.of(store, store.manifest(name))
    samples = list(case.samples())[-3:]
    graph = forms.PLAIN.open(store.path(name, case.graph), Compute(), name)
    truth = [graph.run(each) for each in samples]
    assert case.likeness(truth, truth) == pytest.approx(1)
    assert case.likeness(truth, [truth[-1], *truth[:-1]]) < case.gate - 0.1
