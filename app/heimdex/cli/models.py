"""`heimdex models`: which models there are, bring them here, check them, remove them.

Downloading and checking is the model store's; nothing is downloaded without being asked for.
"""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from heimdex.cli.output import complain, counted, emit, note, size, table
from heimdex.cli.progress import terminal_bar
from heimdex.cli.session import directories
from heimdex.domain.errors import UserError

if TYPE_CHECKING:
    from heimdex.ml.manifests import Manifest
    from heimdex.ml.store import InstallProgress, ModelStatus, ModelStore, Plan

SETS = ("starter", "balanced", "best")


def define(group: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    group.description = (
        "The models that do the listening and looking. All of them run on this "
        "computer; only `download` uses the network."
    )
    group.epilog = "examples: heimdex models list; heimdex models download --set starter"
    group.set_defaults(run=list_)
    actions = group.add_subparsers(title="actions", metavar="ACTION", dest="action")

    listing = actions.add_parser("list", parents=[shared], help="what there is and what is here")
    listing.add_argument("--json", action="store_true", help="one JSON object a model")
    listing.add_argument("--set", choices=SETS, help="only the models of this set")
    listing.set_defaults(run=list_)

    download = actions.add_parser(
        "download",
        parents=[shared],
        help="download models",
        description="Download models, check them against their known sha256 and prepare them. Says "
        "how much it is and asks first. What was interrupted goes on where it stopped.",
        epilog="example: heimdex models download --set starter",
    )
    _which(download)
    download.add_argument("--yes", "-y", action="store_true", help="do not ask")
    download.set_defaults(run=download_)

    verify = actions.add_parser(
        "verify",
        parents=[shared],
        help="read every byte of the installed models and compare",
        description="Read every byte of the installed models and compare it with what is known "
        "about them. Exit code 1 when one is damaged or was asked for and is missing.",
    )
    _which(verify)
    verify.add_argument("--json", action="store_true", help="one JSON object a model")
    verify.set_defaults(run=verify_)

    remove = actions.add_parser("remove", parents=[shared], help="delete the files of models")
    _which(remove)
    remove.set_defaults(run=remove_)

    licences = actions.add_parser("licences", parents=[shared], help="under which terms they come")
    licences.add_argument("--json", action="store_true", help="one JSON object a model")
    licences.add_argument("--set", choices=SETS, help="only the models of this set")
    licences.set_defaults(run=licences_)


def _which(command: argparse.ArgumentParser) -> None:
    command.add_argument("ids", nargs="*", metavar="ID", help="models, as `models list` names them")
    command.add_argument("--set", choices=SETS, help="all models of a set")


def model_store(options: argparse.Namespace) -> "ModelStore":
    """The store of these options; opens no library."""
    from heimdex.bootstrap import open_models
    from heimdex.config.settings import Settings

    where = directories(options)
    return open_models(where, Settings.load(where.home))


def list_(options: argparse.Namespace) -> int:
    """Print every model and how it stands."""
    store = model_store(options)
    chosen = _chosen(store, [], getattr(options, "set", None), default=list(store.manifests))
    statuses = [store.status(model_id) for model_id in chosen]
    if getattr(options, "json", False):
        for status in statuses:
            emit(_document(store.manifest(status.id), status))
        return 0
    rows = [("ID", "SET", "DOES", "STATE", "SIZE", "LICENCE", "")]
    for status in statuses:
        manifest = store.manifest(status.id)
        rows.append(
            (
                manifest.id,
                ", ".join(manifest.sets),
                str(manifest.family).replace("_", " "),
                str(status.state),
                size(status.size or manifest.disk_size),
                manifest.licence,
                status.reason,
            )
        )
    print(table(rows, right=frozenset({4})))
    return 0


def download_(options: argparse.Namespace) -> int:
    """Bring models here."""
    store = model_store(options)
    ids = _chosen(store, options.ids, options.set, default=None)
    asked = options.yes

    def ask(plan: "Plan") -> bool:
        _show_plan(plan)
        if asked:
            return True
        if not sys.stdin.isatty():
            raise UserError("Nobody is here to ask; say --yes to download.")
        return input("Download? [y/N] ").strip().lower() in {"y", "yes", "예", "네"}

    with _DownloadShow(store) as show:
        installed = store.install(ids, ask, show.report)
    already = len(ids) - len(set(installed) & set(ids))
    if installed:
        print(f"{counted(len(installed), 'model')} installed in {store.models_dir}.")
    if already and not installed:
        print("All of them are installed already.")
    return 0


def verify_(options: argparse.Namespace) -> int:
    """Check models byte by byte."""
    from heimdex.ml.store import State

    store = model_store(options)
    named = bool(options.ids or options.set)
    here = [i for i in store.manifests if store.status(i).state is not State.MISSING]
    bad = []
    for model_id in _chosen(store, options.ids, options.set, default=here):
        status = store.verify(model_id)
        sound = status.state is State.INSTALLED
        if not sound and (named or status.state is State.DAMAGED):
            bad.append(model_id)
        if options.json:
            emit({"id": status.id, "state": str(status.state), "reason": status.reason})
        else:
            print(f"{model_id}: {'sound' if sound else status.state}", end="")
            print(f" ({status.reason})" if status.reason else "")
    if bad:
        complain(f"not sound: {', '.join(bad)}; run: heimdex models download {' '.join(bad)}")
        return 1
    return 0


def remove_(options: argparse.Namespace) -> int:
    """Delete models' files."""
    store = model_store(options)
    for model_id in _chosen(store, options.ids, options.set, default=None):
        removed = store.remove(model_id)
        print(f"{model_id}: {'removed' if removed else 'was not installed'}")
    return 0


def licences_(options: argparse.Namespace) -> int:
    """Print each model's licence and what it does not say."""
    store = model_store(options)
    for model_id in _chosen(store, [], options.set, default=list(store.manifests)):
        manifest = store.manifest(model_id)
        if options.json:
            emit(
                {
                    "id": manifest.id,
                    "title": manifest.title,
                    "licence": manifest.licence,
                    "licence_url": manifest.licence_url,
                    "commercial_use": manifest.commercial_use,
                    "caveat": manifest.caveat,
                    "origin": manifest.origin,
                }
            )
            continue
        use = "free for commercial use" if manifest.commercial_use else "NOT for commercial use"
        print(f"{manifest.title} ({manifest.id}): {manifest.licence}, {use}")
        print(f"    {manifest.licence_url}")
        if manifest.origin:
            print(f"    from {manifest.origin}")
        if manifest.caveat:
            print(f"    note: {manifest.caveat}")
    return 0


def _chosen(
    store: "ModelStore", ids: list[str], tier: str | None, default: list[str] | None
) -> list[str]:
    """The models that were named, each once. `UserError` for an unknown one or none at all."""
    from heimdex.ml.manifests import Tier

    chosen = [store.manifest(model_id).id for model_id in ids]
    if tier is not None:
        members = store.sets().get(Tier(tier), [])
        if not members:
            raise UserError(f"There are no models of the set {tier} in this version of Heimdex.")
        chosen += members
    if not ids and tier is None:
        if default is None:
            raise UserError("Say which: models by their ids, or --set starter.")
        chosen = default
    return list(dict.fromkeys(chosen))


def _document(manifest: "Manifest", status: "ModelStatus") -> dict[str, Any]:
    return {
        "id": manifest.id,
        "title": manifest.title,
        "sets": [str(tier) for tier in manifest.sets],
        "family": str(manifest.family),
        "state": str(status.state),
        "reason": status.reason,
        "download_bytes": manifest.download_size,
        "disk_bytes": status.size or manifest.disk_size,
        "licence": manifest.licence,
        "commercial_use": manifest.commercial_use,
    }


def _show_plan(plan: "Plan") -> None:
    rows = [
        (
            planned.manifest.title,
            size(planned.download),
            planned.manifest.licence
            + ("" if planned.manifest.commercial_use else " (NOT for commercial use)"),
        )
        for planned in plan.models
    ]
    note(table(rows, right=frozenset({1})))
    note(f"{size(plan.download)} to download; {size(plan.free)} are free on the disk.")


class _DownloadShow:
    """A bar a model on a terminal; otherwise one line a model when it is done."""

    def __init__(self, store: "ModelStore") -> None:
        self._store = store
        self._bar: Any = None
        self._of = ""

    def report(self, progress: "InstallProgress") -> None:
        """Move on."""
        from heimdex.ml.store import Step

        if progress.step is Step.WAITING:
            if self._of != progress.step:
                note("Another installation is running; waiting for it.")
                self._of = progress.step
            return
        if sys.stderr.isatty():
            self._draw(progress, str(progress.step))
        if progress.step is Step.DONE:
            self.close()
            note(f"  {self._store.manifest(progress.model_id).title}: installed")

    def _draw(self, progress: "InstallProgress", step: str) -> None:
        if self._of != progress.model_id:
            self.close()
            self._of = progress.model_id
            self._bar = terminal_bar(total=progress.total, unit="B", unit_scale=True)
        if self._bar is not None:
            self._bar.set_description_str(f"{progress.model_id}: {step}", refresh=False)
            self._bar.update(progress.done - self._bar.n)

    def close(self) -> None:
        """Leave the terminal clean."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> "_DownloadShow":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
