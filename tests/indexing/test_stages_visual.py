"""One pass over the picture gives shots, thumbnails, vectors and faces that fit each other."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from plain_engines import ColourVectors, MagentaSquares

from heimdex.domain.errors import Cancelled, MediaError
from heimdex.domain.media import Frame, RgbImage
from heimdex.domain.stages import FacesOutput, ScenesOutput, Stage, VisionOutput
from heimdex.indexing.engine import require_sound
from heimdex.indexing.stages.enrol import faces_in_photo
from heimdex.indexing.stages.probe import run_probe
from heimdex.indexing.stages.thumbnails import ThumbnailChooser
from heimdex.indexing.stages.visual import run_visual
from heimdex.media.probe import probe
from media_factory import SHOT_COLOURS, draw, make_audio, make_clip, read_number

ALL = (Stage.SCENES, Stage.VISION, Stage.FACES)


def ignore(_ms: int) -> None: ...


def look(path: Path, every_ms: int = 1000) -> tuple[ScenesOutput, VisionOutput, FacesOutput]:
    eyes, faces = ColourVectors(), ColourVectors()
    outputs = list(
        run_visual(path, probe(path), ALL, eyes, MagentaSquares(), faces, ignore, every_ms)
    )
    for output in outputs:
        require_sound(output)
    scenes, vision, found = outputs
    assert isinstance(scenes, ScenesOutput)
    assert isinstance(vision, VisionOutput)
    assert isinstance(found, FacesOutput)
    return scenes, vision, found


def decoded(data: bytes) -> RgbImage:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def with_face(number: int, at: tuple[int, int] | None, colour: tuple[int, int, int]) -> RgbImage:
    image = draw(number, 320, 180, colour)
    if at is not None:
        image[at[1] : at[1] + 50, at[0] : at[0] + 50] = (255, 0, 255)
        # Something sharp to recognise by.
        image[at[1] + 20 : at[1] + 24, at[0] + 10 : at[0] + 40 : 4] = (200, 40, 220)
    return image


@pytest.mark.parametrize("rotation", [0, 90])
def test_scenes_and_their_thumbnails(tmp_path: Path, rotation: int) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=150, shots=(60, 85), rotation=rotation)

    scenes, _, _ = look(clip.path)

    assert [(s.start_ms, s.end_ms) for s in scenes.scenes] == [
        (0, 2400),
        (2400, 3400),
        (3400, 6000),
    ]
    for scene, data in zip(scenes.scenes, scenes.thumbnails, strict=True):
        assert scene.start_ms <= scene.key_ms < scene.end_ms
        # The picture is the frame at that very time.
        assert clip.times_ms[read_number(decoded(data))] == scene.key_ms


def test_samples_begin_with_each_shot(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=100, shots=(37,))

    _, vision, _ = look(clip.path)

    assert vision.frames.start_ms.tolist() == [0, 1000, 1480, 2480, 3480]
    assert vision.frames.end_ms.tolist() == [1000, 1480, 2480, 3480, 4000]


def test_vectors_belong_to_their_shot(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=250, shots=(60, 125, 190))

    scenes, vision, _ = look(clip.path)

    assert len(vision.scenes) == len(scenes.scenes) == 4
    for number, vector in enumerate(vision.scenes.vectors):
        own = [float(vector @ card_vector(colour)) for colour in SHOT_COLOURS[:4]]
        assert int(np.argmax(own)) == number


def card_vector(colour: tuple[int, int, int]) -> np.ndarray:
    return ColourVectors().embed_images([draw(0, 320, 180, colour)])[0]


def test_a_face_is_one_track_in_each_shot(tmp_path: Path) -> None:
    def picture(number: int) -> RgbImage:
        colour = SHOT_COLOURS[2] if number < 75 else SHOT_COLOURS[1]
        at = (60 + number // 5, 40) if number < 125 else None
        return with_face(number, at, colour)

    clip = make_clip(tmp_path / "a.mp4", frames=200, picture=picture)

    scenes, _, found = look(clip.path)

    assert [(s.start_ms, s.end_ms) for s in scenes.scenes] == [(0, 3000), (3000, 8000)]
    assert [(t.start_ms, t.end_ms, t.detections) for t in found.tracks] == [
        (0, 2000, 3),
        (3000, 4000, 2),
    ]
    assert len(found.vectors) == len(found.crops) == 2
    for track, data in zip(found.tracks, found.crops, strict=True):
        assert track.start_ms <= track.best_ms <= track.end_ms
        crop = decoded(data)
        assert crop.shape[0] == crop.shape[1] <= 160
        red, green, blue = crop[crop.shape[0] // 3, crop.shape[1] // 2].astype(int)
        assert red > 150 > green < blue


def test_two_faces_are_two_tracks(tmp_path: Path) -> None:
    def picture(number: int) -> RgbImage:
        image = with_face(number, (30, 40), SHOT_COLOURS[2])
        image[40:90, 200:250] = (255, 40, 200)
        # Eyes and a mouth: a face without any feature is no find.
        for rows, columns in ((slice(60, 66), slice(214, 220)), (slice(60, 66), slice(230, 236))):
            image[rows, columns] = (200, 0, 160)
        image[78:82, 217:233] = (200, 0, 160)
        return image

    clip = make_clip(tmp_path / "a.mp4", frames=100, picture=picture)

    found = look(clip.path)[2]

    assert len(found.tracks) == 2
    assert all(track.detections == 4 for track in found.tracks)


def test_only_what_is_asked_for_is_computed(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=50)
    eyes = ColourVectors()

    outputs = list(
        run_visual(
            clip.path,
            probe(clip.path),
            (Stage.SCENES,),
            eyes,
            MagentaSquares(),
            ColourVectors(),
            ignore,
        )
    )

    assert [type(output) for output in outputs] == [ScenesOutput]
    assert eyes.batches == []


def test_no_picture_gives_nothing(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.m4a")
    engines = ColourVectors(), MagentaSquares(), ColourVectors()

    assert list(run_visual(path, probe(path), ALL, *engines, ignore)) == []


def test_black_video_without_a_face(shared_media: Path) -> None:
    scenes, vision, found = look(shared_media / "odd" / "ax_silent_black_10s.mp4")

    assert len(scenes.scenes) == 1
    assert len(vision.frames) == 10
    assert found.tracks == ()


def test_the_pass_can_be_cancelled(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=100)

    def stop(_ms: int) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        list(
            run_visual(
                clip.path,
                probe(clip.path),
                ALL,
                ColourVectors(),
                MagentaSquares(),
                ColourVectors(),
                stop,
            )
        )


def test_a_static_hour_keeps_one_thumbnail_a_minute() -> None:
    chooser = ThumbnailChooser()
    for second in range(3600):
        chooser.add(Frame(second * 1000, draw(second, 160, 90, SHOT_COLOURS[0])))
        assert len(chooser._running) <= 60
    chooser.finish(3_600_000)

    picked = chooser.for_shots([(n * 60_000, (n + 1) * 60_000) for n in range(60)])

    assert [p.at_ms // 60_000 for p in picked] == list(range(60))


def test_a_thumbnail_shows_something() -> None:
    clear = draw(1, 160, 90, SHOT_COLOURS[0])
    noise = np.random.default_rng(1).integers(120, 128, (90, 160, 3), np.uint8)
    chooser = ThumbnailChooser()
    for second, image in enumerate([clear // 12, noise, noise, clear, noise // 8]):
        chooser.add(Frame(second * 1000, image))
    chooser.finish(5_000)

    assert chooser.for_shots([(0, 5_000)])[0].at_ms == 3_000


def test_probing_makes_a_poster(tmp_path: Path) -> None:
    output = run_probe(make_clip(tmp_path / "a.mp4", frames=50).path)

    assert decoded(output.poster).shape == (180, 320, 3)
    assert output.info.duration_ms == 2000
    assert run_probe(make_audio(tmp_path / "a.wav")).poster == b""


def test_sound_is_used_though_the_picture_cannot_be(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=20, audio="tone")
    data = bytearray(clip.path.read_bytes())
    at = data.find(b"avc1", data.find(b"stsd"))
    data[at : at + 4] = b"xyzw"
    clip.path.write_bytes(bytes(data))

    output = run_probe(clip.path)

    assert output.poster == b""
    assert output.info.video
    assert output.info.audio
    engines = ColourVectors(), MagentaSquares(), ColourVectors()
    with pytest.raises(MediaError):
        list(run_visual(clip.path, output.info, ALL, *engines, ignore))


def test_faces_in_a_photo_come_best_first(tmp_path: Path) -> None:
    image = draw(0, 640, 360, SHOT_COLOURS[2])
    image[50:210, 100:260] = (255, 0, 255)
    image[100:106, 130:230:4] = (200, 40, 220)
    image[60:90, 500:530] = (255, 0, 255)
    image[5:12, 400:407] = (255, 0, 255)
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), image[..., ::-1])

    faces = faces_in_photo(path, MagentaSquares(), ColourVectors())

    # The third is too small to be anybody's.
    assert len(faces) == 2
    assert faces[0].quality > faces[1].quality
    assert faces[0].box == pytest.approx((100 / 640, 50 / 360, 260 / 640, 210 / 360), abs=0.01)
    assert decoded(faces[0].crop).shape == (112, 112, 3)
    assert np.linalg.norm(faces[0].vector) == pytest.approx(1, abs=1e-5)
