"""A list of moments that play on Enter or a click; used for answers and for appearances.

What is in it is the panel's affair.
"""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QListView, QSizePolicy

from heimdex.ui.results.delegate import HEIGHT, MomentDelegate
from heimdex.ui.results.model import MomentModel
from heimdex.ui.session import Session
from heimdex.ui.theme import Theme


class MomentList(QListView):
    """Rows of equal height."""

    play_requested = Signal(str, int)
    """Video and millisecond."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.moments = MomentModel()
        self._delegate = MomentDelegate(theme, self.moments, self)
        self.setModel(self.moments)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
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

    def _play(self, index: QModelIndex) -> None:
        line = self.moments.at(index)
        if line is not None:
            self.play_requested.emit(line.moment.video_id, line.moment.start_ms)
