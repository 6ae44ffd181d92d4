"""Knows drives by what they are, not by where they are mounted: which one a path is on, and where a
drive is now.

How each system is asked is said by the modules beside this one; what a drive that moved means to
the library, by `following`.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from heimdex.domain.media import Place
from heimdex.indexing.mounts import Mount

_UNC = "\\\\"
"""A path of Windows that begins like that names a share and its server."""


class Drives:
    """What is mounted now; ask for a new one after a while."""

    def __init__(self, mounts: Sequence[Mount] | None = None) -> None:
        """Of this computer, unless `mounts` are given."""
        self._mounts = list(mounts) if mounts is not None else mounted()
        self._any_remote = any(mount.remote for mount in self._mounts)
        self._identities: dict[Path, str | None] = {}

    def place_of(self, path: Path) -> Place | None:
        """Where a path is on its drive; None where the drive has no identity."""
        real = Path(os.path.realpath(path))
        if real.drive.startswith(_UNC):
            # Where Windows knows a share by its name, that is its identity.
            inside = real.relative_to(real.anchor).as_posix()
            return Place(f"share:{real.drive.lower()}", "" if inside == "." else inside)
        mount = self._mount_of(real)
        volume = None if mount is None else self._identity(mount)
        if mount is None or volume is None:
            return None
        below = real.relative_to(mount.point).as_posix()
        return Place(
            volume, "/".join(part for part in (mount.root, below) if part not in ("", "."))
        )

    def paths_of(self, place: Place) -> list[Path]:
        """Where a place can be reached now, if its drive is there; the paths need not exist."""
        found: list[Path] = []
        for mount in self._mounts:
            if self._identity(mount) != place.volume:
                continue
            root, inside = mount.root, place.inside
            if not root:
                found.append(mount.point / inside)
            elif inside == root or inside.startswith(root + "/"):
                found.append(mount.point / inside[len(root) + 1 :])
        return found

    def is_remote(self, path: Path) -> bool:
        """Whether a path is on a share, whose changes by others make no events here."""
        if path.drive.startswith(_UNC):
            return True
        if not self._any_remote:
            return False
        mount = self._mount_of(Path(os.path.abspath(path)))  # noqa: PTH100 - must not ask the share
        return mount is not None and mount.remote

    def _mount_of(self, path: Path) -> Mount | None:
        over = [mount for mount in self._mounts if path.is_relative_to(mount.point)]
        # Of two at one point the later one covers the other.
        return (
            max(enumerate(over), key=lambda m: (len(m[1].point.parts), m[0]))[1] if over else None
        )

    def _identity(self, mount: Mount) -> str | None:
        if mount.point not in self._identities:
            # What is covered by a later mount at the same point cannot be reached there.
            top = self._mount_of(mount.point)
            self._identities[mount.point] = None if top is None else top.identity()
        return self._identities[mount.point]


def mounted() -> list[Mount]:
    """All mounts of this computer, in the order in which they were made."""
    if sys.platform == "win32":
        from heimdex.indexing import drives_windows

        return drives_windows.mounts()
    if sys.platform == "darwin":
        from heimdex.indexing import drives_macos

        return drives_macos.mounts()
    from heimdex.indexing import drives_linux

    return drives_linux.mounts()


def signature() -> object:
    """Something that is another as soon as a drive comes or goes; cheap enough to ask often."""
    if sys.platform == "win32":
        from heimdex.indexing import drives_windows

        return drives_windows.signature()
    if sys.platform == "darwin":
        from heimdex.indexing import drives_macos

        return drives_macos.signature()
    from heimdex.indexing import drives_linux

    return drives_linux.signature()
