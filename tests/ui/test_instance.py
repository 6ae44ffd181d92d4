"""One window a library; nobody else can pose as it."""

import os
import stat
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from heimdex.ui import instance
from heimdex.ui.instance import Instance

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes have no place there")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(instance.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path


def test_the_socket_is_where_only_we_can_put_one(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = Path(instance._private("heimdex-x"))
    assert name.parent.parent == places
    assert stat.S_IMODE(name.parent.stat().st_mode) == 0o700
    runtime = places / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    assert instance._private("heimdex-x") == str(runtime / "heimdex-x")
    runtime.chmod(0o777)
    assert instance._private("heimdex-x") == str(name)


def test_a_folder_that_others_may_write_to_is_not_used(places: Path, qtbot: QtBot) -> None:
    planted = places / f"heimdex-{os.geteuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    assert instance._private("heimdex-x") == ""
    window = Instance(places / "library")
    assert not window.hand_over([])
    assert not window.listen()
    window.close()
    planted.rmdir()
    planted.symlink_to(places)
    assert instance._private("heimdex-x") == ""
