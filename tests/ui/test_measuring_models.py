"""Models that were never measured here are measured when the window is idle, and only then."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from heimdex.bootstrap import Library, open_library
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.ml.acceleration import choices
from heimdex.ui.models.measuring import Measuring

MODEL = "retinaface-mobilenet"


@pytest.fixture
def unmeasured(
    starter_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Library]:
    """A library whose only weights are one small model as a package brings it."""
    weights = tmp_path / "weights"
    model = Path("retinaface") / MODEL
    tuned = shutil.ignore_patterns(choices.FOLDER)
    shutil.copytree(starter_models / model, weights / model, ignore=tuned)
    monkeypatch.setenv("HEIMDEX_MODELS", str(weights))
    with open_library(Directories.resolve(None), Settings()) as library:
        yield library


def test_it_is_done_once_and_only_while_nothing_else_happens(
    qtbot: QtBot, unmeasured: Library
) -> None:
    busy = True
    measuring = Measuring(unmeasured, lambda: busy, every_ms=20)
    try:
        qtbot.wait(100)
        assert not choices.folder(unmeasured.models, MODEL).exists()
        busy = False
        qtbot.waitUntil(lambda: choices.read(unmeasured.models, MODEL) is not None, timeout=60_000)
        choice = choices.read(unmeasured.models, MODEL)
        assert choice is not None
        assert all(chosen.measured for chosen in choice.graphs.values())
        written = (choices.folder(unmeasured.models, MODEL) / "choice.json").stat().st_mtime_ns
        qtbot.wait(200)
        again = (choices.folder(unmeasured.models, MODEL) / "choice.json").stat().st_mtime_ns
        assert again == written
    finally:
        assert measuring.close()


def test_closing_does_not_wait_for_it(qtbot: QtBot, unmeasured: Library) -> None:
    measuring = Measuring(unmeasured, lambda: False, every_ms=20)
    draft = choices.folder(unmeasured.models, MODEL).with_name("tuned.part")
    qtbot.waitUntil(draft.exists, timeout=60_000)
    began = time.monotonic()
    assert measuring.close()
    assert time.monotonic() - began < 15
    assert choices.read(unmeasured.models, MODEL) is None
    assert unmeasured.models.is_installed(MODEL)
