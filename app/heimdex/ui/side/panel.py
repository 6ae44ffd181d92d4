"""Puts player, transcript, text on screen and details of the chosen video together.

Which video that is, the other panels say.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState
from heimdex.domain.stages import Changes, Stage
from heimdex.ui import wording
from heimdex.ui.preferences import Preferences
from heimdex.ui.session import Session
from heimdex.ui.side.details import Details, DetailsView, read_details
from heimdex.ui.side.taking import TakeOut
from heimdex.ui.side.transcript import TranscriptView
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Elided, EmptyState, icon_button, label

if TYPE_CHECKING:
    from heimdex.ui.people.frame import FrameNaming
    from heimdex.ui.side.player_view import PlayerView


_WRITTEN = 1
"""The tab of the text on screen; there where there is any."""


class SidePanel(QFrame):
    """The player is made when the first video is shown: its codecs take a moment to load."""

    closed = Signal()
    person_chosen = Signal(int)
    similar_wanted = Signal(str, int)
    """Find this frame: video and millisecond."""
    said = Signal(str, bool)
    """A sentence, and whether what it tells can be undone."""

    def __init__(self, theme: Theme, preferences: Preferences, names: QStringListModel) -> None:
        """`names` completes the names of people."""
        super().__init__()
        self._names = names
        self.setObjectName("side")
        self.setMinimumWidth(320)
        self._theme = theme
        self._preferences = preferences
        self._session: Session | None = None
        self._wanted: tuple[VideoId, int | None] | None = None
        self.details: Details | None = None
        self.view: PlayerView | None = None
        self.naming: FrameNaming | None = None
        self.title = Elided("", "lead")
        self.transcript = TranscriptView(theme)
        self.transcript.sought.connect(self.seek)
        self.written = TranscriptView(theme)
        self.written.setAccessibleName(self.tr("Text on screen"))
        self.written.sought.connect(self.seek)
        self.taking = TakeOut(theme)
        self.taking.said.connect(self.said)
        self._details = DetailsView(theme)
        self._details.person_chosen.connect(self.person_chosen)
        self._silent = label("", "muted", wrap=True)
        self._silent.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._silent.setContentsMargins(24, 32, 24, 0)
        self._nothing = EmptyState(
            theme,
            "play",
            self.tr("Nothing chosen"),
            self.tr("Choose a video or a moment: it plays here, with what is said beside it."),
        )
        self._build()

    @property
    def video_id(self) -> VideoId | None:
        """What is shown, or about to be."""
        return self._wanted[0] if self._wanted is not None else None

    @property
    def position(self) -> int:
        """Where the player is, in ms."""
        return self.view.player.position if self.view is not None else 0

    def attach(self, session: Session) -> None:
        """Show videos of an open library."""
        self._session = session
        self.taking.attach(session)
        session.changed.connect(self._refresh)
        session.thumbnails.loaded.connect(self._show_poster)

    def show_video(self, video_id: str) -> None:
        """Show a video without playing it; one that is shown already stays as it is."""
        if self.video_id != video_id:
            self._read(VideoId(video_id), None)

    def play(self, video_id: str, at_ms: int) -> None:
        """Play a video from a millisecond on."""
        if self.details is not None and self.details.video.id == video_id == self.video_id:
            self._open(self.details, at_ms)
        else:
            self._read(VideoId(video_id), at_ms)

    def toggle(self) -> None:
        """Play or pause what is shown."""
        if self.view is not None and self.view.player.path is not None:
            self.view.player.toggle()
        elif self.details is not None:
            self._open(self.details, 0)

    def seek(self, ms: int) -> None:
        """Go to a millisecond and play on."""
        if self.details is not None:
            self._open(self.details, ms)

    def release(self) -> None:
        """Let go of the file that plays."""
        if self.view is not None:
            self.view.player.close()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 8, 4)
        head.addWidget(self.title, 1)
        self._similar = icon_button(
            self._theme, "similar", self.tr("Find this frame: moments that look like it")
        )
        self._similar.clicked.connect(self._ask_similar)
        self._similar.hide()
        head.addWidget(self._similar)
        head.addWidget(
            icon_button(self._theme, "side", self.tr("Close the side"), self.closed.emit)
        )
        self._place = QVBoxLayout()
        self._place.setContentsMargins(16, 0, 16, 0)
        self._tabs = QTabBar()
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        self._tabs.setUsesScrollButtons(False)
        self._tabs.setAccessibleName(self.tr("About this video"))
        self._tabs.addTab(self.tr("Transcript"))
        self._tabs.addTab(self.tr("On screen"))
        self._tabs.addTab(self.tr("Details"))
        self._tabs.setTabVisible(_WRITTEN, False)
        self._pages = QStackedWidget()
        self._said = QStackedWidget()
        self._said.addWidget(self.transcript)
        self._said.addWidget(self._silent)
        self._pages.addWidget(_framed(self._said))
        self._pages.addWidget(_framed(self.written))
        self._pages.addWidget(self._details)
        self._tabs.currentChanged.connect(self._pages.setCurrentIndex)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(16, 0, 8, 0)
        tabs.addWidget(self._tabs)
        tabs.addStretch(1)
        tabs.addWidget(self.taking)
        rule = QFrame()
        rule.setObjectName("line")
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._place)
        column.addLayout(tabs)
        column.addWidget(rule)
        column.addWidget(self._pages, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(body)
        self._body = body
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(self._stack, 1)

    def _read(self, video_id: VideoId, at_ms: int | None) -> None:
        session = self._session
        if session is None:
            return
        self._wanted = (video_id, at_ms)
        session.run(lambda: read_details(session.library, video_id), self._show)

    def _refresh(self, changes: Changes) -> None:
        session, video_id = self._session, self.video_id
        if session is None or video_id is None:
            return
        if video_id in changes.videos or changes.people or changes.folders:
            session.run(lambda: read_details(session.library, video_id), self._update)

    def _update(self, details: Details | None) -> None:
        if details is None:
            self._clear()
        elif details.video.id == self.video_id:
            self._render(details)

    def _show(self, details: Details | None) -> None:
        if details is None:
            self._clear()
            return
        if self._wanted is None or details.video.id != self._wanted[0]:
            return  # something else was chosen in the meantime
        at_ms = self._wanted[1]
        # The player lives in the body: it must be there before it is asked for its size.
        self._stack.setCurrentWidget(self._body)
        view = self._player()
        if self.details is None or self.details.video.id != details.video.id:
            view.player.close()
            view.problem.hide()
            view.surface.show_still(None)
        self._render(details)
        self._show_poster()
        view.position.setRange(0, max(1, details.video.duration_ms))
        view.player.position_changed.emit(at_ms or 0)
        if at_ms is not None:
            self._open(details, at_ms)

    def _render(self, details: Details) -> None:
        before, self.details = self.details, details
        self._similar.setVisible(bool(details.video.duration_ms))
        self.title.show_text(details.video.title)
        self.taking.show_video(details.video, details.transcript)
        segments = details.transcript.segments if details.transcript is not None else ()
        if before is None or before.transcript != details.transcript or not segments:
            self.transcript.lines.replace(segments)
        if before is None or before.written != details.written or not details.written.segments:
            self.written.lines.replace(details.written.segments)
        self._tabs.setTabVisible(_WRITTEN, bool(details.written.segments))
        # The bar does not ask for the room of a tab that comes.
        self._tabs.updateGeometry()
        self._said.setCurrentWidget(self.transcript if segments else self._silent)
        if not details.video.has_audio and details.video.duration_ms:
            self._silent.setText(self.tr("This video has no sound."))
        elif details.transcript is not None:
            self._silent.setText(self.tr("Nobody speaks in this video."))
        elif failed := details.failed(Stage.PROBE, Stage.SPEECH):
            self._silent.setText(wording.reason(failed))
        else:
            self._silent.setText(self.tr("What is said appears here once it has been listened to."))
        self._details.show_details(details)
        if self.naming is not None:
            self.naming.show_video(details.video.id)
        self._player().set_enabled(details.video.state is FileState.ONLINE)

    def _open(self, details: Details, at_ms: int) -> None:
        self._wanted = (details.video.id, at_ms)
        view = self._player()
        if details.video.state is not FileState.ONLINE:
            view.problem.show_text(wording.offline(details.video))
            return
        view.problem.hide()
        rate = details.frame_rate
        view.player.open(Path(details.video.path), at_ms, play=True, frame_rate=rate)

    def _player(self) -> "PlayerView":
        if self.view is None:
            from heimdex.ui.side.player_view import PlayerView

            self.view = PlayerView(self._theme, self._preferences.volume)
            self.view.volume_changed.connect(self._remember_volume)
            self.view.player.position_changed.connect(self.transcript.follow)
            self.view.player.position_changed.connect(self.written.follow)
            self._place.addWidget(self.view)
            self._add_naming(self.view)
        return self.view

    def _add_naming(self, view: "PlayerView") -> None:
        from heimdex.ui.people.frame import FrameNaming

        self.naming = FrameNaming(self._theme, view, self._names)
        self.naming.said.connect(self.said)
        if self._session is not None:
            self.naming.attach(self._session)

    def _remember_volume(self, volume: int) -> None:
        self._preferences.volume = volume

    def _show_poster(self) -> None:
        session, view = self._session, self.view
        if (
            session is None
            or view is None
            or self.details is None
            or not view.surface.image.isNull()
        ):
            return
        video = self.details.video
        path = session.library.artefacts.poster(video.id)
        width = max(160, self.width() - 32)
        size = QSize(width, round(width * 9 / 16))
        sound = video.has_audio and not video.has_video
        picture = None if sound else session.thumbnails.pixmap(path, size, self.devicePixelRatioF())
        view.surface.show_still(picture, "sound" if sound else "film")

    def _ask_similar(self) -> None:
        if self.details is not None:
            self.similar_wanted.emit(self.details.video.id, self.position)

    def _clear(self) -> None:
        self._similar.hide()
        self._wanted = None
        self.details = None
        self.release()
        self.title.show_text("")
        self._stack.setCurrentWidget(self._nothing)


def _framed(page: QWidget) -> QWidget:
    host = QWidget()
    inside = QVBoxLayout(host)
    inside.setContentsMargins(8, 8, 8, 0)
    inside.addWidget(page)
    return host
