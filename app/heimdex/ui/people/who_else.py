"""Asks who somebody is as well, or is not, and has the answer kept.

How the choice looks is `choosing`'s affair, what it does the people room's.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from heimdex.domain.faces import Person
from heimdex.domain.ids import PersonId
from heimdex.ui.people.actions import Actions
from heimdex.ui.people.choosing import PersonChooser
from heimdex.ui.people.reading import Choice, read_choice
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme


class WhoElse(QObject):
    """Opens a `PersonChooser` over the panel."""

    said = Signal(str, bool)

    def __init__(self, theme: Theme, actions: Actions, panel: QWidget) -> None:
        super().__init__(panel)
        self._theme = theme
        self._actions = actions
        self._panel = panel
        self._session: Session | None = None

    def attach(self, session: Session) -> None:
        """Choose among the people of an open library."""
        self._session = session

    def ask_same(self, person_id: int, follow: bool = False) -> None:
        """Ask who this person is as well, and join the two; with `follow` show the one they are."""

        def join(who: Person, other: Person) -> None:
            # Who has a name stays, the chosen one where both have: as when the name is typed.
            keep, gone = (other, who) if other.name is not None else (who, other)
            self._actions.merge(keep.id, gone.id, follow)

        self._ask(person_id, True, join)

    def ask_different(self, person_id: int) -> None:
        """Ask who this person is not, and keep that."""
        self._ask(person_id, False, lambda who, other: self._actions.keep_apart(other.id, who.id))

    def _ask(self, person_id: int, same: bool, then: Callable[[Person, Person], object]) -> None:
        session = self._session
        if session is None:
            return

        def show(choice: Choice) -> None:
            if not choice.others:
                self.said.emit(self.tr("There is nobody else yet."), False)
                return
            dialog = PersonChooser(self._theme, session.thumbnails, choice, same, self._panel)
            dialog.chosen.connect(lambda other: then(choice.who.person, other))
            dialog.open()

        session.run(lambda: read_choice(session.library, PersonId(person_id), not same), show)
