"""What the window has the people room do, off the main thread, and the sentence that tells of it.

Asking before something that cannot be undone is the panel's affair.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from heimdex.domain.faces import TrackRef
from heimdex.domain.ids import PersonId
from heimdex.domain.stages import Changes
from heimdex.ui.background import sentence
from heimdex.ui.complaints import told
from heimdex.ui.session import Session

if TYPE_CHECKING:
    from heimdex.people import Enrolment, People
    from heimdex.people.erasure import Forgotten
    from heimdex.people.frames import FrameFace
    from heimdex.people.suggesting import Suggestion

T = TypeVar("T")


class Actions(QObject):
    """Each returns at once; `said` tells when it is done, every panel hears of the change."""

    said = Signal(str, bool)
    """A sentence, and whether what it tells can be undone."""
    opened = Signal(int)
    """Whose page should be shown now."""
    refused = Signal()
    """The newest step could not be kept, as on a full disk; `said` has told why."""

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None

    def attach(self, session: Session) -> None:
        """Work on an open library."""
        self._session = session

    @property
    def _people(self) -> "People":
        assert self._session is not None
        return self._session.library.people

    def name(self, person_id: int, name: str, taken: bool, follow: bool) -> None:
        """Give somebody a name, everywhere at once; a name that is `taken` joins both."""
        people = self._people
        text = (
            self.tr("These faces are now part of “%1”.")
            if taken
            else self.tr("Named “%1” in all videos.")
        ).replace("%1", name)

        def done(person: object) -> None:
            self.said.emit(text, True)
            if follow:
                self.opened.emit(int(person.id))  # type: ignore[attr-defined]

        self._operate(lambda: people.name(PersonId(person_id), name), done)

    def alias(self, person_id: int, names: Sequence[str]) -> None:
        """Give somebody other names."""
        people = self._people
        text = (
            self.tr("Found by these names as well.") if names else self.tr("Other names removed.")
        )
        self._tell(lambda: people.alias(PersonId(person_id), names), text)

    def name_face(self, face: "FrameFace", name: str) -> None:
        """A face of a stopped frame is that person."""
        people = self._people
        text = self.tr("Named “%1” in all videos.").replace("%1", name)
        self._tell(lambda: people.name_in_frame(face, name), text)

    def enroll(self, name: str, photos: Sequence[Path]) -> None:
        """Make somebody known by photos."""
        people = self._people

        def done(enrolment: "Enrolment") -> None:
            taken = self.tr("%n photo(s) taken.", "", len(enrolment.used))
            videos = self.tr("Found in %n video(s).", "", enrolment.person.video_count)
            left = "".join(f" {told(reason)}" for _, reason in enrolment.left_out[:1])
            same = ""
            if enrolment.alike is not None:
                same = " " + self.tr("“%1” looks the same.").replace(
                    "%1", enrolment.alike.name or ""
                )
            self.said.emit(f"{taken} {videos}{same}{left}", True)
            self.opened.emit(int(enrolment.person.id))

        self._operate(lambda: people.enroll(name, photos), done)

    def remove_photos(self, person_id: int, photos: Sequence[int]) -> None:
        """Somebody is not known by these photos any more."""
        people = self._people
        text = self.tr("%n photo(s) removed.", "", len(photos))
        self._tell(lambda: people.remove_photos(PersonId(person_id), photos), text)

    def reject(self, person_id: int, faces: Sequence[TrackRef]) -> None:
        """These faces are not that person."""
        people = self._people
        text = self.tr("%n face(s) taken out.", "", len(faces))
        self._tell(lambda: people.reject(faces, PersonId(person_id)), text)

    def split(self, faces: Sequence[TrackRef]) -> None:
        """These faces are somebody who is not known yet."""
        people = self._people
        self._tell(lambda: people.split(faces), self.tr("These faces are somebody else now."))

    def move(self, faces: Sequence[TrackRef], name: str) -> None:
        """These faces belong to whoever has this name."""
        people = self._people
        text = self.tr("%n face(s) given to “%1”.", "", len(faces)).replace("%1", name)
        self._tell(lambda: people.move(faces, name), text)

    def choose_portrait(self, person_id: int, ref: TrackRef | None) -> None:
        """Show somebody by this face; None by the best one."""
        people = self._people
        text = self.tr("Portrait chosen.")
        self._tell(lambda: people.choose_portrait(PersonId(person_id), ref), text)

    def hide(self, person_id: int, hidden: bool) -> None:
        """Leave somebody out of lists and search, or show them again."""
        people = self._people
        text = self.tr("Hidden.") if hidden else self.tr("Shown again.")
        self._tell(lambda: people.hide(PersonId(person_id), hidden), text)

    def merge(self, person_id: int, other: int, follow: bool = False) -> None:
        """Both are one: the second becomes part of the first, whose page is shown if `follow`."""
        people = self._people
        text = self.tr("Joined into one person.")

        def done(_: object) -> None:
            self.said.emit(text, True)
            if follow:
                self.opened.emit(person_id)

        self._operate(lambda: people.merge(PersonId(person_id), PersonId(other)), done)

    def keep_apart(self, person_id: int, other: int) -> None:
        """The two are not one person."""
        people = self._people
        text = self.tr("Kept apart.")
        self._tell(lambda: people.keep_apart(PersonId(person_id), PersonId(other)), text)

    def answer(self, suggestion: "Suggestion", same: bool) -> None:
        """What somebody says to "Is this the same person?"."""
        people = self._people
        text = self.tr("Joined into one person.") if same else self.tr("Kept apart.")
        self._tell(lambda: people.answer(suggestion, same), text)

    def undo(self) -> None:
        """Take the newest step back."""
        people, text = self._people, self.tr("Taken back.")

        def done(label: str | None) -> None:
            if label is not None:
                self.said.emit(text, False)

        self._operate(people.undo, done)

    def forget(self, person_id: int) -> None:
        """Erase somebody for good."""
        people = self._people
        self._operate(lambda: people.forget(PersonId(person_id)), self._tell_erased)

    def erase_everything(self) -> None:
        """Erase everybody and every face for good."""
        self._operate(self._people.erase_everything, self._tell_erased)

    def switch(self, on: bool) -> None:
        """Recognise faces from now on, or not any more."""
        session = self._session
        if session is None:
            return

        def switch() -> None:
            from heimdex.bootstrap import switch_faces

            switch_faces(session.library, on)

        def done(_: None) -> None:
            self.said.emit(
                self.tr("Faces are recognised from now on.")
                if on
                else self.tr("Faces are not recognised any more."),
                False,
            )
            if on:
                session.look_again()

        session.operate(switch, Changes(people=True, jobs=True), done, self._refuse)

    def mark_explained(self) -> None:
        """Somebody has read what is stored about faces."""
        self._operate(self._people.mark_explained)

    def _tell_erased(self, done: "Forgotten") -> None:
        parts = [self.tr("Erased, with %n face(s).", "", done.faces)]
        if done.backups:
            parts.append(self.tr("%n automatic backup(s) went with it.", "", done.backups))
        if not done.rewritten:
            parts.append(self.tr("The disk is too full to clean the rest now; it is done later."))
        self.said.emit(" ".join(parts), False)

    def _tell(self, work: Callable[[], object], text: str) -> None:
        self._operate(work, lambda _: self.said.emit(text, True))

    def _operate(self, work: Callable[[], T], then: Callable[[T], object] | None = None) -> None:
        if self._session is not None:
            self._session.operate(work, Changes(people=True), then, self._refuse)

    def _refuse(self, error: Exception) -> None:
        self.said.emit(sentence(error), False)
        self.refused.emit()
