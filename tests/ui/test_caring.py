from collections.abc import Callable

from pytestqt.qtbot import QtBot

from heimdex.storage.upkeep import Looked
from heimdex.ui.caring import Caring


class Due:
    """Care that is always due, and what came of it."""

    def __init__(self, *answers: Looked) -> None:
        self.answers = list(answers)
        self.looks = 0

    def is_due(self) -> bool:
        return bool(self.answers)

    def look(self, cancelled: Callable[[], bool] = lambda: False, *, full: bool = False) -> Looked:
        self.looks += 1
        assert not cancelled()
        return self.answers.pop(0)


def test_what_was_found_is_told_once_and_only_while_nothing_else_happens(qtbot: QtBot) -> None:
    busy = True
    due = Due(
        Looked(problem="No room for a backup."),
        Looked(problem="No room for a backup."),
        Looked(checked=True),
        Looked(damaged=["row 5 missing"]),
    )
    caring = Caring(due, lambda: busy, every_ms=10)  # type: ignore[arg-type]
    told: list[str] = []
    caring.said.connect(told.append)
    known: list[bool] = []
    caring.damage_known.connect(known.append)
    try:
        qtbot.wait(60)
        assert due.looks == 0
        busy = False
        qtbot.waitUntil(lambda: len(known) == 2, timeout=20_000)
        assert told == ["No room for a backup."]
        assert known == [False, True]
        assert due.looks == 4
    finally:
        assert caring.close()
