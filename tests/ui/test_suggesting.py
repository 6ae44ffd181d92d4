"""Suggestions while typing: what happens when they cannot be read."""

from pytestqt.qtbot import QtBot

from heimdex.domain.errors import UserError
from heimdex.ui.suggesting import Suggesting


class Suggester:
    """Cannot read the library at first."""

    def __init__(self) -> None:
        self.broken = True
        self.refreshed = 0

    def refresh(self) -> None:
        if self.broken:
            raise UserError("The library is not there.")
        self.refreshed += 1

    def suggest(self, text: str) -> list[object]:
        return [text]


def test_a_failure_is_told_once_and_read_again_later(qtbot: QtBot) -> None:
    suggester = Suggester()
    suggesting = Suggesting(suggester)  # type: ignore[arg-type]
    told: list[str] = []
    suggesting.failed.connect(told.append)
    try:
        suggesting.ask("a")
        qtbot.waitUntil(lambda: told == ["The library is not there."], timeout=20_000)
        suggesting.ask("ab")
        qtbot.waitUntil(lambda: suggesting._text is None, timeout=20_000)
        suggester.broken = False
        with qtbot.waitSignal(suggesting.suggested, timeout=20_000) as suggested:
            suggesting.ask("abc")
        assert suggested.args == ["abc", ["abc"]]
        assert suggester.refreshed == 1
        assert len(told) == 1
    finally:
        assert suggesting.close()
