"""The weights on this machine: what is installed, whether it is whole, and where each file lies.

Reads only; bringing weights here is `installing`'s affair, which `install` hands over to.
"""

import hashlib
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.machinery import PathFinder
from pathlib import Path

import msgspec

from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.ml.manifests import InstalledSource, Manifest, Tier

RECEIPT = "installed.json"


class State(StrEnum):
    """How a model stands on this machine."""

    INSTALLED = "installed"
    MISSING = "missing"
    DAMAGED = "damaged"
    OUTDATED = "outdated"
    """Installed by another version of Heimdex; what is made from the files must be made anew."""
    UNSUPPORTED = "not for this machine"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """`reason` says what is wrong, "" when nothing is; `size` is bytes on disk."""

    id: str
    state: State
    reason: str
    size: int


@dataclass(frozen=True, slots=True)
class PlannedModel:
    """One model that an installation would bring; sizes in bytes."""

    manifest: Manifest
    download: int
    disk: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person is asked before anything is downloaded; sizes in bytes."""

    models: tuple[PlannedModel, ...]
    download: int
    disk: int
    free: int


class Step(StrEnum):
    """Where an installation stands."""

    WAITING = "waiting for another installation"
    DOWNLOADING = "downloading"
    CHECKING = "checking"
    CONVERTING = "preparing"
    DONE = "installed"


@dataclass(frozen=True, slots=True)
class InstallProgress:
    """`done` of `total` bytes of this model; `detail` is a sentence for the log, often ""."""

    model_id: str
    step: Step
    done: int
    total: int
    detail: str = ""


Ask = Callable[[Plan], bool]
Report = Callable[[InstallProgress], None]


class FileRecord(msgspec.Struct, frozen=True):
    """One installed file as it was when it was found whole."""

    sha256: str
    size: int
    mtime_ns: int


class Receipt(msgspec.Struct, frozen=True):
    """What an installation leaves beside the weights; without it nothing counts as installed."""

    id: str
    revision: str
    recipe: str
    source: str
    files: dict[str, FileRecord]


class ModelStore:
    """All models that are described, and the folder that holds their weights."""

    def __init__(
        self,
        models_dir: Path,
        manifests: dict[str, Manifest],
        *,
        resources: Path | None = None,
        source: str | None = None,
    ) -> None:
        """`resources`: the folder of lists that conversions read, by default the one beside the
        code. `source`: a folder or address asked before the manifests' own sources, by default
        `HEIMDEX_MODEL_SOURCE`."""
        self.models_dir = models_dir
        self.manifests = manifests
        self.resources = resources or Path(__file__).parents[3] / "resources"
        self.source = os.environ.get("HEIMDEX_MODEL_SOURCE", "") if source is None else source
        self._hashes: dict[tuple[Path, int, int], str] = {}

    def manifest(self, model_id: str) -> Manifest:
        """The description of a model. `UserError` when there is none of that id."""
        if model_id not in self.manifests:
            known = ", ".join(self.manifests)
            raise UserError(f"There is no model called {model_id}; there are: {known}.")
        return self.manifests[model_id]

    def sets(self) -> dict[Tier, list[str]]:
        """Ids of the models of each set that is described."""
        sets = {tier: [m.id for m in self.manifests.values() if tier in m.sets] for tier in Tier}
        return {tier: ids for tier, ids in sets.items() if ids}

    def folder(self, model_id: str) -> Path:
        """Where a model's files are or would be; not where a dependency carries them."""
        return self.models_dir / self.manifest(model_id).folder

    def status(self, model_id: str) -> ModelStatus:
        """How a model stands. Files that changed since they were last found whole are hashed,
        all others are believed, so this takes milliseconds."""
        return self._examine(self.manifest(model_id), every=False)

    def is_installed(self, model_id: str) -> bool:
        """Whether a model can be used as it stands."""
        return self.status(model_id).state is State.INSTALLED

    def verify(self, model_id: str) -> ModelStatus:
        """As `status`, but every byte is read and compared."""
        return self._examine(self.manifest(model_id), every=True)

    def path(self, model_id: str, file: str) -> Path:
        """A file of an installed model, published or made here.

        Raises `ModelUnavailable` with the command to run when the model is missing or damaged.
        """
        manifest = self.manifest(model_id)
        status = self.status(model_id)
        if status.state is not State.INSTALLED:
            raise unavailable(manifest, status)
        installed = self.folder(model_id) / file
        return installed if installed.exists() else self._carried(manifest)[file]

    def install(self, model_ids: Sequence[str], ask: Ask, report: Report) -> list[str]:
        """Bring models and what they need here; gives the ids that were installed now.

        `ask` is shown sizes, licences and free space before anything is downloaded; `Cancelled`
        when it says no, or when `report` raises it. `UserError` when there is not enough room,
        `ModelUnavailable` when no source delivers. The only call that uses the network.
        """
        from heimdex.ml.installing import Installation

        return Installation(self, ask, report).run(model_ids)

    def remove(self, model_id: str) -> bool:
        """Delete a model's files; False when there was nothing to delete."""
        from heimdex.ml.installing import discard

        self.manifest(model_id)
        return discard(self, self.folder(model_id))

    def sha256(self, path: Path, *, fresh: bool = False) -> str:
        """Digest of a file, remembered while its size and time of change stay."""
        stat = path.stat()
        key = (path, stat.st_size, stat.st_mtime_ns)
        if fresh or key not in self._hashes:
            with path.open("rb") as stream:
                self._hashes[key] = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._hashes[key]

    def _examine(self, manifest: Manifest, *, every: bool) -> ModelStatus:
        if manifest.machines and platform.machine().lower() not in manifest.machines:
            reason = f"it is made for {' and '.join(manifest.machines)} processors"
            return ModelStatus(manifest.id, State.UNSUPPORTED, reason, 0)
        folder = self.models_dir / manifest.folder
        if not (folder / RECEIPT).exists():
            return self._examine_carried(manifest, every=every)
        try:
            receipt = msgspec.json.decode((folder / RECEIPT).read_bytes(), type=Receipt)
        except (OSError, msgspec.DecodeError) as error:
            return ModelStatus(manifest.id, State.DAMAGED, f"{RECEIPT} cannot be read: {error}", 0)
        size = sum(record.size for record in receipt.files.values())
        if wrong := _outdated(manifest, receipt):
            return ModelStatus(manifest.id, State.OUTDATED, wrong, size)
        for name, record in receipt.files.items():
            if wrong := self.compare(folder / name, record, every=every):
                return ModelStatus(manifest.id, State.DAMAGED, wrong, size)
        return ModelStatus(manifest.id, State.INSTALLED, "", size)

    def _examine_carried(self, manifest: Manifest, *, every: bool) -> ModelStatus:
        """A model whose files an installed dependency carries needs no receipt."""
        carried = self._carried(manifest)
        if manifest.convert or set(carried) != {file.name for file in manifest.files}:
            return ModelStatus(manifest.id, State.MISSING, "", 0)
        for file in manifest.files:
            record = FileRecord(file.sha256, file.size, -1)
            if wrong := self.compare(carried[file.name], record, every=every):
                return ModelStatus(manifest.id, State.MISSING, f"{wrong} in its package", 0)
        return ModelStatus(manifest.id, State.INSTALLED, "", 0)

    def _carried(self, manifest: Manifest) -> dict[str, Path]:
        """Files of the model that lie inside installed packages, found without importing them."""
        for source in manifest.sources:
            if not isinstance(source, InstalledSource):
                continue
            spec = PathFinder.find_spec(source.module)
            if spec is None or not spec.origin:
                continue
            root = Path(spec.origin).parent
            found = {name: root / member for name, member in source.files.items()}
            if all(path.is_file() for path in found.values()):
                return found
        return {}

    def compare(self, path: Path, record: FileRecord, *, every: bool = False) -> str:
        """What is wrong with a file, "" when nothing is."""
        try:
            stat = path.stat()
            if stat.st_size != record.size:
                return f"{path.name} has {stat.st_size} bytes instead of {record.size}"
            if not every and stat.st_mtime_ns == record.mtime_ns:
                return ""
            if self.sha256(path, fresh=every) != record.sha256:
                return f"{path.name} is not the file that belongs here (its sha256 differs)"
        except FileNotFoundError:
            return f"{path.name} is missing"
        except OSError as error:
            return f"{path.name} cannot be read: {error}"
        return ""


def unavailable(manifest: Manifest, status: ModelStatus) -> ModelUnavailable:
    """The error for a model that cannot be used as it stands, with what to do."""
    if status.state is State.UNSUPPORTED:
        message = f"{manifest.title} cannot run here: {status.reason}."
    else:
        state = {State.MISSING: "is not installed", State.DAMAGED: "is damaged"}
        what = state.get(status.state, "must be prepared anew")
        why = f" ({status.reason})" if status.reason else ""
        message = f"{manifest.title} {what}{why}; run: heimdex models download {manifest.id}"
    return ModelUnavailable(message, manifest.id)


def _outdated(manifest: Manifest, receipt: Receipt) -> str:
    """Whether the receipt speaks of another model, revision or recipe than the manifest."""
    if receipt.id != manifest.id or receipt.revision != manifest.revision:
        return f"another revision ({receipt.revision}) is installed"
    outputs = manifest.convert.outputs if manifest.convert else []
    if receipt.recipe != (manifest.convert.recipe if manifest.convert else ""):
        return "it was prepared by another version of Heimdex"
    for file in manifest.files:
        if file.name not in receipt.files or receipt.files[file.name].sha256 != file.sha256:
            return f"{file.name} is of another version"
    if missing := set(outputs) - set(receipt.files):
        return f"{', '.join(sorted(missing))} was not prepared"
    return ""
