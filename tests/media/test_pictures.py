"""Pictures for the window: JPEGs, posters that show something, photos that stand upright."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from heimdex.domain.errors import MediaError
from heimdex.media.pictures import jpeg, photo, poster, sharpness
from heimdex.media.probe import probe
from media_factory import draw, is_upright, make_audio, make_clip, read_number, truncate


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_a_jpeg_is_scaled_down_and_keeps_its_colours() -> None:
    image = draw(5, 640, 360, (200, 100, 50))

    small = decoded(jpeg(image, 320))

    assert small.shape == (180, 320, 3)
    assert read_number(small) == 5
    assert np.abs(small[80, 160].astype(int) - (200, 100, 50)).max() < 6
    assert decoded(jpeg(image, 5000)).shape == image.shape


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_poster_stands_upright(tmp_path: Path, rotation: int) -> None:
    clip = make_clip(tmp_path / "a.mp4", size=(180, 320), rotation=rotation)

    image = decoded(poster(clip.path, probe(clip.path)))

    assert image.shape == (320, 180, 3)
    assert is_upright(image)


def test_a_poster_is_not_the_black_beginning(tmp_path: Path) -> None:
    def picture(number: int) -> np.ndarray:
        return draw(number, 320, 180, (200, 100, 50)) * np.uint8(number >= 20)

    clip = make_clip(tmp_path / "a.mp4", frames=100, picture=picture)

    assert read_number(decoded(poster(clip.path, probe(clip.path)))) >= 20


def test_a_cut_off_file_still_has_a_poster(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mkv", frames=400, gop=25)
    truncate(clip.path, 0.1)

    assert is_upright(decoded(poster(clip.path, probe(clip.path))))


def test_sound_has_no_poster(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.m4a")

    assert poster(path, probe(path)) == b""


def test_a_photo_is_turned_by_its_exif(tmp_path: Path) -> None:
    upright = draw(3, 320, 180, (60, 120, 180))
    stored = np.ascontiguousarray(np.rot90(upright))  # Orientation 6: turn 90° clockwise.
    _, data = cv2.imencode(".jpg", stored[..., ::-1])
    # TIFF header, one entry: tag 0x0112 (orientation), SHORT, count 1.
    tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    exif = b"\xff\xe1" + (len(tiff) + 8).to_bytes(2, "big") + b"Exif\0\0" + tiff
    path = tmp_path / "a.jpg"
    path.write_bytes(data.tobytes()[:2] + exif + data.tobytes()[2:])

    image = photo(path)

    assert image.shape == (180, 320, 3)
    assert is_upright(image)


def test_what_is_no_photo_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_text("no picture")

    with pytest.raises(MediaError, match="not a picture"):
        photo(path)


def test_a_blurred_picture_is_less_sharp() -> None:
    image = np.random.default_rng(1).integers(0, 256, (90, 160, 3), np.uint8)

    assert sharpness(image) > 4 * sharpness(cv2.GaussianBlur(image, (9, 9), 0))


def test_a_picture_that_claims_to_be_enormous_is_not_decoded(tmp_path: Path) -> None:
    _, data = cv2.imencode(".png", draw(3, 320, 180, (60, 120, 180)))
    png = bytearray(data.tobytes())
    png[16:24] = (30_000).to_bytes(4, "big") * 2
    _, data = cv2.imencode(".jpg", draw(3, 320, 180, (60, 120, 180)))
    jpg = bytearray(data.tobytes())
    header = jpg.index(b"\xff\xc0")
    jpg[header + 5 : header + 9] = (60_000).to_bytes(2, "big") * 2
    for name, picture, pixels, before in (("a.png", png, 900, 20), ("a.jpg", jpg, 3600, header)):
        path = tmp_path / name
        path.write_bytes(picture)
        with pytest.raises(MediaError, match=f"{name} has {pixels} million pixels"):
            photo(path)
        path.write_bytes(picture[:before])
        with pytest.raises(MediaError, match="not a picture"):
            photo(path)
