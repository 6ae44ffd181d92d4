"""Joins the search field, the answers and all that a person can ask with: sentences, pictures,
moments, saved searches.

Finding is the search room's work; how field and answers look, theirs.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from heimdex.domain.errors import HeimdexError
from heimdex.domain.ids import SavedSearchId, VideoId
from heimdex.domain.search import Like, Query, Question, SavedSearch, SearchResult
from heimdex.domain.stages import Changes
from heimdex.ui import examples, offers
from heimdex.ui.offers import Known
from heimdex.ui.results.panel import ResultsPanel
from heimdex.ui.results.saving import NameSearch
from heimdex.ui.searchfield import SearchField
from heimdex.ui.session import Session


class Asking(QObject):
    """One for a window."""

    panel_wanted = Signal()
    """The answers are to be shown."""
    said = Signal(str)

    def __init__(self, field: SearchField, results: ResultsPanel, window: QWidget) -> None:
        super().__init__(window)
        self._field = field
        self._results = results
        self._window = window
        self._session: Session | None = None
        self._answered: Question | None = None
        self._opened: SavedSearch | None = None
        field.title_of = self._title_of
        field.changed.connect(self._ask_soon)
        field.submitted.connect(self._submit)
        field.typing.connect(self._suggest)
        field.pasted.connect(self._paste)
        field.picture_wanted.connect(self._choose_picture)
        field.save_wanted.connect(self._save)
        field.saved_chosen.connect(self._open_named)
        results.example_chosen.connect(field.put)
        results.limits_changed.connect(self._ask_now)
        results.words_chosen.connect(field.add_words)
        results.similar_wanted.connect(self.find_similar)
        results.play_requested.connect(self._remember)
        results.turned.connect(self._show_saved)
        results.saved.chosen.connect(self._open_saved)
        results.saved.removed.connect(self._remove)
        results.saved.renamed.connect(self._rename)

    def attach(self, session: Session) -> None:
        """Ask an open library."""
        self._session = session
        session.searching.understood.connect(self._show_understood)
        session.searching.answered.connect(self._show_answer)
        session.searching.cleared.connect(self._forget_answer)
        session.suggesting.suggested.connect(self._field.suggest)
        session.changed.connect(self._follow)
        self._read_names()
        self._read_saved()
        session.run(lambda: _purge(session))

    @property
    def question(self) -> Question:
        """What the field and the bar above the answers ask."""
        return replace(
            self._field.question, filters=self._results.filters(), sort=self._results.sort
        )

    def find_pictures(self, pictures: Sequence[Path]) -> None:
        """Look for what is like all of these."""
        likes = tuple(Like(picture=picture) for picture in pictures)
        question = self._field.question
        self._field.put_question(replace(question, likes=(*question.likes, *likes)))

    def find_similar(self, video_id: str, at_ms: int) -> None:
        """Look for more like a moment; the sentence before it is over."""
        like = Like(video_id=VideoId(video_id), at_ms=at_ms)
        self._field.put_question(Question(likes=(like,)))

    # Asking

    def _ask_soon(self) -> None:
        self._ask(now=False)

    def _ask_now(self) -> None:
        self._ask(now=True)

    def _ask(self, *, now: bool) -> None:
        if self._session is None:
            return
        question = self.question
        if not question.empty:
            self.panel_wanted.emit()
        self._session.searching.ask(question, now=now)

    def _submit(self) -> None:
        session, question = self._session, self.question
        if session is None or question.empty:
            return
        self._remember()
        self.panel_wanted.emit()
        # A second Enter on the same question opens what was found.
        if not (question == self._answered and self._results.list.play_first()):
            session.searching.ask(question, now=True)

    def _remember(self, *_: object) -> None:
        """Keep the sentence among those asked lately, once it was meant."""
        session, text = self._session, self._field.question.text
        if session is not None and text:
            session.run(lambda: session.library.searches.store.remember(text))

    def _show_understood(self, query: Query) -> None:
        self._field.understood(query)

    def _show_answer(self, result: SearchResult) -> None:
        self._answered = self.question
        self._field.understood(result.query, result.dropped)
        saved = self._opened
        if saved is None or self._session is None:
            return
        # Searching takes a moment to be imported, and by now it is.
        from heimdex.search.watching import spans, unseen

        self._opened = None
        new = len(unseen(result.moments, saved.seen))
        if new:
            told = self.tr("%n new", "", new)
            self._results.summary.setText(f"{self._results.summary.text()} · {told}")
        store, found = self._session.library.searches.store, spans(result.moments)
        self._session.run(lambda: store.mark_seen(saved.id, found))

    def _forget_answer(self) -> None:
        self._answered = None
        self._opened = None

    def _suggest(self, text: str) -> None:
        if self._session is None or not text.strip():
            self._field.suggestions.hide()
        else:
            self._session.suggesting.ask(text)

    # Pictures

    def _paste(self, data: QMimeData) -> None:
        pictures = examples.pictures_of(data)
        if not pictures and data.hasImage() and self._session is not None:
            image = QImage(data.imageData())
            kept = examples.keep(self._session.library.directories.library, image)
            if kept is None:
                self.said.emit(self.tr("The picture could not be kept; is the disk full?"))
                return
            pictures = [kept]
        if pictures:
            self.find_pictures(pictures)
        else:
            self._field.line.paste()

    def _choose_picture(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in examples.SUFFIXES)
        paths, _ = QFileDialog.getOpenFileNames(
            self._window, self.tr("Find what looks like a picture"), "",
            f"{self.tr('Pictures')} ({kinds})",
        )  # fmt: skip
        if paths:
            self.find_pictures([Path(path) for path in paths])

    def _title_of(self, like: Like) -> str:
        if like.picture is not None:
            pasted = like.picture.parent.name == examples.FOLDER
            return self.tr("picture") if pasted else like.picture.name
        if self._session is None or like.video_id is None:
            return ""
        video = self._session.library.catalogue.video(like.video_id)
        return self.tr("a removed video") if video is None else video.title

    # Saved searches

    def _save(self) -> None:
        session, question = self._session, self.question
        if session is None or question.empty:
            return
        proposed = question.text or self._title_of(question.likes[0])
        dialog = NameSearch(self.tr("Save this search"), proposed, self._window)
        dialog.named.connect(lambda name: self._save_as(name, question))
        dialog.open()

    def _save_as(self, name: str, question: Question) -> None:
        session = self._session
        if session is None:
            return

        def done(saved: SavedSearch) -> None:
            text = self.tr("Saved as “%1”. You find it on the empty search page.")
            self.said.emit(text.replace("%1", saved.name))
            self._read_saved()

        session.run(lambda: session.library.searches.save(name, question), done)

    def _open_saved(self, saved: SavedSearch) -> None:
        session = self._session
        if session is None:
            return
        names = {person.id: person.name or "" for person in session.library.people.named()}
        words = offers.as_words(saved.question.filters, names)
        question = saved.question
        text = " ".join([question.text, *words]).strip()
        self._results.limits.show_question(question.filters, question.sort)
        self._field.put_question(replace(question, text=text))
        self._opened = saved

    def _open_named(self, name: str) -> None:
        found = [line.saved for line in self._results.saved.lines if line.saved.name == name]
        if found:
            self._open_saved(found[0])

    def _remove(self, saved: SavedSearch) -> None:
        session = self._session
        if session is not None:
            store = session.library.searches.store
            session.run(lambda: store.remove(saved.id), lambda _: self._read_saved())

    def _rename(self, saved: SavedSearch) -> None:
        dialog = NameSearch(self.tr("Rename"), saved.name, self._window)
        dialog.named.connect(lambda name: self._rename_to(saved, name))
        dialog.open()

    def _rename_to(self, saved: SavedSearch, name: str) -> None:
        session = self._session
        if session is not None:
            store = session.library.searches.store
            session.run(lambda: store.rename(saved.id, name), lambda _: self._read_saved())

    def _show_saved(self, page: str) -> None:
        if page == "first":
            self._read_saved()

    def _read_saved(self) -> None:
        session = self._session
        if session is not None:
            session.run(session.library.searches.store.saved, self._list_saved)

    def _list_saved(self, saved: Sequence[SavedSearch]) -> None:
        self._results.saved.show_searches(saved)
        first = self._results.page == "first"
        self._results.saved.setVisible(first and bool(saved))
        # Each is asked, which needs the models: only while somebody looks at the list.
        if self._session is not None and saved and first and self._results.isVisible():
            session = self._session
            session.run(lambda: _new_in(session, saved), self._results.saved.show_new)

    # Names

    def _follow(self, changes: Changes) -> None:
        if changes.people or changes.folders or changes.videos:
            self._read_names()
            if self._results.isVisible() and self._results.page == "first":
                self._read_saved()

    def _read_names(self) -> None:
        session = self._session
        if session is not None:
            session.suggesting.refresh()
            session.run(lambda: _known(session), self._know)

    def _know(self, known: Known) -> None:
        self._field.known = known
        self._results.limits.known = known


def _known(session: Session) -> Known:
    from heimdex.search.scope import folder_names

    people = session.library.people.named()
    names = sorted(person.name for person in people if person.name)
    return Known(tuple(names), tuple(sorted(folder_names(session.library.catalogue))))


def _new_in(session: Session, saved: Sequence[SavedSearch]) -> dict[SavedSearchId, int]:
    """How many matches of each were not there before; those that cannot be asked now are left
    out."""
    counts: dict[SavedSearchId, int] = {}
    for each in saved:
        try:
            counts[each.id] = len(session.library.searches.ask(each).new)
        except HeimdexError:
            # A model or a picture is missing; asking the search itself says so.
            continue
    return counts


def _purge(session: Session) -> None:
    library = session.library
    likes = [like for saved in library.searches.store.saved() for like in saved.question.likes]
    wanted = [like.picture for like in likes if like.picture is not None]
    examples.purge(library.directories.library, wanted)
