"""One installation: ask, bring every file of some models, prepare them, put each in place.

A model is assembled in a folder of its own and moved into place in one rename, its receipt within,
so that a half one never looks whole. Where files come from is `files`' affair, what is installed
already the store's.
"""

import threading
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from heimdex.domain.amounts import size
from heimdex.domain.errors import Cancelled, HeimdexError, ModelUnavailable, UserError
from heimdex.ml.delivery import assembly, nearby
from heimdex.ml.delivery.files import Arrived, Files, NotDelivered, Wanted
from heimdex.ml.delivery.parts import free_bytes
from heimdex.ml.delivery.plans import Ask, Plan, PlannedModel, Report, Step
from heimdex.ml.delivery.progress import Meter
from heimdex.ml.manifests import ArchiveSource, Form, Manifest, ModelFile, WheelSource
from heimdex.ml.store import ModelStore, State

_SPARE = 64 << 20
"""Bytes to leave free on the disk."""
_AT_ONCE = 4
"""Files that arrive together: hubs limit each connection, and small files wait for answers."""
_TICK_S = 0.1
_FAREWELL_S = 5.0


def plan(store: ModelStore, model_ids: Sequence[str], form: str = "") -> Plan:
    """What `install` would ask. Raises as `install` does, and touches nothing."""
    return _Installation(store, lambda _plan: False, lambda _progress: None, form).plan(model_ids)


def install(
    store: ModelStore, model_ids: Sequence[str], ask: Ask, report: Report, form: str = ""
) -> list[str]:
    """Bring models and what they need here; gives the ids that were installed now.

    `ask` is shown sizes, licences and free space before anything is downloaded; `Cancelled` when it
    says no, or when `report` raises it. `report` is called on this thread, several times a second.
    `form` names one of the models' published forms. `UserError` when there is not enough room,
    `ModelUnavailable` when no source delivers. The only call that uses the network.
    """
    return _Installation(store, ask, report, form).run(model_ids)


class _Installation:
    """Brings some models to one store. Use once."""

    def __init__(self, store: ModelStore, ask: Ask, report: Report, form: str = "") -> None:
        """`form`: which published form to take; "" means the first that can be used here."""
        self._store = store
        self._ask = ask
        self._form = form
        self._workplace = assembly.Workplace(store.models_dir)
        self._meter = Meter(report)
        self._stopped = threading.Event()

    def run(self, model_ids: Sequence[str]) -> list[str]:
        """See `install`."""
        wanted = self._missing(model_ids)
        if not wanted:
            return []
        plan = self._plan(wanted)
        if plan.disk + _SPARE > plan.free:
            raise UserError(
                f"The models need {size(plan.disk)} and {self._store.models_dir} has only "
                f"{size(plan.free)} free; make room or choose another place for them."
            )
        if not self._ask(plan):
            raise Cancelled("Nothing was downloaded.")
        with self._workplace.alone(self._meter.waiting):
            self._workplace.sweep(self._store.manifests.values())
            # Another process may have installed some while this one waited.
            return self._install(self._missing(model_ids))

    def plan(self, model_ids: Sequence[str]) -> Plan:
        """What `run` would ask; touches nothing."""
        return self._plan(self._missing(model_ids))

    def _missing(self, model_ids: Sequence[str]) -> list[tuple[Manifest, Form]]:
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
            named = self._form if manifest.id in model_ids else ""
            status = self._store.status(manifest.id)
            if status.state in (State.UNSUPPORTED, State.LOCKED):
                raise UserError(f"{manifest.title} cannot be installed: {status.reason}.")
            other = named and named != status.form
            if status.state is not State.INSTALLED or other:
                missing.append((manifest, self._store.usable_form(manifest, named)))
        return missing

    def _plan(self, models: Sequence[tuple[Manifest, Form]]) -> Plan:
        planned = []
        files = self._files()
        beside = 0
        for manifest, form in models:
            here = arrived = 0
            for file in form.files:
                if self._have(manifest, file):
                    here += file.size
                elif nearby.find(form, file):
                    # Linked where the file system can, so its bytes are not counted twice.
                    arrived += file.size
                else:
                    arrived += files.arrived_before(file)
            made = form.convert.size if form.convert else 0
            download = max(0, form.download_size - here - arrived)
            disk = form.download_size - here - arrived + made
            planned.append(PlannedModel(manifest, form.name, download, max(0, disk)))
            if any(isinstance(source, WheelSource | ArchiveSource) for source in form.sources):
                # An archive lies beside the files made of it until they are whole.
                beside = max(beside, download)
        return Plan(
            models=tuple(planned),
            download=sum(model.download for model in planned),
            disk=sum(model.disk for model in planned) + beside,
            free=free_bytes(self._store.models_dir),
        )

    def _have(self, manifest: Manifest, file: ModelFile) -> bool:
        """Whether a published file is here and whole, although the model as a whole is not."""
        path = self._store.models_dir / manifest.folder / file.name
        if not file.sha256 or not path.is_file() or path.stat().st_size != file.size:
            return False
        return self._store.sha256(path) == file.sha256

    def _files(self) -> Files:
        return Files(self._workplace.downloads, self._workplace.wheels, self._store.source)

    def _install(self, models: Sequence[tuple[Manifest, Form]]) -> list[str]:
        """All of them; what fails does not hold up the others and is told at the end."""
        files = self._files()
        installed: list[str] = []
        failures: list[HeimdexError] = []
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="heimdex-download")
        # One model is prepared while the files of the next ones arrive.
        preparing = ThreadPoolExecutor(1, thread_name_prefix="heimdex-prepare")
        try:
            # One download for bytes that two models share.
            coming: dict[str, Future[Arrived | None]] = {}
            for manifest, form in models:
                for file in form.files:
                    self._meter.expect(manifest.id, file.name, file.size)
                    key = _key(manifest, file)
                    if key not in coming and not self._have(manifest, file):
                        wanted = Wanted(manifest, form, file)
                        coming[key] = pool.submit(self._bring, files, wanted)
            for number, (manifest, form) in enumerate(models):
                later = {_key(m, file) for m, f in models[number + 1 :] for file in f.files}
                try:
                    self._install_one(manifest, form, coming, later, preparing)
                except ModelUnavailable as error:
                    failures.append(error)
                else:
                    files.forget(form, later)
                    installed.append(manifest.id)
        finally:
            self._stopped.set()
            preparing.shutdown(wait=False, cancel_futures=True)
            pool.shutdown(wait=False, cancel_futures=True)
            # A worker notices at its next bytes; one that hangs in a connection is left behind.
            wait(coming.values(), timeout=_FAREWELL_S)
        if failures:
            raise _together(failures, installed)
        return installed

    def _install_one(
        self,
        manifest: Manifest,
        form: Form,
        coming: dict[str, "Future[Arrived | None]"],
        later: set[str],
        preparing: ThreadPoolExecutor,
    ) -> None:
        mine = {f.name: coming[k] for f in form.files if (k := _key(manifest, f)) in coming}
        self._watch(manifest, Step.DOWNLOADING, mine.values())
        arrived = self._collected(manifest, form, mine)
        with self._workplace.staging(manifest.id) as staging:
            for number, file in enumerate(form.files):
                if (brought := arrived.get(file.name)) is not None:
                    key = _key(manifest, file)
                    again = any(_key(manifest, rest) == key for rest in form.files[number + 1 :])
                    keep = not brought.ours or again or key in later
                    assembly.place(brought.path, staging / file.name, keep=keep)
                elif file.name not in arrived and self._have(manifest, file):
                    there = self._store.models_dir / manifest.folder / file.name
                    assembly.place(there, staging / file.name, keep=True)
            if form.convert:
                made = preparing.submit(
                    assembly.convert, form.convert, staging, self._store.resources
                )
                self._watch(manifest, Step.CONVERTING, [made])
                made.result()
            origins = list(dict.fromkeys(a.origin for a in arrived.values() if a is not None))
            digests = {name: a.sha256 for name, a in arrived.items() if a is not None}
            self._meter.tell(manifest.id, Step.CHECKING)
            assembly.write_receipt(manifest, form, staging, ", ".join(origins), digests)
            self._workplace.put(staging, self._store.models_dir / manifest.folder)
        self._meter.tell(manifest.id, Step.DONE, ", ".join(origins))

    def _bring(self, files: Files, wanted: Wanted) -> Arrived | None:
        """On a thread of the pool. None for an optional file that no source has."""

        def moved(done: int) -> None:
            if self._stopped.is_set():
                raise Cancelled("Cancelled.")
            self._meter.moved(wanted.manifest.id, wanted.file.name, done)

        try:
            return files.bring(wanted, moved)
        except NotDelivered as failure:
            if wanted.file.optional and failure.nowhere:
                return None
            raise

    def _watch(self, manifest: Manifest, step: Step, work: Collection[Future[Any]]) -> None:
        """Report until all of the work has ended; `report` may raise to cancel."""
        left = set(work)
        while True:
            self._meter.tell(manifest.id, step)
            if not left:
                return
            _, left = wait(left, timeout=_TICK_S, return_when=FIRST_COMPLETED)

    def _collected(
        self, manifest: Manifest, form: Form, mine: dict[str, "Future[Arrived | None]"]
    ) -> dict[str, Arrived | None]:
        arrived: dict[str, Arrived | None] = {}
        reasons: list[str] = []
        for name, future in mine.items():
            try:
                arrived[name] = future.result()
            except NotDelivered as failure:
                reasons += failure.reasons
        if reasons:
            tried = "; ".join(dict.fromkeys(reasons))
            stop = "" if tried.endswith("?") else "."
            message = f"{manifest.title} cannot be downloaded: {tried}{stop}"
            raise ModelUnavailable(message, manifest.id)
        return arrived


def _key(manifest: Manifest, file: ModelFile) -> str:
    return file.sha256 or f"{manifest.id}/{file.name}"


def _together(failures: Sequence[HeimdexError], installed: Sequence[str]) -> HeimdexError:
    """One error for several models, with what was installed in spite of it."""
    if len(failures) == 1 and not installed:
        return failures[0]
    text = " ".join(dict.fromkeys(str(failure) for failure in failures))
    if installed:
        text += f" Installed were: {', '.join(installed)}."
    first = failures[0]
    return ModelUnavailable(text, first.model_id if isinstance(first, ModelUnavailable) else "")
