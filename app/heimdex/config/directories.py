"""Decides where the library, the weights, the manifests, the settings and the logs are.

What lies inside a library is the storage room's affair; what a weight file means is `ml`'s.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import platformdirs

from heimdex.domain.errors import UserError

PLACE_FILE = "library-place"
"""In the data folder: where the library was moved to."""

_USUAL = "library"
_DATABASE = "library.sqlite3"


@dataclass(frozen=True, slots=True)
class Directories:
    """Absolute paths of everything Heimdex reads or writes besides the person's videos."""

    home: Path
    """Settings, logs and, unless told otherwise, the library and the weights."""
    library: Path
    """One library: its database, vector index, pictures and lock."""
    models: Path
    """Weights, one folder a model family."""
    manifests: Path
    """The TOML manifests that come with the program; read-only."""
    resources: Path
    """Icons, themes, translations and the sample that come with the program; read-only."""
    logs: Path
    settings_file: Path

    @classmethod
    def resolve(cls, library: Path | None = None, environ: Mapping[str, str] | None = None) -> Self:
        """Work out the paths; creates nothing (see `prepare`).

        `library` is what the person named (`--library`); without it, the place that `keep_place`
        noted, or the one in the data folder. `HEIMDEX_HOME` moves everything that is
        written, `HEIMDEX_MODELS` moves the weights alone. Without either, weights belong to the
        checkout when running from one, so that one checkout is one environment.
        """
        env = os.environ if environ is None else environ
        moved = env.get("HEIMDEX_HOME", "").strip()
        home = (
            _absolute(moved) if moved else platformdirs.user_data_path("heimdex", appauthor=False)
        )
        shipped = _shipped()
        models_moved = env.get("HEIMDEX_MODELS", "").strip()
        if models_moved:
            models = _absolute(models_moved)
        elif not moved and _checkout() is not None:
            models = shipped / "models"
        else:
            models = home / "models"
        return cls(
            home=home,
            library=_kept_place(home) if library is None else _absolute(library),
            models=models,
            manifests=shipped / "models",
            resources=shipped / "resources",
            logs=home / "logs",
            settings_file=home / "settings.toml",
        )

    def scratch(self, role: str, pid: int) -> Path:
        """The one folder that a child process may write to besides the models."""
        return self.home / "temporary" / f"{role}-{pid}"

    def prepare(self) -> None:
        """Create what will be written to; the library so that only its owner can look inside.

        Raises UserError when a folder cannot be made or written to, or when the library was moved
        to a place that is not there now: an empty one must not appear instead.
        """
        note = self.home / PLACE_FILE
        if not self.library.exists() and note.exists() and self.library == _kept_place(self.home):
            raise UserError(
                f"The library was moved to {self.library} and is not there now; connect its drive, "
                f"or delete {note} to begin a new library."
            )
        for folder in (self.home, self.logs, self.library):
            _make_writable(folder)
        _make_private(self.library)


def keep_place(home: Path, library: Path) -> None:
    """Note where the library is opened from now on when nobody names one. Raises UserError."""
    note = home / PLACE_FILE
    try:
        if library == home / _USUAL:
            note.unlink(missing_ok=True)
            return
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = note.with_name(note.name + ".new")
        fresh.write_bytes(os.fsencode(library) + b"\n")
        fresh.replace(note)
    except OSError as error:
        raise UserError(
            f"That the library is at {library} cannot be noted in {home} "
            f"({error.strerror or error}); name it with --library."
        ) from error


def _kept_place(home: Path) -> Path:
    try:
        noted = os.fsdecode((home / PLACE_FILE).read_bytes().rstrip(b"\r\n"))
    except OSError:
        noted = ""
    # Whatever else may stand in the file is no place.
    place = Path(noted) if noted and "\0" not in noted else home
    usual = home / _USUAL
    if not place.is_absolute() or place == home:
        return usual
    # Noted before it is moved: nothing is there where that was interrupted.
    return usual if not place.exists() and (usual / _DATABASE).exists() else place


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - keeps symbolic links


def _checkout() -> Path | None:
    """The root of the source checkout this module runs from, if it does."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "pyproject.toml").is_file() and (root / "app").is_dir() else None


def _shipped() -> Path:
    """The folder that holds `models/` (manifests) and `resources/` as they were delivered."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen)
    return _checkout() or Path(__file__).resolve().parents[1] / "data"


def _make_private(library: Path) -> None:
    """Let nobody else look into a library that lies in a folder which was there before.

    A folder that holds other things as well may be open to others on purpose and is left alone;
    what Heimdex puts into it is private by itself.
    """
    if os.name == "nt":
        return
    found = library.stat()
    others = {path.name for path in library.iterdir()} - {"lock"}
    ours = not others or _DATABASE in others
    if found.st_mode & 0o077 and ours and found.st_uid == os.geteuid():
        with suppress(OSError):  # a file system without permissions, as on a memory card
            library.chmod(0o700)


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise UserError(f"The folder {folder} is a file; choose another place.") from None
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be created ({error.strerror or error}); "
            "choose another place or change its permissions."
        ) from error
    if not folder.is_dir():
        raise UserError(f"The folder {folder} is a file; choose another place.")
    # A real attempt: permission bits lie for root, on read-only mounts and on Windows.
    probe = folder / f".write-test-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        owner = _other_owner(folder)
        if owner:
            raise UserError(
                f"The folder {folder} belongs to {owner}, and you may not write to it; choose "
                "a place of your own."
            ) from error
        raise UserError(
            f"The folder {folder} cannot be written to ({error.strerror or error}); "
            "choose another place or change its permissions."
        ) from error


def _other_owner(folder: Path) -> str:
    """The name of the user whose folder it is; empty when it is ours, or nobody can say."""
    if sys.platform == "win32":
        return ""
    import pwd

    try:
        number = folder.stat().st_uid
        return "" if number == os.geteuid() else pwd.getpwuid(number).pw_name
    except OSError:
        return ""
    except KeyError:
        return f"user {number}"
