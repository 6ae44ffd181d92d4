"""The cards of the models' page: a set, a family with its models, a download that runs.

What is on them is read by `lines`; what their buttons do is the page's affair.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from heimdex.ui import wording
from heimdex.ui.models.fetching import FetchProgress
from heimdex.ui.models.lines import ModelLine, SetLine
from heimdex.ui.theme import Theme
from heimdex.ui.widgets import Chip, Elided, Picture, button, icon_button, label, line

Act = Callable[[], object]


def set_name(tier: str) -> str:
    """What a set is called."""
    translate = QCoreApplication.translate
    names = {
        "starter": translate("Models", "Starter"),
        "balanced": translate("Models", "Balanced"),
        "best": translate("Models", "Best"),
    }
    return names.get(tier, tier)


def set_text(tier: str) -> str:
    """What a set is good at, and what it costs."""
    translate = QCoreApplication.translate
    texts = {
        "starter": translate(
            "Models",
            "Small and quick on any computer. Understands clear speech, finds things and places, "
            "and tells faces apart. Weaker with noise, with what people do, and with details.",
        ),
        "balanced": translate(
            "Models",
            "For most libraries. Hears noisy speech and names better, understands questions in "
            "Korean and English more deeply, and knows what happens in a picture.",
        ),
        "best": translate(
            "Models",
            "The most accurate, and slow: for a strong computer, or one with a graphics processor. "
            "Going through videos takes several times as long.",
        ),
    }
    return texts.get(tier, "")


def family_name(family: str) -> str:
    """What the models of a family do."""
    translate = QCoreApplication.translate
    names = {
        "speech": translate("Models", "What is said"),
        "text": translate("Models", "What words mean"),
        "vision": translate("Models", "What is seen"),
        "face_detector": translate("Models", "Where faces are"),
        "face_embedder": translate("Models", "Who is who"),
        "ocr": translate("Models", "Text on screen"),
        "voice": translate("Models", "Where somebody speaks"),
    }
    return names.get(family, family)


class SetCard(QFrame):
    """One of the three sets: what it is good at, its sizes and its terms, before it is chosen."""

    def __init__(
        self, theme: Theme, line_: SetLine, download: Act, use: Act, *, busy: bool
    ) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setProperty("used", line_.next)
        self.setAccessibleName(set_name(line_.tier))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(label(set_name(line_.tier), "lead"))
        if line_.used and line_.installed:
            head.addWidget(Chip(theme, "check", self.tr("In use")))
        elif line_.next and line_.installed:
            head.addWidget(Chip(theme, "clock", self.tr("From the next start")))
        head.addStretch(1)
        self.download_button = self.use_button = None
        if not line_.installed:
            text = self.tr("Download (%1)").replace("%1", wording.size(line_.download))
            self.download_button = button(
                text, "primary" if line_.tier == "balanced" else "", download
            )
            self.download_button.setEnabled(not busy)
            head.addWidget(self.download_button)
        elif not line_.next:
            self.use_button = button(self.tr("Use this set"), action=use)
            head.addWidget(self.use_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(label(set_text(line_.tier), wrap=True))
        column.addWidget(label(self._sizes(line_), "caption", wrap=True))
        column.addWidget(_terms(theme, line_, line_.licences, line_.caveats))

    def _sizes(self, line_: SetLine) -> str:
        disk = self.tr("%1 on the disk").replace("%1", wording.size(line_.disk))
        if line_.installed:
            return self.tr("Installed, %1").replace("%1", disk)
        download = self.tr("%1 to download").replace("%1", wording.size(line_.download))
        return f"{download}, {disk}"


class FamilyCard(QFrame):
    """The models of one family, the one in use marked."""

    def __init__(self, theme: Theme, family: str, rows: Sequence[QWidget]) -> None:
        super().__init__()
        self.setObjectName("card")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        title = label(family_name(family))
        title.setFont(theme.font("body", title.font().Weight.DemiBold))
        column.addWidget(title)
        for number, row in enumerate(rows):
            if number:
                column.addWidget(line())
            column.addWidget(row)


class ModelRow(QWidget):
    """One model: what it can do, its terms, and what may be done with it."""

    def __init__(
        self,
        theme: Theme,
        line_: ModelLine,
        *,
        download: Act,
        use: Act,
        remove: Act,
        add: Act,
        busy: bool,
    ) -> None:
        super().__init__()
        head = QHBoxLayout()
        head.setSpacing(8)
        icon, colour = ("check", "ok") if line_.installed else ("drop", "faint")
        if line_.used and not line_.installed:
            icon, colour = "warning", "warning"
        head.addWidget(Picture(theme, icon, 16, colour))
        name = Elided()
        name.show_text(line_.title)
        head.addWidget(name, 1)
        if line_.used:
            head.addWidget(Chip(theme, "", self.tr("In use")))
        elif line_.next and line_.installed:
            head.addWidget(Chip(theme, "", self.tr("From the next start"), "quiet"))
        if line_.installed and not line_.carried:
            head.addWidget(label(wording.size(line_.disk), "caption"))
        self.download_button = self.use_button = self.remove_button = self.add_button = None
        if not line_.installed and not line_.locked:
            if line_.own:
                self.add_button = button(self.tr("Add from your files…"), action=add)
                self.add_button.setEnabled(not busy)
                head.addWidget(self.add_button)
            else:
                text = self.tr("Download (%1)").replace("%1", wording.size(line_.download))
                self.download_button = button(text, action=download)
                self.download_button.setEnabled(not busy)
                head.addWidget(self.download_button)
        if line_.installed and line_.setting and not line_.next:
            self.use_button = button(self.tr("Use"), action=use)
            head.addWidget(self.use_button)
        if line_.installed and not line_.carried and not line_.used:
            name_ = self.tr("Remove %1 from the disk").replace("%1", line_.title)
            self.remove_button = icon_button(theme, "trash", name_, remove)
            self.remove_button.setEnabled(not busy)
            head.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        if line_.about:
            column.addWidget(label(line_.about, "caption", wrap=True))
        column.addWidget(_terms(theme, line_, (line_.licence,), (line_.caveat,)))
        if line_.gate:
            text = self.tr("Off until you hold a licence for your use and say so: set %1=true.")
            column.addWidget(label(text.replace("%1", line_.gate), "warning", wrap=True))
        elif line_.reason and not line_.installed:
            column.addWidget(label(_sentence(line_.reason), "warning", wrap=True))
        elif line_.used and not line_.installed:
            column.addWidget(label(self.tr("Not installed."), "warning", wrap=True))


class FetchCard(QFrame):
    """How far a download is, and a way to stop it."""

    def __init__(self, theme: Theme, cancel: Act) -> None:
        super().__init__()
        self.setObjectName("card")
        self._title = label()
        self._title.setFont(theme.font("body", self._title.font().Weight.DemiBold))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._text = label("", "caption")
        self.cancel_button = button(self.tr("Cancel"), action=cancel)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addWidget(self._text)
        self.hide()

    @property
    def text(self) -> str:
        """Both lines, for those who cannot see."""
        return f"{self._title.text()} {self._text.text()}"

    def begin(self) -> None:
        """A download was asked for; nothing is known of it yet."""
        self._title.setText(self.tr("Starting…"))
        self._text.setText("")
        self._bar.setValue(0)
        self.show()

    def show_progress(self, progress: FetchProgress) -> None:
        """Move on."""
        self.show()
        self._title.setText(self._what(progress))
        share = progress.done / progress.total if progress.total else 0.0
        self._bar.setValue(round(1000 * share))
        parts = []
        if progress.total:
            text = self.tr("%1 of %2").replace("%1", wording.size(progress.done))
            parts.append(text.replace("%2", wording.size(progress.total)))
        if progress.speed > 0 and progress.step == "downloading":
            parts.append(self.tr("%1 a second").replace("%1", wording.size(round(progress.speed))))
            if progress.left_s is not None:
                parts.append(self.tr("%1 left").replace("%1", wording.span(progress.left_s)))
        self._text.setText(" · ".join(parts))
        self.setAccessibleName(self.text)

    def _what(self, progress: FetchProgress) -> str:
        texts = {
            "waiting for another installation": self.tr("Waiting for another installation…"),
            "preparing": self.tr("Preparing %1 for this computer…"),
            "checking": self.tr("Checking %1…"),
            "finding the quickest form": self.tr("Finding how %1 runs best on this computer…"),
            "installed": self.tr("%1 is installed"),
        }
        return texts.get(progress.step, self.tr("Downloading %1…")).replace("%1", progress.title)


def _terms(
    theme: Theme, line_: ModelLine | SetLine, licences: Sequence[str], caveats: Sequence[str]
) -> QWidget:
    """Licences in a line, and below it what they leave out."""
    widget = QWidget()
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    translate = QCoreApplication.translate
    if not line_.commercial:
        use = translate("Models", "not for commercial use")
    elif line_.ask_first:
        use = translate("Models", "ask before commercial use:")
    elif any(caveats):
        use = translate("Models", "commercial use allowed, but:")
    else:
        use = translate("Models", "free for commercial use")
    free = line_.commercial and not line_.ask_first
    told = f"{', '.join(licences)} · {use}"
    column.addWidget(label(told, "caption" if free else "warning", wrap=True))
    for caveat in filter(None, caveats):
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(Picture(theme, "info", 14, "warning"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(caveat, "caption", wrap=True), 1)
        column.addLayout(row)
    return widget


def _sentence(text: str) -> str:
    """A reason as a sentence of its own."""
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?", ")")) else f"{whole}."
