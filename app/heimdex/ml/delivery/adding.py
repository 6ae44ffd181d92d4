"""Takes a model from files that the person has: a file, a folder, or a zip.

Which files a model needs says its manifest; for a model that none describes, the folder's own
`model.toml` does (see `own`). The person's files are copied, never moved or changed.
"""

import contextlib
import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from heimdex.domain.amounts import size
from heimdex.domain.errors import UserError
from heimdex.ml import manifests, obstacles
from heimdex.ml.delivery import assembly, own
from heimdex.ml.delivery.parts import CHUNK, Part, free_bytes
from heimdex.ml.delivery.plans import Report, Step
from heimdex.ml.delivery.progress import Meter
from heimdex.ml.manifest_rules import FORMATS
from heimdex.ml.manifests import Form, Manifest, ModelFile
from heimdex.ml.store import ModelStore, State

_MOST = 5000
"""Files that are looked at below a folder; more means that it is not a model's."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A file that the person has; `name` is relative to what they named, with slashes."""

    name: str
    size: int
    path: Path
    member: str = ""
    """Of the zip at `path`."""

    @contextlib.contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Its bytes."""
        if not self.member:
            with self.path.open("rb") as stream:
                yield stream
            return
        with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as member:
            yield member


def add(store: ModelStore, model_id: str, path: Path, report: Report) -> str:
    """Take a model from a file, a folder or a zip of the person's own, which stays as it is; gives
    its id. `UserError` says which files are missing or are not the right ones."""
    return _Adding(store, report).run(model_id, path)


class _Adding:
    """Adds one model to a store. Use once."""

    def __init__(self, store: ModelStore, report: Report) -> None:
        self._store = store
        self._meter = Meter(report)
        self._workplace = assembly.Workplace(store.models_dir)

    def run(self, model_id: str, path: Path) -> str:
        """See `add`."""
        path = path.expanduser()
        offered = list(_offered(path))
        manifest = self._store.manifests.get(model_id)
        if manifest is None or manifests.is_own(manifest):
            manifest = own.describe(model_id, path, self._store)
        elif (status := self._store.status(model_id)).state is State.LOCKED:
            raise UserError(f"{manifest.title} cannot be added: {status.reason}.")
        with self._workplace.alone(self._meter.waiting):
            form, chosen = self._matched(manifest, offered, path)
            self._check_room(form, chosen)
            self._install(manifest, form, chosen, path)
        return manifest.id

    def _matched(
        self, manifest: Manifest, offered: Sequence[Offered], path: Path
    ) -> tuple[Form, dict[str, Offered]]:
        """The first form of which the person has every file."""
        complaints = []
        for form in manifest.all_forms:
            chosen: dict[str, Offered] = {}
            missing = []
            for file in form.files:
                if match := _match(file, offered):
                    chosen[file.name] = match
                elif not file.optional:
                    missing.append(file.name)
            if not missing:
                if why := obstacles.of_form(form):
                    raise UserError(f"{manifest.title} cannot be added: {why}.")
                return form, chosen
            complaints.append(_complaint(form, missing, offered))
        raise UserError(f"{path} is not {manifest.title}: {'; or '.join(complaints)}.")

    def _check_room(self, form: Form, chosen: Mapping[str, Offered]) -> None:
        needed = sum(file.size for file in chosen.values())
        needed += form.convert.size if form.convert else 0
        free = free_bytes(self._store.models_dir)
        if needed > free:
            raise UserError(
                f"The files need {size(needed)} and {self._store.models_dir} has only "
                f"{size(free)} free; make room or choose another place for them."
            )

    def _install(
        self, manifest: Manifest, form: Form, chosen: Mapping[str, Offered], path: Path
    ) -> None:
        for name, offered in chosen.items():
            self._meter.expect(manifest.id, name, offered.size)
        digests = {}
        with self._workplace.staging(manifest.id) as staging:
            for file in form.files:
                if file.name in chosen:
                    target = staging / file.name
                    digests[file.name] = self._copy(manifest, file, chosen[file.name], target)
            if form.convert:
                self._meter.tell(manifest.id, Step.CONVERTING)
                assembly.convert(form.convert, staging, self._store.resources)
            self._meter.tell(manifest.id, Step.CHECKING)
            if manifests.is_own(manifest):
                manifest = own.pinned(manifest, digests)
            assembly.write_receipt(manifest, form, staging, f"{path} (your own)", digests)
            self._workplace.put(staging, self._store.models_dir / manifest.folder)
        if manifests.is_own(manifest):
            own.remember(manifest, self._store)
        self._meter.tell(manifest.id, Step.DONE)

    def _copy(self, manifest: Manifest, file: ModelFile, offered: Offered, target: Path) -> str:
        """Copy and hash in one pass; gives the sha256."""

        def moved(done: int) -> None:
            self._meter.moved(manifest.id, file.name, done)
            self._meter.tell(manifest.id, Step.DOWNLOADING, file.name)

        with Part(target) as part, offered.open() as stream:
            part.take(stream.read, None, moved)
        if file.sha256 and part.sha256 != file.sha256:
            raise UserError(f"{offered.name} changed while it was read; add it again.")
        return part.sha256


def _offered(path: Path) -> Iterator[Offered]:
    """The files that may belong to a model. `UserError` when the path cannot be read."""
    try:
        if path.is_dir():
            yield from _in_folder(path)
        elif path.suffix.lower() == ".zip":
            yield from _in_zip(path)
        else:
            yield Offered(path.name, path.stat().st_size, path)
    except FileNotFoundError as error:
        raise UserError(f"{path} is not there.") from error
    except zipfile.BadZipFile as error:
        raise UserError(f"{path} is not a zip file, or a damaged one.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error


def _in_folder(path: Path) -> Iterator[Offered]:
    below = list(islice(path.rglob("*"), _MOST + 1))
    if len(below) > _MOST:
        raise UserError(f"{path} holds too many files to be a model; name the model's folder.")
    for found in sorted(below):
        if found.is_file() and found.name.lower().endswith(FORMATS):
            name = found.relative_to(path).as_posix()
            yield Offered(name, found.stat().st_size, found)


def _in_zip(path: Path) -> Iterator[Offered]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir() and info.filename.lower().endswith(FORMATS):
                yield Offered(info.filename, info.file_size, path, info.filename)


def _match(file: ModelFile, offered: Sequence[Offered]) -> Offered | None:
    """The person's file that is the wanted one: by its bytes where their sha256 is known, whatever
    it is called; by its name otherwise."""
    if file.sha256:
        for candidate in sorted(offered, key=lambda o: not _named(o, file.name)):
            if candidate.size == file.size and _digest(candidate) == file.sha256:
                return candidate
        return None
    exact = [o for o in offered if o.name == file.name]
    alike = exact or [o for o in offered if _named(o, file.name)]
    if len(alike) > 1:
        names = ", ".join(o.name for o in alike)
        raise UserError(f"Several files may be {file.name}: {names}; name a folder with one.")
    return alike[0] if alike else None


def _named(offered: Offered, name: str) -> bool:
    return offered.name.rpartition("/")[2] == name.rpartition("/")[2]


def _digest(offered: Offered) -> str:
    made = hashlib.sha256()
    with offered.open() as stream:
        while chunk := stream.read(CHUNK):
            made.update(chunk)
    return made.hexdigest()


def _complaint(form: Form, missing: Sequence[str], offered: Sequence[Offered]) -> str:
    other = [name for name in missing if any(_named(o, name) for o in offered)]
    told = []
    if other:
        told.append(f"{', '.join(other)} has other bytes than the published file")
    if absent := [name for name in missing if name not in other]:
        told.append(f"{', '.join(absent)} is missing")
    kind = f" (form {form.name})" if form.name else ""
    return " and ".join(told) + kind
