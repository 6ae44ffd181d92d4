"""Every odd or broken file of the shared media gives a result or one sentence, in seconds."""

from pathlib import Path

import numpy as np
import pytest

from heimdex.domain.errors import MediaError
from heimdex.media.audio import read_audio
from heimdex.media.fingerprint import fingerprint
from heimdex.media.frames import decode
from heimdex.media.pictures import poster
from heimdex.media.probe import probe

UNREADABLE = {
    "ax_malformed_free_box.mp4": "incomplete",
    "ax_widevine_encrypted.mp4": "DRM",
    "exiftool_QuickTime_truncated.mov": "cut off",
    "mp4parse_1185230.mp4": "cut off or damaged",
    "mp4parse_chunk_out_of_range.mp4": "damaged",
    "mutagen_emptyfile.mp3": "empty",
    "sc_new.avi": "damaged",
}
UPRIGHT = {
    "decord_video_90.mov": (320, 568),
    "decord_video_180.mov": (568, 320),
    "decord_video_270.mov": (320, 568),
    "photoprism_quicktime_hvc1.mov": (720, 1280),
    "ax_dolbyVision_hdr.MOV": (720, 1280),
    "dn_with_gps.mov": (320, 568),
    "fate_displaymatrix.mp4": (240, 80),
}


@pytest.fixture(scope="module")
def odd(shared_media: Path) -> list[Path]:
    return sorted((shared_media / "odd").iterdir())


def test_every_odd_file_gives_a_result_or_a_sentence(odd: list[Path]) -> None:
    refused: dict[str, str] = {}
    for path in odd:
        try:
            fingerprint(path)
            info = probe(path)
        except MediaError as error:
            refused[path.name] = str(error)
            continue
        assert info.duration_ms > 0, path
        assert info.video or info.audio, path
        if info.video:
            times = [frame.at_ms for frame in decode(path, info)]
            assert times == sorted(set(times)), path
            assert times[-1] <= info.duration_ms, path
            assert len(poster(path, info)) > 100, path
        if info.audio and info.audio[0].codec != "unknown":
            length = sum(len(block) for block in read_audio(path, info)) / 16
            assert length == pytest.approx(info.duration_ms, abs=250), path

    assert refused.keys() == UNREADABLE.keys()
    for name, part in UNREADABLE.items():
        assert part in refused[name]


@pytest.mark.parametrize(("name", "size"), UPRIGHT.items())
def test_turned_files_stand_upright(shared_media: Path, name: str, size: tuple[int, int]) -> None:
    path = shared_media / "odd" / name
    info = probe(path)

    picture = next(decode(path, info)).picture(10_000)

    assert (info.video[0].width, info.video[0].height) == size
    assert (picture.shape[1], picture.shape[0]) == size


def test_variable_rate_is_read_from_the_file(shared_media: Path) -> None:
    path = shared_media / "odd" / "psd_goldeneye_vfr_drop3.mp4"

    steps = np.diff([frame.at_ms for frame in decode(path, probe(path))])

    assert sorted(set(steps)) == [41, 42, 83, 84]
