"""One indexed copy of the sample for many tests of the command line."""

import os
import shutil
import time
from pathlib import Path

import pytest

from command import Command, Indexed, run_heimdex
from media_factory import cut


@pytest.fixture
def heimdex() -> Command:
    """The command."""
    return run_heimdex


@pytest.fixture(scope="session")
def sample_library(
    tmp_path_factory: pytest.TempPathFactory, starter_models: Path, sample_media: Path
) -> Indexed:
    """The sample, indexed once; never changed by a test (see `library_copy`)."""
    folder = tmp_path_factory.mktemp("sample")
    videos = folder / "my videos"
    videos.mkdir()
    for video in sample_media.glob("*.mp4"):
        shutil.copy(video, videos)
    library = folder / "library"
    models = {"HEIMDEX_MODELS": str(starter_models)}
    added = run_heimdex("--library", library, "add", videos, env=models)
    indexed = run_heimdex("index", "--json", "--library", library, env=models, timeout=300)
    return Indexed(library, videos, added, indexed)


@pytest.fixture(scope="session")
def one_clip(tmp_path_factory: pytest.TempPathFactory, sample_media: Path) -> Path:
    """A folder with four seconds of video, with speech, a face and more: for what is done to
    programs and files, however much is in them. Left alone for a while, as videos mostly are."""
    folder = tmp_path_factory.mktemp("one clip")
    clip = folder / "astronaut.mp4"
    cut(sample_media / clip.name, clip, 4)
    when = time.time() - 3600
    os.utime(clip, (when, when))
    return folder


@pytest.fixture(scope="session")
def clip_library(
    tmp_path_factory: pytest.TempPathFactory, starter_models: Path, one_clip: Path
) -> Indexed:
    """That video, indexed once; only to be copied."""
    library = tmp_path_factory.mktemp("clip") / "library"
    models = {"HEIMDEX_MODELS": str(starter_models)}
    added = run_heimdex("--library", library, "add", one_clip, env=models)
    indexed = run_heimdex("index", "--json", "--library", library, env=models, timeout=300)
    return Indexed(library, one_clip, added, indexed)


@pytest.fixture
def library_copy(sample_library: Indexed, tmp_path: Path) -> Indexed:
    """A copy that a test may change."""
    shutil.copytree(sample_library.library, tmp_path / "library")
    return Indexed(
        tmp_path / "library", sample_library.videos, sample_library.added, sample_library.indexed
    )
