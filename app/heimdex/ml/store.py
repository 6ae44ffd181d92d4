"""The weights on this machine: what is installed, whether it is whole, and where each file lies.

Bringing weights here, and taking them away, is `delivery`'s affair.
"""

import contextlib
import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Self

import msgspec

from heimdex.domain.errors import ModelUnavailable, UserError
from heimdex.ml import manifests, obstacles, receipts
from heimdex.ml.manifests import Form, InstalledSource, Manifest, Tier
from heimdex.ml.receipts import RECEIPT, Receipt, outdated, record
from heimdex.ml.receipts import FileRecord as FileRecord


class State(StrEnum):
    """How a model stands on this machine."""

    INSTALLED = "installed"
    MISSING = "missing"
    DAMAGED = "damaged"
    OUTDATED = "outdated"
    """Installed by another version of Heimdex; what is made from the files must be made anew."""
    UNSUPPORTED = "not for this machine"
    LOCKED = "needs a licence"
    """A setting must be on before it may be added or used."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """`reason` says what is wrong, "" when nothing is; `size` is bytes on disk, `form` the
    published form that is installed, `origin` where its files came from."""

    id: str
    state: State
    reason: str
    size: int
    form: str = ""
    origin: str = ""


class ModelStore:
    """All models that are described, and the folder that holds their weights."""

    def __init__(
        self,
        models_dir: Path,
        manifests: dict[str, Manifest],
        *,
        resources: Path | None = None,
        source: str | None = None,
        open_gates: Collection[str] = (),
        shipped: Path | None = None,
    ) -> None:
        """`resources`: the folder of lists that conversions read, by default the one beside the
        code. `source`: a folder or address asked before the manifests' own sources, by default
        `HEIMDEX_MODEL_SOURCE`. `open_gates`: the settings of `manifests.GATES` that are on.
        `shipped`: a folder of models that came with the program and is only read."""
        self.models_dir = models_dir
        self.shipped = shipped
        self.manifests = manifests
        self.resources = resources or Path(__file__).parents[3] / "resources"
        self.source = os.environ.get("HEIMDEX_MODEL_SOURCE", "") if source is None else source
        self.open_gates = frozenset(open_gates)
        self._hashes: dict[tuple[Path, int, int, int], str] = {}

    @classmethod
    def of(
        cls,
        models_dir: Path,
        manifests_dir: Path,
        resources: Path,
        source: str,
        settings: object,
    ) -> Self:
        """A store of everything that is described, by Heimdex or by the person. `settings` has
        those of `manifests.GATES`."""
        return cls(
            models_dir,
            manifests.load(manifests_dir, models_dir),
            resources=resources,
            source=source,
            open_gates=[gate for gate in manifests.GATES if getattr(settings, gate)],
            # The packaged program brings the Starter weights beside the descriptions.
            shipped=manifests_dir if obstacles.is_packaged() else None,
        )

    def refresh(self) -> None:
        """Learn of models that the person added or removed in another process."""
        known = {m.id: m for m in self.manifests.values() if not manifests.is_own(m)}
        # Replaced, not changed: another thread may be going through them.
        self.manifests = {m.id: m for m in manifests.own(self.models_dir)} | known

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
        if found := self._file(manifest, file):
            return found
        raise ModelUnavailable(f"{manifest.title} has no file {file}.", manifest.id)

    def find(self, model_id: str, file: str) -> Path | None:
        """As `path`, but None for an optional file that no source had."""
        manifest = self.manifest(model_id)
        status = self.status(model_id)
        if status.state is not State.INSTALLED:
            raise unavailable(manifest, status)
        return self._file(manifest, file)

    def _file(self, manifest: Manifest, file: str) -> Path | None:
        installed = self._place(manifest) / file
        return installed if installed.exists() else self._carried(manifest).get(file)

    def _place(self, manifest: Manifest) -> Path:
        """Where a model's receipt is or would be: the person's own copy goes before a shipped one,
        so that a newer version can be installed over it."""
        own = self.models_dir / manifest.folder
        if self.shipped is not None and not (own / RECEIPT).exists():
            shipped = self.shipped / manifest.folder
            if (shipped / RECEIPT).exists():
                return shipped
        return own

    def form(self, model_id: str) -> str:
        """Which published form is installed; "" for the usual one, or when nothing is."""
        return self.status(model_id).form

    def usable_form(self, manifest: Manifest, name: str = "") -> Form:
        """The published form to install: the one of that name, or the first that can be used here.

        `UserError` says what is missing when there is none.
        """
        if name:
            if why := obstacles.of_form(manifest.form(name)):
                raise UserError(f"{manifest.title} cannot be installed as {name}: {why}.")
            return manifest.form(name)
        in_the_way = {form.name: obstacles.of_form(form) for form in manifest.all_forms}
        for form in manifest.all_forms:
            # A mirror of the person's may hold what nobody else gives.
            if not in_the_way[form.name] and (self.source or not form.own):
                return form
        if all(form.own for form in manifest.all_forms):
            raise UserError(
                f"{manifest.title} is not downloaded; if you have its files, run: heimdex models "
                f"add {manifest.id} --from PATH"
            )
        why = "; ".join(dict.fromkeys(filter(None, in_the_way.values())))
        raise UserError(f"{manifest.title} cannot be installed: {why}.")

    def sha256(self, path: Path, *, fresh: bool = False) -> str:
        """Digest of a file, remembered while its size and times of change stay."""
        stat = path.stat()
        key = (path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if fresh or key not in self._hashes:
            with path.open("rb") as stream:
                self._hashes[key] = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._hashes[key]

    def _examine(self, manifest: Manifest, *, every: bool) -> ModelStatus:
        if manifest.gate and manifest.gate not in self.open_gates:
            return ModelStatus(manifest.id, State.LOCKED, obstacles.locked(manifest), 0)
        folder = self._place(manifest)
        if not (folder / RECEIPT).exists():
            return self._examine_missing(manifest, every=every)
        try:
            receipt = msgspec.json.decode((folder / RECEIPT).read_bytes(), type=Receipt)
        except (OSError, msgspec.DecodeError) as error:
            return ModelStatus(manifest.id, State.DAMAGED, f"{RECEIPT} cannot be read: {error}", 0)
        size = sum(record.size for record in receipt.files.values())
        facts = (size, receipt.form, receipt.source)
        if wrong := outdated(manifest, receipt):
            return ModelStatus(manifest.id, State.OUTDATED, wrong, *facts)
        form = manifest.form(receipt.form)
        if not form.convert and (wrong := obstacles.of_form(form)):
            return ModelStatus(manifest.id, State.UNSUPPORTED, wrong, *facts)
        touched = False
        for name, known in receipt.files.items():
            if wrong := self.compare(folder / name, known, every=every):
                return ModelStatus(manifest.id, State.DAMAGED, wrong, *facts)
            touched |= not known.fits((folder / name).stat())
        if touched:
            self._believe(folder, receipt)
        return ModelStatus(manifest.id, State.INSTALLED, "", *facts)

    def _examine_missing(self, manifest: Manifest, *, every: bool) -> ModelStatus:
        """A model without a receipt: carried by a dependency, or not here, or not to be had."""
        in_the_way = [obstacles.of_form(form) for form in manifest.all_forms]
        if all(in_the_way):
            return ModelStatus(manifest.id, State.UNSUPPORTED, in_the_way[0], 0)
        return self._examine_carried(manifest, every=every)

    def _believe(self, folder: Path, receipt: Receipt) -> None:
        """Note that changed times mean nothing, so that a copied model is not read as a whole at
        every start."""
        files = {name: record(folder / name, old.sha256) for name, old in receipt.files.items()}
        # A folder that may only be read stays slow to start with, and right.
        with contextlib.suppress(OSError):
            receipts.write(msgspec.structs.replace(receipt, files=files), folder)

    def _examine_carried(self, manifest: Manifest, *, every: bool) -> ModelStatus:
        """A model whose files an installed dependency carries needs no receipt."""
        carried = self._carried(manifest)
        if manifest.convert or set(carried) != {file.name for file in manifest.files}:
            return ModelStatus(manifest.id, State.MISSING, "", 0)
        for file in manifest.files:
            known = FileRecord(file.sha256, file.size, -1)
            if wrong := self.compare(carried[file.name], known, every=every):
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

    def compare(self, path: Path, known: FileRecord, *, every: bool = False) -> str:
        """What is wrong with a file, "" when nothing is."""
        try:
            stat = path.stat()
            if stat.st_size != known.size:
                return f"{path.name} has {stat.st_size} bytes instead of {known.size}"
            if not every and known.fits(stat):
                return ""
            if self.sha256(path, fresh=every) != known.sha256:
                return f"{path.name} is not the file that belongs here (its sha256 differs)"
        except FileNotFoundError:
            return f"{path.name} is missing"
        except OSError as error:
            return f"{path.name} cannot be read: {error}"
        return ""


def unavailable(manifest: Manifest, status: ModelStatus) -> ModelUnavailable:
    """The error for a model that cannot be used as it stands, with what to do."""
    if status.state in (State.UNSUPPORTED, State.LOCKED):
        message = f"{manifest.title} cannot be used here: {status.reason}."
    else:
        state = {State.MISSING: "is not installed", State.DAMAGED: "is damaged"}
        what = state.get(status.state, "must be prepared anew")
        why = f" ({status.reason})" if status.reason else ""
        own = all(form.own for form in manifest.all_forms)
        how = f"add {manifest.id} --from PATH" if own else f"download {manifest.id}"
        message = f"{manifest.title} {what}{why}; run: heimdex models {how}"
    return ModelUnavailable(message, manifest.id)
