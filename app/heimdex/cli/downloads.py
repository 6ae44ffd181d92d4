"""`heimdex models download` and `add`: ask, show how far it is, say what came of it.

Downloading is done in a child (`heimdex.installing`); which models are meant is for `models`.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heimdex.cli.consent import agreed
from heimdex.cli.output import counted, emit, note, size, table
from heimdex.cli.progress import terminal_bar
from heimdex.cli.session import directories
from heimdex.domain.errors import Cancelled, UserError

if TYPE_CHECKING:
    from heimdex.installing import Installer
    from heimdex.ml.delivery.plans import InstallProgress, Plan
    from heimdex.ml.store import ModelStore

_JSON_EVERY_S = 0.5


def download(options: argparse.Namespace, store: "ModelStore", ids: Sequence[str]) -> int:
    """Bring models here, after asking."""
    with installer(options) as child:
        plan = child.plan(ids, options.form or "")
        if not plan.models:
            if options.json:
                emit({"done": True, "installed": []})
            else:
                print("All of them are installed already.")
            return 0
        if options.json:
            emit(_plan_document(plan))
        else:
            show_plan(plan)
        _refuse_what_has_no_room(plan, store)
        _ask(options)
        with Show(store, as_json=options.json) as show:
            installed = child.install(
                ids, show.report, form=options.form or "", measure=options.tune
            )
    if options.json:
        emit({"done": True, "installed": installed})
    else:
        print(f"{counted(len(installed), 'model')} installed in {store.models_dir}.")
        _tell_how_to_use(options, store, installed)
    return 0


def add(options: argparse.Namespace, store: "ModelStore") -> int:
    """Take a model from the person's own files."""
    path = Path(options.source).expanduser()
    with installer(options) as child, Show(store, as_json=options.json) as show:
        added = child.add(options.id, path, show.report, measure=options.tune)
    store.refresh()
    manifest = store.manifest(added)
    if options.json:
        emit({"done": True, "installed": [added]})
        return 0
    print(f"{manifest.title} ({added}) added from {path}; the files there are as they were.")
    if manifest.caveat or not manifest.commercial_use:
        note(f"note: {terms(manifest)}")
    return 0


def _tell_how_to_use(
    options: argparse.Namespace, store: "ModelStore", installed: Sequence[str]
) -> None:
    """Without a setting the best installed set is used; anything else has to be chosen."""
    from heimdex.config.settings import ENVIRONMENT, Settings
    from heimdex.ml import factory

    used = set(factory.chosen(Settings.load(directories(options).home), store).values())
    for model_id in installed:
        manifest = store.manifest(model_id)
        setting = factory.setting(manifest.family)
        if setting and model_id not in used and not manifest.component:
            note(f"To use {manifest.title}, set {ENVIRONMENT[setting]}={model_id}.")


def installer(options: argparse.Namespace) -> "Installer":
    """The child that installs, for these options."""
    from heimdex.config.settings import Settings
    from heimdex.installing import Installer

    where = directories(options)
    return Installer(where, Settings.load(where.home))


def show_plan(plan: "Plan") -> None:
    """What a person should know before they say yes: sizes, licences and what these leave out."""
    rows = []
    notes = []
    for planned in plan.models:
        manifest = planned.manifest
        mark = "" if manifest.commercial_use and not manifest.caveat else "*"
        title = manifest.title + (f" ({planned.form})" if planned.form else "")
        rows.append((title, size(planned.download), f"{manifest.licence} {mark}".rstrip()))
        if mark:
            notes.append(f"* {manifest.title}: {terms(manifest)}")
    note(table(rows, right=frozenset({1})))
    for line in notes:
        note(line)
    note(
        f"{size(plan.download)} to download, {size(plan.disk)} on the disk, of which "
        f"{size(plan.free)} are free."
    )


def terms(manifest: Any) -> str:
    """What a licence's name alone does not say."""
    use = "Ask before commercial use. " if manifest.ask_first else ""
    if not manifest.commercial_use:
        use = "NOT for commercial use. "
    return f"{use}{manifest.caveat}".strip()


class Show:
    """One bar on a terminal, otherwise a line a finished model; or JSON lines."""

    def __init__(self, store: "ModelStore", *, as_json: bool = False) -> None:
        from heimdex.ml.delivery.progress import Pace

        self._store = store
        self._json = as_json
        self._bar: Any = None
        self._pace = Pace()
        self._told_at = 0.0
        self._waiting = False
        self._said = ""

    def report(self, progress: "InstallProgress") -> None:
        """Move on."""
        from heimdex.ml.delivery.plans import Step

        if progress.step is Step.WAITING:
            if not self._waiting:
                note("Another installation is running; waiting for it.")
            self._waiting = True
            return
        if progress.step is Step.TUNING:
            self._measure(progress)
            return
        self._pace.see(progress.all_done)
        if self._json:
            self._emit(progress, important=progress.step is Step.DONE)
            return
        if sys.stderr.isatty():
            self._draw(progress)
        if progress.step is Step.DONE:
            line = f"  {self._title(progress.model_id)}: installed"
            if self._bar is not None:
                self._bar.write(line, file=sys.stderr)
            else:
                note(line)

    def _measure(self, progress: "InstallProgress") -> None:
        """Everything is here; what takes time now has no bytes to count."""
        self.close()
        line = f"  {self._title(progress.model_id)}: {progress.step} ({progress.detail})"
        if self._json:
            emit({"model": progress.model_id, "step": progress.step, "detail": progress.detail})
        elif line != self._said:
            note(line)
        self._said = line

    def _title(self, model_id: str) -> str:
        manifest = self._store.manifests.get(model_id)
        return manifest.title if manifest else model_id

    def _emit(self, progress: "InstallProgress", *, important: bool) -> None:
        now = time.monotonic()
        if not important and now - self._told_at < _JSON_EVERY_S:
            return
        self._told_at = now
        left = self._pace.left_s(progress.all_total)
        emit(
            {
                "model": progress.model_id,
                "step": str(progress.step),
                "model_done_bytes": progress.done,
                "model_bytes": progress.total,
                "done_bytes": progress.all_done,
                "total_bytes": progress.all_total,
                "bytes_per_second": round(self._pace.speed),
                "seconds_left": None if left is None else round(left, 1),
            }
        )

    def _draw(self, progress: "InstallProgress") -> None:
        if self._bar is None:
            self._bar = terminal_bar(total=progress.all_total, unit="B", unit_scale=True)
        self._bar.total = progress.all_total
        self._bar.set_description_str(f"{progress.model_id}: {progress.step}", refresh=False)
        self._bar.update(progress.all_done - self._bar.n)

    def close(self) -> None:
        """Leave the terminal clean."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> "Show":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _ask(options: argparse.Namespace) -> None:
    if options.yes:
        return
    if options.json or not sys.stdin.isatty():
        raise UserError("Nobody is here to ask; say --yes to download.")
    if not agreed("Download?"):
        raise Cancelled("Nothing was downloaded.")


def _refuse_what_has_no_room(plan: "Plan", store: "ModelStore") -> None:
    """Before asking: a yes would be of no use."""
    if plan.disk > plan.free:
        raise UserError(
            f"The models need {size(plan.disk)} and {store.models_dir} has only {size(plan.free)} "
            "free; make room or choose another place for them (HEIMDEX_MODELS)."
        )


def _plan_document(plan: "Plan") -> dict[str, Any]:
    return {
        "plan": [
            {
                "model": planned.manifest.id,
                "form": planned.form,
                "download_bytes": planned.download,
                "disk_bytes": planned.disk,
                "licence": planned.manifest.licence,
                "commercial_use": planned.manifest.commercial_use,
                "ask_first": planned.manifest.ask_first,
                "caveat": planned.manifest.caveat,
            }
            for planned in plan.models
        ],
        "download_bytes": plan.download,
        "disk_bytes": plan.disk,
        "free_bytes": plan.free,
    }
