"""Another vision model is chosen: while it sees one video after the other, searches go on."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

import encoder_pair
from heimdex.bootstrap import Library, open_library, open_models
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.vectors import SpaceKind
from heimdex.ml.delivery.adding import add

FRAMES = Path(__file__).parents[1] / "resources" / "calibration" / "frames"
SEEN = ("astronaut-3", "cat-and-coffee-1", "deep-field-3")


@pytest.fixture
def models(starter_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Starter set, and room for a model of one's own beside it."""
    root = tmp_path / "models"
    root.mkdir()
    for folder in starter_models.iterdir():
        if folder.is_dir() and folder.name != "own":
            (root / folder.name).symlink_to(folder)
    monkeypatch.setenv("HEIMDEX_MODELS", str(root))
    return root


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three silent videos that show one thing each, and a picture of it."""
    folder = tmp_path / "media"
    folder.mkdir()
    for name in SEEN:
        frame = cv2.resize(cv2.imread(str(FRAMES / f"{name}.jpg")), (320, 180))
        path = str(folder / f"{name}.avi")
        writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 180))
        for _ in range(20):
            writer.write(frame)
        writer.release()
        cv2.imwrite(str(tmp_path / f"{name}.png"), frame)
    return folder


def opened(directories: Directories, vision_model: str) -> Library:
    settings = replace(
        Settings(),
        vision_model=vision_model,
        face_recognition=False,
        ocr_model="off",
        stable_seconds=0,
        threads=1,
    )
    return open_library(directories, settings)


def index(library: Library, videos: int | None = None) -> None:
    """All that waits, or so many videos of it."""
    if videos is None:
        library.worker.run(lambda event: None, lambda: False)
    for _ in range(videos or 0):
        assert library.worker.run_one(lambda event: None, lambda: False) is not None


def nearest(library: Library, folder: Path) -> dict[str, str]:
    """The video that is most like each picture."""
    found = {}
    for name in SEEN:
        moments = library.searcher.by_image(folder / f"{name}.png").moments
        found[name] = moments[0].path.stem if moments else ""
    return found


@pytest.fixture
def directories() -> Directories:
    made = Directories.resolve()
    made.prepare()
    return made


def test_the_earlier_model_answers_until_each_video_had_its_turn(
    models: Path, pictures: Path, directories: Directories, tmp_path: Path
) -> None:
    itself = {name: name for name in SEEN}
    with opened(directories, "starter") as library:
        library.scanner.add([pictures])
        index(library)
        assert nearest(library, tmp_path) == itself
        pair = encoder_pair.write(tmp_path / "pair")
        store = open_models(directories, library.settings)
        add(store, "tiny-eyes", pair, lambda progress: None)
    with opened(directories, "tiny-eyes") as library:
        (only,) = library.towers.generations()
        assert only[0].frame_space.model == "effnet-lite2-use", "nothing is seen anew yet"
        assert nearest(library, tmp_path) == itself
        library.scanner.rescan()
        index(library, videos=1)
        answering = {towers.frame_space.model for towers, _ in library.towers.generations()}
        assert answering == {"tiny-eyes", "effnet-lite2-use"}
        assert nearest(library, tmp_path) == itself
        index(library)
        ((towers, videos),) = library.towers.generations()
        assert (towers.frame_space.model, videos) == ("tiny-eyes", None)
        assert nearest(library, tmp_path) == itself
        kinds = {s.model for s in library.vectors.spaces() if s.kind is SpaceKind.FRAME}
        assert kinds == {"tiny-eyes"}
        assert library.index.verify(library.database) == []


def test_the_status_tells_of_it(
    models: Path,
    pictures: Path,
    directories: Directories,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with opened(directories, "starter") as library:
        library.scanner.add([pictures])
        index(library)
        store = open_models(directories, library.settings)
        add(store, "tiny-eyes", encoder_pair.write(tmp_path / "pair"), lambda progress: None)
    monkeypatch.setenv("VISION_MODEL", "tiny-eyes")
    command = [sys.executable, "-m", "heimdex", "status"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240).stdout
    assert "an earlier model; it answers for 3 videos not yet indexed with the chosen one" in said
    said = subprocess.run(
        [*command, "--json"], capture_output=True, text=True, check=True, timeout=240
    ).stdout
    frames = [s for s in json.loads(said)["spaces"] if s["space"].startswith("frame/")]
    assert [(s["videos"], s["earlier"]) for s in frames] == [(3, True)]
