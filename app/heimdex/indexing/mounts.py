"""One mounted file system, as every system's module describes it.

Asking the system is left to `drives_linux`, `drives_macos` and `drives_windows`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mount:
    """One place where (a part of) a file system is mounted."""

    point: Path
    root: str
    """Which part of the file system that is, as a path from its root; mostly empty."""
    identity: Callable[[], str | None]
    """What the file system is called by itself; None when it has no lasting name."""
    remote: bool
    """Whether others change it without this computer's system being told."""
