"""A list of moments that play on Enter or a click; used for answers and for appearances.

What is in it is the panel's affair.
"""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QSizePolicy

from heimdex.ui.results.delegate import HEIGHT, MomentDelegate, body, similar_button
from heimdex.ui.results.model import MomentModel
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme
from heimdex.ui.wording import clock

MOST_PLACES = 8
"""Of one shot, in the menu of its moment."""


class MomentList(QListView):
    """Rows of equal height, but for a heading above the less sure ones."""

    play_requested = Signal(str, int)
    """Video and millisecond."""
    similar_requested = Signal(str, int)
    """The same, of a moment to find others like."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.moments = MomentModel()
        self._delegate = MomentDelegate(theme, self.moments, self)
        self.setModel(self.moments)
        self.setItemDelegate(self._delegate)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setViewportMargins(14, 0, 6, 0)
        self.verticalScrollBar().setSingleStep(HEIGHT // 3)
        self.clicked.connect(self._play)
        self.activated.connect(self._play)
        theme.changed.connect(self.viewport().update)

    def attach(self, session: Session) -> None:
        """Show pictures of an open library."""
        self._delegate.thumbnails = session.thumbnails
        self._delegate.artefacts = session.library.artefacts
        session.thumbnails.loaded.connect(self.viewport().update)

    def play_first(self) -> bool:
        """Play the chosen moment, or the best one; False when there is none."""
        index = self.currentIndex()
        if not index.isValid():
            index = self.moments.index(0, 0)
        if not index.isValid():
            return False
        self.setCurrentIndex(index)
        self._play(index)
        return True

    def ask_similar(self, index: QModelIndex) -> None:
        """Ask for more like this moment."""
        line = self.moments.at(index)
        if line is not None:
            moment = line.moment
            at_ms = moment.evidence[0].at_ms if moment.evidence else moment.start_ms
            self.similar_requested.emit(moment.video_id, at_ms)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        line = self.moments.at(index)
        if line is not None and event.button() == Qt.MouseButton.LeftButton:
            whole = body(self.visualRect(index), line)
            if similar_button(whole).contains(place):
                self.ask_similar(index)
                return
        super().mouseReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if not index.isValid():
            return
        self.setCurrentIndex(index)
        self.menu_of(index).popup(event.globalPos())

    def menu_of(self, index: QModelIndex) -> QMenu:
        """What can be done with a moment; other places of its shot are reached from here."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Play")).triggered.connect(lambda: self._play(index))
        line = self.moments.at(index)
        if line is not None:
            video_id = line.moment.video_id
            for at_ms in line.moment.also_ms[:MOST_PLACES]:
                place = self.tr("Play from %1, in the same shot").replace("%1", clock(at_ms))
                menu.addAction(place).triggered.connect(
                    lambda _=False, at_ms=at_ms: self.play_requested.emit(video_id, at_ms)
                )
        similar = menu.addAction(self.tr("More like this moment"))
        similar.triggered.connect(lambda: self.ask_similar(index))
        return menu

    def _play(self, index: QModelIndex) -> None:
        line = self.moments.at(index)
        if line is not None:
            self.play_requested.emit(line.moment.video_id, line.moment.start_ms)
