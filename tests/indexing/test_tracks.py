"""A face is followed while it is the same face, and only its good crops speak for it."""

import numpy as np
import pytest
from numpy.typing import NDArray
from plain_engines import ColourVectors, Plain, unit

from heimdex.domain.faces import Box, FaceDetection
from heimdex.domain.media import RgbImage
from heimdex.domain.vectors import Vectors
from heimdex.indexing.stages.crops import FaceCrop, crop, frontality
from heimdex.indexing.tracks import FaceTracker, iou

RED, GREEN = (250, 10, 10), (10, 250, 10)
LEFT: Box = (0.1, 0.1, 0.2, 0.3)
RIGHT: Box = (0.7, 0.1, 0.8, 0.3)


class Looks(Plain):
    """A crop's vector is its colour, so that different colours are different people."""

    dims = 3

    def embed(self, items: list[RgbImage]) -> Vectors:
        return unit(np.array([i.reshape(-1, 3).mean(axis=0) for i in items], np.float32))


def face(
    at_ms: int, box: Box, colour: tuple[int, int, int] = RED, quality: float = 0.5
) -> FaceCrop:
    return FaceCrop(at_ms, box, quality, np.full((112, 112, 3), colour, np.uint8), b"jpeg")


def moved(box: Box, by: float) -> Box:
    return (box[0] + by, box[1], box[2] + by, box[3])


def test_faces_that_overlap_are_one_track() -> None:
    tracker = FaceTracker(Looks())
    for second in range(5):
        assert tracker.add(second * 1000, [face(second * 1000, moved(LEFT, second * 0.01))]) == []

    (found,) = tracker.cut()

    assert (found.track.start_ms, found.track.end_ms, found.track.detections) == (0, 4000, 5)
    assert tracker.cut() == []


def test_a_face_that_jumps_is_known_by_its_looks() -> None:
    tracker = FaceTracker(Looks())
    tracker.add(0, [face(0, LEFT, RED)])
    tracker.add(1000, [face(1000, moved(LEFT, 0.12), RED)])
    tracker.add(2000, [face(2000, moved(LEFT, 0.24), GREEN)])

    found = sorted(tracker.cut(), key=lambda track: track.track.start_ms)

    assert [(t.track.start_ms, t.track.end_ms) for t in found] == [(0, 1000), (2000, 2000)]


def test_somebody_else_in_the_same_chair_is_a_new_track() -> None:
    tracker = FaceTracker(Looks())
    tracker.add(0, [face(0, LEFT, RED)])
    tracker.add(1000, [])
    tracker.add(2000, [face(2000, LEFT, GREEN)])

    assert len(tracker.cut()) == 2


def test_a_face_hidden_for_a_moment_goes_on() -> None:
    tracker = FaceTracker(Looks())
    tracker.add(0, [face(0, LEFT)])
    tracker.add(1000, [])
    tracker.add(2000, [face(2000, LEFT)])

    (found,) = tracker.cut()

    assert (found.track.start_ms, found.track.end_ms, found.track.detections) == (0, 2000, 2)


def test_a_face_that_stays_away_ends_its_track() -> None:
    tracker = FaceTracker(Looks())
    tracker.add(0, [face(0, LEFT)])

    ended = [track for second in range(1, 5) for track in tracker.add(second * 1000, [])]

    assert [track.track.end_ms for track in ended] == [0]


def test_two_people_who_cross_keep_their_tracks() -> None:
    tracker = FaceTracker(Looks())
    for second in range(8):
        by = second * 0.08
        crops = [
            face(second * 1000, moved(LEFT, by), RED),
            face(second * 1000, moved(RIGHT, -by), GREEN),
        ]
        tracker.add(second * 1000, crops)

    found = tracker.cut()

    assert sorted(track.track.detections for track in found) == [8, 8]
    for track in found:
        assert max(track.vector) > 0.99


def test_poor_crops_do_not_vote() -> None:
    tracker = FaceTracker(Looks())
    tracker.add(0, [face(0, LEFT, RED, 0.9)])
    tracker.add(1000, [face(1000, LEFT, GREEN, 0.2)])

    (found,) = tracker.cut()

    assert found.vector @ unit(np.array([RED], np.float32))[0] > 0.999
    assert (found.track.best_ms, found.track.quality) == (0, 0.9)


def test_a_blur_in_the_background_is_no_find() -> None:
    tracker = FaceTracker(Looks())
    tracker.add(0, [face(0, LEFT, quality=0.01)])

    assert tracker.cut() == []


def test_an_hour_of_one_face_is_a_track_a_minute() -> None:
    tracker = FaceTracker(Looks())
    found = []
    for second in range(3600):
        found += tracker.add(second * 1000, [face(second * 1000, LEFT)])
    found += tracker.cut()

    assert len(found) == 60
    assert all(t.track.end_ms - t.track.start_ms <= 60_000 for t in found)


def test_a_vector_has_unit_length() -> None:
    tracker = FaceTracker(Looks())
    for second in range(3):
        tracker.add(second * 1000, [face(second * 1000, LEFT, (90 + second * 20, 50, 60))])

    assert np.linalg.norm(tracker.cut()[0].vector) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (LEFT, LEFT, 1.0),
        (LEFT, RIGHT, 0.0),
        ((0.0, 0.0, 0.2, 0.2), (0.1, 0.0, 0.3, 0.2), 1 / 3),
        ((0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), 0.0),
    ],
)
def test_overlap(one: Box, other: Box, expected: float) -> None:
    assert iou(one, other) == pytest.approx(expected)


def detection(box: Box, nose: float = 0.5, down: float = 0.6) -> FaceDetection:
    x1, y1, x2, y2 = box
    places = [(0.34, 0.4), (0.66, 0.4), (nose, down), (0.37, 0.8), (0.63, 0.8)]
    points = [(x1 + (x2 - x1) * u, y1 + (y2 - y1) * v) for u, v in places]
    return FaceDetection(box, 0.99, np.array(points, np.float32))


def test_a_face_that_looks_away_is_less_frontal() -> None:
    ahead, turned = (frontality(detection(LEFT, nose)) for nose in (0.5, 0.66))

    assert ahead > 0.95
    assert turned < 0.3


def test_a_face_that_looks_up_or_down_is_less_frontal() -> None:
    up, ahead, down = (frontality(detection(LEFT, down=y)) for y in (0.44, 0.62, 0.8))

    assert ahead > 0.95
    assert up < 0.5
    assert down < 0.5


def test_landmarks_in_one_point_are_no_face_to_know_somebody_by() -> None:
    flat = FaceDetection(LEFT, 0.99, np.full((5, 2), 0.3, np.float32))

    assert frontality(flat) < 0.1


def test_large_sharp_faces_are_better_crops() -> None:
    image = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), np.uint8)

    large = crop(image, detection((0.3, 0.3, 0.4, 0.5)), 40)
    small = crop(image, detection((0.3, 0.3, 0.325, 0.35)), 40)
    tiny = crop(image, detection((0.3, 0.3, 0.31, 0.32)), 40)
    flat = crop(image // 32 + 100, detection((0.3, 0.3, 0.4, 0.5)), 40)

    assert large is not None
    assert small is not None
    assert flat is not None
    assert tiny is None
    assert large.aligned.shape == (112, 112, 3)
    assert large.quality > small.quality
    assert large.quality > flat.quality


def test_a_face_at_the_border_is_cut_inside_the_picture() -> None:
    image = np.full((180, 320, 3), 128, np.uint8)

    cut = crop(image, detection((-0.05, 0.8, 0.2, 1.1)), 0)

    assert cut is not None
    assert all(0 <= value <= 1 for value in cut.box)
    assert ColourVectors().embed([cut.aligned]).shape == (1, 4)


class Sees(Looks):
    """Sees a face in green only, and nobody in blue."""

    def embed_weighed(self, items: list[RgbImage]) -> tuple[Vectors, NDArray[np.float32]]:
        colours = np.array([item.reshape(-1, 3).mean(axis=0) for item in items], np.float32)
        return self.embed(items), (colours[:, 1] / 250).astype(np.float32)


def test_the_crop_that_the_model_sees_a_face_in_speaks_for_the_track() -> None:
    tracker = FaceTracker(Sees())
    tracker.add(0, [face(0, LEFT, (250, 25, 10), quality=0.9)])
    tracker.add(1000, [face(1000, LEFT, GREEN, quality=0.4)])

    (found,) = tracker.cut()

    assert found.vector @ unit(np.array([GREEN], np.float32))[0] > 0.999
    assert found.track.best_ms == 1000
    assert found.track.quality == pytest.approx(0.4**0.5)


def test_what_no_model_takes_for_a_face_is_no_find() -> None:
    tracker = FaceTracker(Sees())
    tracker.add(0, [face(0, LEFT, (10, 0, 250), quality=0.9)])
    assert tracker.cut() == []


def test_a_blurred_face_at_the_edge_of_the_picture_is_not_taken_for_sharp() -> None:
    rows, columns = np.mgrid[0:400, 0:400]
    smooth = (120 + 60 * np.sin(rows / 60) + 40 * np.cos(columns / 70)).astype(np.uint8)
    picture = np.dstack([smooth] * 3)
    inside, cut_off = (crop(picture, detection((x, 0.3, x + 0.4, 0.7)), 0) for x in (0.3, -0.04))
    assert inside is not None
    assert cut_off is not None
    # Black lies beside the second one, with a hard edge.
    assert (cut_off.aligned == 0).all(axis=2).mean() > 0.03
    assert cut_off.quality < 1.2 * inside.quality < 0.3
