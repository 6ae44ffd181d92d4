"""What is known about a video: place, measures, who is in it, and how it was indexed.

Reading it happens in the background.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.media import MediaFile, MediaInfo, Video
from heimdex.domain.speech import Transcript
from heimdex.domain.stages import Stage, StageRun, StageStatus
from heimdex.export import screen_text
from heimdex.ui import complaints, desktop, wording
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Note, button, label

if TYPE_CHECKING:
    from heimdex.bootstrap import Library


@dataclass(frozen=True, slots=True)
class Details:
    """Everything that the side shows of a video."""

    video: Video
    info: MediaInfo | None
    files: tuple[MediaFile, ...]
    runs: dict[Stage, StageRun]
    transcript: Transcript | None
    written: Transcript
    """The text on the screen, line by line."""
    people: tuple[tuple[PersonId, str], ...]

    @property
    def frame_rate(self) -> float:
        """Frames a second; 0.0 where there is no picture or the file does not say."""
        return self.info.video[0].frame_rate if self.info is not None and self.info.video else 0.0

    def failed(self, *stages: Stage) -> str:
        """Why the first of these stages that failed did so, "" when none has."""
        runs = [self.runs[stage] for stage in stages if stage in self.runs]
        return next((run.error for run in runs if run.status is StageStatus.FAILED), "")


def read_details(library: "Library", video_id: VideoId) -> Details | None:
    """Read one video; None when it is gone."""
    video = library.catalogue.video(video_id)
    if video is None:
        return None
    names = {person.id: person.name for person in library.people.list() if person.name}
    there = library.people.appearances(list(names), [video_id]) if names else []
    who = dict.fromkeys(appearance.person_id for appearance in there)
    return Details(
        video,
        library.catalogue.media_info(video_id),
        tuple(library.catalogue.files(video_id=video_id)),
        library.stages.runs(video_id),
        library.stages.transcript(video_id),
        screen_text.lines(library.stages.ocr_lines(video_id)),
        tuple((person, names[person] or "") for person in who),
    )


class DetailsView(QScrollArea):
    """Rows of words; rebuilt for each video."""

    person_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_details(self, details: Details | None) -> None:
        """Show a video, or nothing."""
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        if details is not None:
            self._fill(column, details)
        column.addStretch(1)
        self.setWidget(inside)

    def _fill(self, column: QVBoxLayout, details: Details) -> None:
        away = wording.offline(details.video)
        if away:
            column.addWidget(Note(self._theme, "offline", away, "warning"))
        for stage, run in details.runs.items():
            if run.status is StageStatus.FAILED:
                text = f"{wording.stage(stage)}: {complaints.told(run.error)}"
                column.addWidget(Note(self._theme, "warning", text, "warning"))
        if details.people:
            column.addWidget(self._people(details))
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for name, text in self._facts(details):
            form.addRow(label(name, "muted"), _value(text))
        column.addLayout(form)
        path = details.video.path
        show = button(self.tr("Show in folder"), action=lambda: desktop.show_in_folder(path))
        self._theme.dress(show, "folder")
        line = QHBoxLayout()
        line.addWidget(show)
        line.addStretch(1)
        column.addLayout(line)
        if details.runs:
            column.addWidget(label(self.tr("Indexed"), "lead"))
            column.addLayout(self._stages(details))

    def _people(self, details: Details) -> QWidget:
        host = QWidget()
        line = QHBoxLayout(host)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        for person, name in details.people[:4]:
            chip = button(name, "example", partial(self.person_chosen.emit, int(person)))
            self._theme.dress(chip, "person", "muted")
            line.addWidget(chip)
        if len(details.people) > 4:
            line.addWidget(label(self.tr("%n more", "", len(details.people) - 4), "muted"))
        line.addStretch(1)
        return host

    def _facts(self, details: Details) -> list[tuple[str, str]]:
        video, info = details.video, details.info
        facts = [(self.tr("Place"), wording.shortened(file.path)) for file in details.files]
        if video.recorded_at:
            facts.append((self.tr("Recorded"), wording.day(video.recorded_at)))
        if video.duration_ms:
            facts.append((self.tr("Length"), wording.clock(video.duration_ms)))
        if details.files:
            facts.append((self.tr("Size"), wording.size(details.files[0].size)))
        if info is not None and info.video:
            track = info.video[0]
            picture = f"{video.width} × {video.height}, {track.codec.upper()}"
            if track.frame_rate:
                rate = f"{track.frame_rate:.3g}"
                picture += self.tr(", %1 frames a second").replace("%1", rate)
            facts.append((self.tr("Picture"), picture))
        if info is not None and info.audio:
            sound = info.audio[0]
            facts.append(
                (self.tr("Sound"), f"{sound.codec.upper()}, {sound.sample_rate / 1000:g} kHz")
            )
        if details.transcript is not None and details.transcript.language:
            facts.append((self.tr("Language"), wording.language(details.transcript.language)))
        return facts

    def _stages(self, details: Details) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(6)
        for stage in Stage:
            run = details.runs.get(stage)
            if run is None:
                continue
            states = {
                StageStatus.DONE: run.model.partition("@")[0] or self.tr("done"),
                StageStatus.SKIPPED: self.tr("nothing to do"),
                StageStatus.FAILED: self.tr("failed"),
            }
            took = f" · {run.seconds:.1f} s" if run.status is StageStatus.DONE else ""
            form.addRow(label(wording.stage(stage), "muted"), _value(states[run.status] + took))
        return form


def _value(text: str) -> QLabel:
    widget = label(text, wrap=True)
    widget.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return widget
