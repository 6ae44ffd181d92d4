"""After everything a person does: originals untouched, the log without words or names, no handle
left open."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from command import Command


def states(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        path.name: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in folder.iterdir()
    }


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_originals_and_log_after_a_day_of_use(
    heimdex: Command, starter_models: Path, sample_media: Path, tmp_path: Path
) -> None:
    videos, home, library = tmp_path / "videos", tmp_path / "home", tmp_path / "library"
    videos.mkdir()
    shutil.copy2(sample_media / "astronaut.mp4", videos / "astronaut.mp4")
    (videos / "astronaut.mp4").chmod(0o400)
    (videos / "broken.mp4").write_bytes((sample_media / "deep-field.mp4").read_bytes()[:90_000])
    before = states(videos)
    env = {"HEIMDEX_MODELS": str(starter_models), "HEIMDEX_HOME": str(home)}

    def use(*arguments: object) -> str:
        return heimdex("--library", library, *arguments, env=env).out

    use("add", videos)
    use("index")
    use("people", "name", "#1", "Eileen Secretname")
    assert "space shuttle" in use("search", "the first woman to command a space shuttle")
    use("library", "verify")
    use("library", "backup")
    use("library", "rebuild")
    assert "Eileen Secretname" in use("people", "list")
    use("people", "forget", "Eileen Secretname", "--yes")
    assert states(videos) == before
    log = (home / "logs" / "heimdex.log").read_text("utf-8").lower()
    assert log  # it does say something
    for word in ("shuttle", "secretname", "astronaut.mp4"):
        assert word not in log, word
    assert library.stat().st_mode & 0o077 == 0
    assert not list(library.rglob("*.part"))
