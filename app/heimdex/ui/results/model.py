"""Moments as a list: found by a search, or a person's appearances.

How one looks is the delegate's affair; where they come from, the panels'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from heimdex.domain.ids import VideoId
from heimdex.domain.search import Moment
from heimdex.ui import wording


@dataclass(frozen=True, slots=True)
class MomentLine:
    """A moment as it is listed. `weak` ones are only the nearest there are; `heads`: it is the
    first of those that stand behind matches."""

    moment: Moment
    weak: bool = False
    heads: bool = False


class MomentModel(QAbstractListModel):
    """Replaced as a whole: the best of a new answer stands at the top."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[MomentLine] = []

    @property
    def lines(self) -> Sequence[MomentLine]:
        """All that is listed."""
        return self._lines

    def replace(self, moments: Sequence[Moment], near: Sequence[Moment] = ()) -> None:
        """List these instead; those that are only `near` behind them."""
        self.beginResetModel()
        self._lines = [MomentLine(moment) for moment in moments]
        for moment in near:
            heads = bool(moments) and len(self._lines) == len(moments)
            self._lines.append(MomentLine(moment, weak=True, heads=heads))
        self.endResetModel()

    def follow(self, places: Mapping[VideoId, tuple[Path, bool]]) -> None:
        """Say where the files of these videos are now, and whether they can be reached; the list
        stays as it is."""
        for row, line in enumerate(self._lines):
            path, online = places.get(line.moment.video_id, (line.moment.path, False))
            if (path, online) != (line.moment.path, line.moment.online):
                moment = replace(line.moment, path=path, online=online)
                self._lines[row] = replace(line, moment=moment)
                self.dataChanged.emit(self.index(row, 0), self.index(row, 0))

    def at(self, index: QModelIndex | QPersistentModelIndex) -> MomentLine | None:
        """The line at an index."""
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        return self._lines[index.row()]

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._lines)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        line = self.at(index)
        if line is None:
            return None
        moment = line.moment
        if role == Qt.ItemDataRole.DisplayRole:
            return moment.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            why = [
                f"{wording.evidence(e.kind)}: {wording.evidence_text(e, line.weak)}"
                for e in moment.evidence
            ]
            less = [wording.less_sure()] if line.weak else []
            return ", ".join([moment.title, wording.clock(moment.start_ms), *less, *why])
        if role == Qt.ItemDataRole.ToolTipRole:
            return wording.shortened(moment.path)
        return None
