"""Where a model is put together: a staging folder, its receipt, and the one rename into place.

Getting the files is the other modules' work.
"""

import contextlib
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.ml import conversions, receipts
from heimdex.ml.delivery.parts import DiskFull, disk_error
from heimdex.ml.manifests import Conversion, Form, Manifest
from heimdex.ml.receipts import Receipt, record

_STALE_S = 30 * 86400.0
_POLL_S = 0.5


class Workplace:
    """The hidden folder beside the weights; on the same disk, so that a rename is enough."""

    def __init__(self, models_dir: Path) -> None:
        self._cache = models_dir / ".cache"
        self.downloads = self._cache / "downloads"
        self.wheels = self._cache / "wheels"

    @contextlib.contextmanager
    def alone(self, waiting: Callable[[], None]) -> Iterator[None]:
        """One installation at a time; the operating system frees the lock of a dead process.

        `waiting` is called while another one is at work."""
        try:
            self.downloads.mkdir(parents=True, exist_ok=True)
            stream = (self._cache / "lock").open("a+b")
        except OSError as error:
            raise disk_error(error, self._cache) from error
        with stream:
            while not _lock(stream):
                waiting()
                time.sleep(_POLL_S)
            yield

    def sweep(self, manifests: Iterable[Manifest]) -> None:
        """Remove what killed installations left, but not what a new attempt can go on with."""
        for pattern in ("staging-*", "old-*", "wheels/partial-*"):
            for path in self._cache.glob(pattern):
                _delete(path)
        known = {file.sha256 for m in manifests for form in m.all_forms for file in form.files}
        for path in self.downloads.iterdir():
            # A model that is no longer described, or a person who never came back.
            stale = time.time() - path.stat().st_mtime > _STALE_S
            if stale and path.name.partition(".")[0] not in known:
                _delete(path)

    @contextlib.contextmanager
    def staging(self, model_id: str) -> Iterator[Path]:
        """A new folder for one model, deleted afterwards unless it was put in place."""
        folder = self._cache / f"staging-{model_id}-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, staging: Path, folder: Path) -> None:
        """Put a finished folder in place of an old one. Between the two renames there is none at
        all, which reads as "not installed", never as a mixture."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        old = self._set_aside(folder) if folder.exists() else None
        staging.replace(folder)
        if old:
            shutil.rmtree(old, ignore_errors=True)

    def discard(self, folder: Path) -> bool:
        """Take a model's folder away in one rename, then delete it; False where there is none."""
        if not folder.exists():
            return False
        self._cache.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._set_aside(folder), ignore_errors=True)
        return True

    def _set_aside(self, folder: Path) -> Path:
        old = self._cache / f"old-{uuid.uuid4().hex[:8]}"
        try:
            return folder.replace(old)
        except PermissionError as error:
            raise UserError(
                f"The files in {folder} are in use; close Heimdex everywhere and try again."
            ) from error


def place(path: Path, target: Path, *, keep: bool) -> None:
    """Bring a whole file into a staging folder. `keep`: it is somebody else's, or is needed once
    more: the same bytes get a second name, or a copy where the file system has no hard links."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not keep:
        path.replace(target)
        return
    try:
        target.hardlink_to(path)
    except OSError:
        try:
            shutil.copyfile(path, target)
        except OSError as error:
            raise disk_error(error, target) from error


def convert(conversion: Conversion, staging: Path, resources: Path) -> None:
    """Make what engines run. `DiskFull` when there is no room for it."""
    try:
        conversions.convert(conversion.step, staging, resources)
    except OSError as error:
        full = disk_error(error, staging)
        if isinstance(full, DiskFull):
            raise full from error
        raise


def write_receipt(
    manifest: Manifest, form: Form, staging: Path, origin: str, digests: Mapping[str, str]
) -> None:
    """Written last: without it the folder does not count as a model. `digests`: sha256 of files
    that were computed while they came; all others are read now."""
    optional = {file.name for file in form.files if file.optional}
    names = [file.name for file in form.files]
    names += form.convert.outputs if form.convert else []
    records = {}
    for name in names:
        path = staging / name
        if path.is_file():
            records[name] = record(path, digests.get(name, ""))
        elif name not in optional:
            raise ModelUnavailable(
                f"{manifest.title} could not be prepared: {name} was not made.", manifest.id
            )
    recipe = form.convert.recipe if form.convert else ""
    receipt = Receipt(manifest.id, manifest.revision, recipe, origin, records, form.name)
    try:
        receipts.write(receipt, staging)
    except OSError as error:
        raise disk_error(error, staging) from error


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _lock(stream: IO[bytes]) -> bool:
    """Try to take the lock of an open file; False when another process has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            stream.seek(0)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
