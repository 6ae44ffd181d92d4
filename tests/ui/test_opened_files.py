from PySide6.QtCore import QEvent, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from heimdex.ui.opened_files import OpenedFiles


def test_a_file_that_the_system_hands_over_arrives(qtbot: QtBot, qapp: QApplication) -> None:
    files = OpenedFiles()
    got: list[list[str]] = []
    files.arrived.connect(got.append)
    assert files.eventFilter(qapp, QFileOpenEvent("/videos/제주.mp4"))
    assert not files.eventFilter(qapp, QFileOpenEvent(QUrl("https://example.org/a.mp4")))
    assert not files.eventFilter(qapp, QEvent(QEvent.Type.ApplicationActivate))
    assert got == [["/videos/제주.mp4"]]
