"""What a scan found, for the person who asked and for whoever shows the library.

Finding it is the affair of `scan_pass`.
"""

from dataclasses import dataclass, field
from pathlib import Path

from heimdex.domain.ids import VideoId


@dataclass(frozen=True, slots=True)
class Problem:
    """One path that could not be taken, and why, in a person's words."""

    path: Path
    message: str


@dataclass(slots=True)
class ScanReport:
    """What a scan found. `waiting` are files that still grow; look again later."""

    added: list[VideoId] = field(default_factory=list)
    """Videos that are new to the library."""
    copied: list[Path] = field(default_factory=list)
    """New places of videos that are known already."""
    moved: list[Path] = field(default_factory=list)
    """New paths of files that were moved or renamed."""
    changed: list[Path] = field(default_factory=list)
    """Files that hold another content than before."""
    back: list[Path] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    offline: list[Path] = field(default_factory=list)
    unchanged: int = 0
    waiting: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    queued: int = 0
    """Videos that got a job."""
    resumed: int = 0
    """Jobs that go on because what they waited for is back."""

    @property
    def any_change(self) -> bool:
        """Whether the library looks different now."""
        return bool(
            self.added
            or self.copied
            or self.moved
            or self.changed
            or self.back
            or self.missing
            or self.offline
        )


def shown(path: Path) -> str:
    """A path on one line, odd characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(path))


def reason(error: Exception) -> str:
    """What an error says, to be put into brackets."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.lower()
