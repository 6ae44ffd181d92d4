"""After everything a person does: originals untouched, the log without words or names, no door
opened: no network, no shell, nothing unpickled, in the program or a child of it."""

import hashlib
import os
import shutil
from ast import literal_eval
from pathlib import Path

import pytest

from command import Command

DOORS = Path(__file__).resolve().parents[1] / "doors"
SHELLS = {"sh", "bash", "dash", "zsh", "cmd.exe", "powershell.exe"}
ODD = "; touch HACKED `touch HACKED` $(touch HACKED) | touch HACKED .mp4"


def states(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        path.name: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in folder.iterdir()
    }


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_originals_and_log_after_a_day_of_use(
    heimdex: Command,
    starter_models: Path,
    sample_media: Path,
    short_sample: Path,
    tmp_path: Path,
) -> None:
    videos, home, library = tmp_path / "videos", tmp_path / "home", tmp_path / "library"
    videos.mkdir()
    shutil.copy2(short_sample / "astronaut.mp4", videos / "astronaut.mp4")
    (videos / "astronaut.mp4").chmod(0o400)
    (videos / "broken.mp4").write_bytes((sample_media / "deep-field.mp4").read_bytes()[:90_000])
    (videos / ODD).write_bytes((sample_media / "deep-field.mp4").read_bytes()[:80_000])
    before = states(videos)
    notes = tmp_path / "doors"
    env = {
        "HEIMDEX_MODELS": str(starter_models),
        "HEIMDEX_HOME": str(home),
        "HEIMDEX_TEST_DOORS": str(notes),
        "PYTHONPATH": f"{DOORS}{os.pathsep}{os.environ['PYTHONPATH']}",
    }

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
    assert not list(tmp_path.rglob("HACKED"))
    assert not Path("HACKED").exists()
    opened = [line.split("\t") for line in notes.read_text("utf-8").splitlines()]
    started = " ".join(role for event, role, _ in opened if event == "started")
    assert "--engine-host index" in started
    assert "--engine-host query" in started
    for event, role, what in opened:
        assert event in ("started", "subprocess.Popen"), (event, role, what)
        if event == "subprocess.Popen":
            program, arguments, *_ = literal_eval(what)
            assert Path(program).name not in SHELLS
            assert not any("HACKED" in argument for argument in arguments)
