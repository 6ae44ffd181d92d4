"""Faces brought upright: the transform against known ones, the crop against the template."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimdex.ml import alignment


def spots(centres: np.ndarray, height: int, width: int, radius: float) -> np.ndarray:
    """A black picture with a white disc at each point (x, y in pixels)."""
    y, x = np.mgrid[:height, :width]
    image = np.zeros((height, width), bool)
    for cx, cy in centres:
        image |= (x - cx) ** 2 + (y - cy) ** 2 <= radius**2
    return np.repeat(image[..., None], 3, axis=2).astype(np.uint8) * 255


@given(
    scale=st.floats(0.05, 20),
    angle=st.floats(-math.pi, math.pi),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
)
def test_a_similarity_is_found_again(
    scale: float, angle: float, shift: tuple[float, float]
) -> None:
    turn = scale * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    target = alignment.TEMPLATE @ turn.T + shift
    found = alignment.similarity_transform(alignment.TEMPLATE, target)
    np.testing.assert_allclose(found, np.column_stack([turn, shift]), rtol=1e-6, atol=1e-5)


def test_a_mirrored_face_is_turned_but_never_mirrored() -> None:
    mirrored = alignment.TEMPLATE * (-1, 1)
    found = alignment.similarity_transform(mirrored, alignment.TEMPLATE)
    assert np.linalg.det(found[:, :2]) > 0


def test_noise_is_spread_over_all_points() -> None:
    rng = np.random.default_rng(0)
    source = alignment.TEMPLATE * 3 + 40
    noisy = source + rng.normal(0, 1.5, source.shape)
    found = alignment.similarity_transform(noisy, alignment.TEMPLATE)
    moved = np.c_[noisy, np.ones(5)] @ found.T
    assert np.abs(moved - alignment.TEMPLATE).max() < 1.5
    np.testing.assert_allclose(moved.mean(0), alignment.TEMPLATE.mean(0), atol=1e-6)


@pytest.mark.parametrize(("size", "scale", "degrees"), [(300, 1.5, 20), (1600, 9.0, -35)])
def test_landmarks_land_on_the_template(size: int, scale: float, degrees: float) -> None:
    angle = math.radians(degrees)
    turn = scale * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    centred = alignment.TEMPLATE - alignment.TEMPLATE.mean(0)
    points = centred @ turn.T + size / 2
    image = spots(points, size, size, 3 * scale)
    crop = alignment.align(image, ((points + 0.5) / size).astype(np.float32))
    assert crop.shape == (112, 112, 3)
    assert crop.dtype == np.uint8
    for x, y in alignment.TEMPLATE:
        row, column = np.mgrid[:112, :112]
        near = (column - x) ** 2 + (row - y) ** 2 < 36
        weight = crop[..., 0] * near
        middle = (weight * column).sum() / weight.sum(), (weight * row).sum() / weight.sum()
        np.testing.assert_allclose(middle, (x, y), atol=0.35)


def test_a_face_at_the_border_is_filled_up_with_black() -> None:
    image = np.full((200, 200, 3), 255, np.uint8)
    points = (alignment.TEMPLATE - 50) / 200
    crop = alignment.align(image, points.astype(np.float32))
    assert crop[0, 0].tolist() == [0, 0, 0]
    assert crop[-1, -1].tolist() == [255, 255, 255]


def test_landmarks_in_one_spot_give_a_crop_all_the_same() -> None:
    image = np.full((50, 50, 3), 9, np.uint8)
    crop = alignment.align(image, np.full((5, 2), 0.5, np.float32))
    assert crop.shape == (112, 112, 3)
