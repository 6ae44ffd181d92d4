"""Pictures become the squares that Pillow and torchvision make of them, whatever their size."""

import numpy as np
import pytest
from numpy.typing import NDArray

from heimdex.domain.media import RgbImage
from heimdex.ml.framing import Framing, Kernel, Resize

SIZES = [(180, 320), (720, 1280), (1080, 1920), (1280, 720), (224, 224), (225, 223), (97, 1000)]


def picture(height: int, width: int) -> RgbImage:
    """Smooth, as pictures are, with one sharp edge."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [np.sin(x / 37 + y / 91), np.cos(y / 23), np.sin((x + y) / 17)]
    image = np.stack([(127 + 120 * plane) for plane in planes], axis=-1).astype(np.uint8)
    image[height // 3 : height // 2, width // 3 : width // 2] = (250, 20, 5)
    return image


def pillow(image: RgbImage, framing: Framing) -> NDArray[np.uint8]:
    """As torchvision's Resize and CenterCrop do it, or a plain resize."""
    image_module = pytest.importorskip("PIL.Image")
    kernel = {Kernel.BICUBIC: 3, Kernel.BILINEAR: 2}[framing.kernel]
    source = image_module.fromarray(image)
    edge = framing.edge
    if framing.resize is Resize.SQUASH:
        return np.asarray(source.resize((edge, edge), kernel))
    short = min(source.size)
    wide, tall = (int(edge * side / short) for side in source.size)
    left, top = round((wide - edge) / 2), round((tall - edge) / 2)
    whole = source.resize((wide, tall), kernel)
    return np.asarray(whole.crop((left, top, left + edge, top + edge)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("resize", Resize)
@pytest.mark.parametrize("kernel", Kernel)
def test_it_is_what_pillow_makes(size: tuple[int, int], resize: Resize, kernel: Kernel) -> None:
    framing = Framing(224, resize, kernel)
    image = picture(*size)
    ours = framing.frame(image).astype(int)
    theirs = pillow(image, framing).astype(int)
    assert ours.shape == (224, 224, 3)
    difference = np.abs(ours - theirs)
    # Large pictures are averaged first; what that changes lies at sharp edges.
    assert difference.mean() < 0.8
    assert np.quantile(difference, 0.99) <= 6


def test_a_small_reduction_is_pillows_almost_to_the_bit() -> None:
    framing = Framing(224, Resize.CROP)
    image = picture(300, 320)
    difference = np.abs(framing.frame(image).astype(int) - pillow(image, framing))
    assert difference.max() <= 2
    assert (difference > 0).mean() < 0.001


@pytest.mark.parametrize("size", [(1, 1), (1, 9000), (9000, 2), (3, 40)])
def test_lines_and_specks_are_pictures_too(size: tuple[int, int]) -> None:
    for resize in Resize:
        square = Framing(224, resize).frame(np.full((*size, 3), 77, np.uint8))
        assert square.shape == (224, 224, 3)
        assert (square == 77).all()


def test_the_middle_is_kept() -> None:
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 200
    square = Framing(64, Resize.CROP).frame(image)
    assert (square[:, 4:-4] == 200).all()
