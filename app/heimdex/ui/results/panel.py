"""The search panel: what was found, what was only near, and what to try when nothing was asked.

Understanding and finding is the search room's work; the field above belongs to the window.
"""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState
from heimdex.domain.search import EvidenceKind, Filters, SearchResult, Sort
from heimdex.domain.stages import Changes
from heimdex.search.calibration import CUT
from heimdex.ui.results.limits import LimitsBar
from heimdex.ui.results.list import MomentList
from heimdex.ui.results.saved import SavedList
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import EmptyState, Note, button

NEAREST = 8


class ResultsPanel(QWidget):
    """Pages: nothing asked yet, an answer, an error."""

    play_requested = Signal(str, int)
    turned = Signal(str)
    """Another page is shown."""
    example_chosen = Signal(str)
    limits_changed = Signal()
    """Other kinds of evidence, or another order."""
    words_chosen = Signal(str)
    """A limit as words for the sentence."""
    similar_wanted = Signal(str, int)
    """More like this moment: video and millisecond."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._theme = theme
        self._session: Session | None = None
        self.result: SearchResult | None = None
        self.list = MomentList(theme)
        self.list.setAccessibleName(self.tr("Moments found"))
        self.list.play_requested.connect(self.play_requested)
        self.list.similar_requested.connect(self.similar_wanted)
        self.limits = LimitsBar(theme)
        self.limits.changed.connect(self.limits_changed)
        self.limits.words_chosen.connect(self.words_chosen)
        self.summary = self.limits.summary
        self.saved = SavedList(theme)
        self.nearest = Note(theme, "info")
        self.nearest.hide()
        self.vision_note = Note(theme, "eye")
        self.vision_note.hide()
        self._vision_text = ""
        self._first = self._make_first()
        self._none = EmptyState(theme, "search", self.tr("Nothing was found"), "")
        self._failed = EmptyState(theme, "warning", self.tr("The search did not work"), "")
        self._build()
        self._turn_to(self._first)

    @property
    def page(self) -> str:
        """Which page is shown: `first`, `answer`, `none` or `failed`."""
        pages = {
            self._first: "first",
            self.list: "answer",
            self._none: "none",
            self._failed: "failed",
        }
        current = self._stack.currentWidget()
        return pages[current]  # type: ignore[index]

    def attach(self, session: Session) -> None:
        """Answer from an open library."""
        self._session = session
        self.list.attach(session)
        session.searching.answered.connect(self.show_result)
        session.searching.failed.connect(self._show_failure)
        session.searching.cleared.connect(self._show_first)
        session.searching.started.connect(lambda: self.summary.setText(self.tr("Searching…")))
        session.changed.connect(self._follow)

    def show_vision_note(self, text: str) -> None:
        """Say what the vision engine in use can and cannot see, where its word counts."""
        self._vision_text = text
        self._offer_note()

    def filters(self) -> Filters:
        """What the toggles leave."""
        return self.limits.filters()

    @property
    def sort(self) -> Sort:
        """The chosen order."""
        return self.limits.sort

    def show_result(self, result: SearchResult) -> None:
        """Show an answer."""
        self.result = result
        # Of what is only near, a few are an offer; all of them would be noise.
        matches = [moment for moment in result.moments if moment.score >= CUT]
        near = [moment for moment in result.moments if moment.score < CUT]
        if result.only_near:
            matches, near = [], list(result.moments)
        if result.only_near and result.dropped:
            matches, near = near[:NEAREST], []
        near = near[:NEAREST]
        self.list.moments.replace(matches, near)
        self.list.scrollToTop()
        count = len(matches)
        if not result.moments:
            self.summary.setText("")
            self.nearest.hide()
            self._none.text.setText(
                self.tr(
                    "No moment fits “%1”. Try other words, fewer words, or look in all kinds of "
                    "evidence."
                ).replace("%1", result.query.raw.strip())
            )
            self._turn_to(self._none)
            return
        if result.only_near:
            good = self.tr("No match found") if result.unsure else self.tr("No good match")
            self.summary.setText(good)
            self.nearest.show_text(self._why_nearest(result))
        else:
            text = self.tr("%n moment(s)", "", count)
            videos = len({moment.video_id for moment in matches})
            within = self.tr("in %n video(s)", "", videos)
            if near:
                less = self.tr("%n less sure", "", len(near))
                within = f"{within} · {less}"
            self.summary.setText(f"{text} {within}")
            self.nearest.hide()
        self._turn_to(self.list)
        self._offer_note()

    def _why_nearest(self, result: SearchResult) -> str:
        if result.unsure and not result.dropped:
            return self.tr(
                "Whether this can be seen somewhere is more than the picture model in use can "
                "tell. These are the nearest moments; one of them may be it."
            )
        if result.missing and not result.dropped:
            names = ", ".join(f"“{name}”" for name in result.missing)
            text = self.tr(
                "Nothing fits this: %1 was recognised in none of the videos. These are the nearest "
                "moments there are."
            )
            return text.replace("%1", names)
        if not result.dropped:
            return self.tr("Nothing fits this. These are the nearest moments there are.")
        missing = ", ".join(f"“{chip.text}”" for chip in result.dropped)
        text = self.tr(
            "Nothing fits together with %1. These moments are the nearest without that; if it was "
            "not meant so, remove its chip."
        )
        return text.replace("%1", missing)

    def focus_list(self) -> None:
        """Let the arrows walk through the answer, from its best."""
        if self.list.moments.rowCount():
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
            if not self.list.currentIndex().isValid():
                self.list.setCurrentIndex(self.list.moments.index(0, 0))

    def _build(self) -> None:
        notes = QVBoxLayout()
        notes.setContentsMargins(24, 0, 24, 8)
        notes.setSpacing(8)
        notes.addWidget(self.nearest)
        pages = QWidget()
        self._stack = QStackedLayout(pages)
        for page in (self._first, self.list, self._none, self._failed):
            self._stack.addWidget(page)
        foot = QVBoxLayout()
        foot.setContentsMargins(24, 8, 24, 12)
        foot.addWidget(self.vision_note)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.limits)
        whole.addLayout(notes)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.saved, 100)
        middle.addStretch(1)
        whole.addLayout(middle)
        whole.addWidget(pages, 1)
        whole.addLayout(foot)

    def _turn_to(self, page: QWidget) -> None:
        self._stack.setCurrentWidget(page)
        first = page is self._first
        self.saved.setVisible(first and bool(self.saved.lines))
        self.limits.show_answer(not first)
        self.turned.emit(self.page)

    def _make_first(self) -> EmptyState:
        state = EmptyState(
            self._theme,
            "search",
            self.tr("Find the second"),
            self.tr(
                "Type what was said, what can be seen or who is there, in a sentence, in Korean or "
                "English; a date, a folder or a length may stand in it. Put words in quotes to "
                "find them exactly, and - before a word to leave it out."
            ),
        )
        for text in (
            self.tr("a dog running on the beach"),
            self.tr("blowing out the birthday candles"),
            self.tr("“see you tomorrow”"),
        ):
            state.offer(button(text, "example", partial(self.example_chosen.emit, text)))
        return state

    def _follow(self, changes: Changes) -> None:
        """A drive came or went, or files were moved: the answer stands, but says where they are."""
        session = self._session
        wanted = {line.moment.video_id for line in self.list.moments.lines}
        if session is None or not wanted or not (changes.folders or changes.videos & wanted):
            return
        catalogue = session.library.catalogue

        def places() -> dict[VideoId, tuple[Path, bool]]:
            videos = [catalogue.video(video_id) for video_id in wanted]
            return {v.id: (v.path, v.state is FileState.ONLINE) for v in videos if v is not None}

        session.run(places, self.list.moments.follow)

    def _offer_note(self) -> None:
        """Before a search, and where answers rest on nothing but the looks."""
        moments = self.result.moments if self.result is not None else ()
        kinds = [{reason.kind for reason in moment.evidence} for moment in moments[:5]]
        seen_only = any(each == {EvidenceKind.VISUAL} for each in kinds)
        wanted = self.result is None or seen_only
        self.vision_note.show_text(self._vision_text if wanted else "")

    def _show_first(self) -> None:
        self.result = None
        self.list.moments.replace(())
        self.summary.setText("")
        self.nearest.hide()
        self._turn_to(self._first)
        self._offer_note()

    def _show_failure(self, text: str) -> None:
        self.result = None
        self.summary.setText("")
        self.nearest.hide()
        self._failed.text.setText(text)
        self._turn_to(self._failed)
