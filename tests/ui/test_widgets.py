"""The small widgets keep what they say readable where there is little room."""

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from heimdex.ui.theme import Theme
from heimdex.ui.widgets import EmptyState, button


def test_the_actions_of_an_empty_page_stand_below_each_other_where_it_is_narrow(
    theme: Theme, qtbot: QtBot
) -> None:
    state = EmptyState(theme, "search", "Title", "Text")
    qtbot.addWidget(state)
    for text in ("a dog running on the beach", "blowing out the birthday candles", "see you"):
        state.offer(button(text))
    buttons = state.findChildren(QPushButton)
    for width, rows in ((900, 1), (420, 3), (900, 1)):
        state.resize(width, 600)
        state.show()
        qtbot.waitUntil(lambda rows=rows: len({each.y() for each in buttons}) == rows)
        for each in buttons:
            assert each.width() >= each.sizeHint().width()
