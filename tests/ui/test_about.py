"""The page about the program says what runs, and opens the terms of everything in it."""

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from heimdex import __version__
from heimdex.bootstrap import Library
from heimdex.config.version import runtimes
from heimdex.ui.about import AboutPage, notices_file
from heimdex.ui.theme import Theme


def test_it_says_the_build_and_opens_the_notices(
    qtbot: QtBot, theme: Theme, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    page = AboutPage(theme, library.directories)
    qtbot.addWidget(page)
    assert __version__ in page.versions.text()
    assert f"onnxruntime {runtimes()['onnxruntime']}" in page.versions.text()
    page.notices.click()
    assert Path(opened[0]).is_file()
    assert "onnxruntime" in Path(opened[0]).read_text(encoding="utf-8")


def test_a_package_has_notices_of_what_was_frozen(tmp_path: Path) -> None:
    (tmp_path / "notices.txt").write_text("terms", encoding="utf-8")
    assert notices_file(tmp_path) == tmp_path / "notices.txt"
