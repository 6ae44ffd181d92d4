import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from heimdex.config.directories import Directories
from heimdex.config.logging import FILE_NAME, configure


@pytest.fixture
def directories(home: Path) -> Iterator[Directories]:
    found = Directories.resolve()
    found.prepare()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    own_level = logging.getLogger("heimdex").level
    yield found
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.getLogger("heimdex").setLevel(own_level)


def test_records_go_to_a_private_file_once(directories: Directories) -> None:
    configure(directories)
    configure(directories)
    logging.getLogger("heimdex.storage").info("opened %s", "생일 \udcff")
    logging.getLogger("heimdex.storage").debug("not this")
    logging.getLogger("somebody.else").info("nor this")
    file = directories.logs / FILE_NAME
    lines = file.read_text("utf-8").splitlines()
    assert len(lines) == 1
    assert "heimdex.storage: opened 생일" in lines[0]
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_verbose_also_speaks_on_standard_error(
    directories: Directories, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(directories, verbose=True)
    logging.getLogger("heimdex.x").debug("loud")
    captured = capsys.readouterr()
    assert "loud" in captured.err
    assert captured.out == ""
    configure(directories)
    logging.getLogger("heimdex.x").info("quiet")
    assert "quiet" not in capsys.readouterr().err


def test_old_records_are_rotated_away(directories: Directories) -> None:
    configure(directories)
    [handler] = [h for h in logging.getLogger().handlers if h.name == "heimdex"]
    handler.maxBytes = 2000  # type: ignore[attr-defined]
    for i in range(200):
        logging.getLogger("heimdex.x").info("record %d of many", i)
    files = sorted(directories.logs.iterdir())
    assert len(files) == 4
    assert all(file.stat().st_size <= 2000 for file in files)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_log_on_a_full_disk_disturbs_nobody(
    directories: Directories, capsys: pytest.CaptureFixture[str]
) -> None:
    (directories.logs / FILE_NAME).symlink_to("/dev/full")
    configure(directories)
    logging.getLogger("heimdex").warning("said into the void")
    assert capsys.readouterr().err == ""
