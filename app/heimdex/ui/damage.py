"""The strip that says that the library's database is damaged, with the way to a backup.

The damage is found by `caring`; the backup is offered by `app` when Heimdex starts again.
"""

from PySide6.QtCore import Qt

from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Note, button


class DamageNotice(Note):
    """Hidden while no damage is known. It stays: damage is mostly found when nobody looks."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "warning", tone="warning")
        self._session: Session | None = None
        self.restart = button(self.tr("Start again and restore…"), action=self._start_again)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self.restart)
        layout.setAlignment(self.restart, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def attach(self, session: Session) -> None:
        """Watch the care of an open library."""
        self._session = session
        session.caring.damage_known.connect(self._show)
        upkeep = session.library.upkeep
        session.run(lambda: upkeep.damage_known, self._show)

    def _show(self, damaged: bool) -> None:
        text = self.tr(
            "The library's database is damaged; your videos are not affected. When Heimdex starts "
            "again, it asks whether to put the newest sound backup in its place."
        )
        self.show_text(text if damaged else "")

    def _start_again(self) -> None:
        if self._session is not None:
            self._session.restart_wanted.emit()
