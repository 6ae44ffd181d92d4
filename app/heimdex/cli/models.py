"""`heimdex models`: which models there are, bring them here, check them, remove them.

Asking before a download and showing its progress is left to `downloads`, checking to the store.
"""

import argparse
from typing import TYPE_CHECKING, Any

from heimdex.cli import tuning
from heimdex.cli.output import complain, emit, size, table
from heimdex.cli.session import model_store
from heimdex.domain.errors import UserError

if TYPE_CHECKING:
    from heimdex.ml.manifests import Manifest
    from heimdex.ml.store import ModelStatus, ModelStore

_PINS = {"hub": "(the hub states its sha256)", "own": "(from your own files)"}
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
        "how much it is and asks first. What was interrupted goes on where it stopped. Files that "
        "other programs have downloaded to their caches are taken from there.",
        epilog="example: heimdex models download --set balanced",
    )
    _which(download)
    download.add_argument("--form", help="take this published form of the models, as models/ names")
    download.add_argument("--yes", "-y", action="store_true", help="do not ask")
    _tune(download)
    download.add_argument("--json", action="store_true", help="JSON lines: plan, progress, result")
    download.set_defaults(run=download_)

    add = actions.add_parser(
        "add",
        parents=[shared],
        help="take a model from files that you have",
        description="Copy a model's files from a file, a folder or a zip of yours, check them and "
        "prepare them. For a model that only you have, the folder needs a model.toml.",
        epilog="example: heimdex models add adaface-ir101 --from ~/Downloads/adaface.ckpt",
    )
    add.add_argument("id", metavar="ID", help="the model, as `models list` names it, or a new name")
    add.add_argument("--from", dest="source", metavar="PATH", required=True, help="where they are")
    _tune(add)
    add.add_argument("--json", action="store_true", help="JSON lines: progress and result")
    add.set_defaults(run=add_)

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

    tuning.define(actions, shared)

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


def _tune(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-tune",
        dest="tune",
        action="store_false",
        help="do not measure now how they run quickest here; `models tune` does it later",
    )


def list_(options: argparse.Namespace) -> int:
    """Print every model and how it stands."""
    store = model_store(options)
    chosen = _chosen(store, [], getattr(options, "set", None), default=list(store.manifests))
    statuses = [store.status(model_id) for model_id in chosen]
    if getattr(options, "json", False):
        for status in statuses:
            emit(_document(store.manifest(status.id), status))
        return 0
    rows = [("ID", "SETS", "DOES", "STATE", "SIZE", "LICENCE", "")]
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
                _remark(manifest, status),
            )
        )
    print(table(rows, right=frozenset({4})))
    return 0


def download_(options: argparse.Namespace) -> int:
    """Bring models here."""
    from heimdex.cli import downloads

    store = model_store(options)
    return downloads.download(
        options, store, _chosen(store, options.ids, options.set, default=None)
    )


def add_(options: argparse.Namespace) -> int:
    """Take a model from the person's own files."""
    from heimdex.cli import downloads

    return downloads.add(options, model_store(options))


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
    from heimdex.ml.delivery.removal import remove

    store = model_store(options)
    for model_id in _chosen(store, options.ids, options.set, default=None):
        removed = remove(store, model_id)
        print(f"{model_id}: {'removed' if removed else 'was not installed'}")
    return 0


def licences_(options: argparse.Namespace) -> int:
    """Print each model's licence and what it does not say."""
    from heimdex.ml import licences

    store = model_store(options)
    chosen = set(_chosen(store, [], options.set, default=list(store.manifests)))
    rows = [row for row in licences.table(store.manifests) if row.model_id in chosen]
    if options.json:
        for row in rows:
            emit(
                {
                    "id": row.model_id,
                    "title": row.title,
                    "sets": [str(tier) for tier in row.sets],
                    "licence": row.licence,
                    "licence_url": row.licence_url,
                    "commercial_use": row.commercial_use,
                    "ask_first": row.ask_first,
                    "caveat": row.caveat,
                    "origin": row.origin,
                    "pinned": row.pinned,
                }
            )
        return 0
    lines = [("MODEL", "LICENCE", "COMMERCIAL USE", "SETS", "TERMS")]
    for row in rows:
        use = ("ask first" if row.ask_first else "free") if row.commercial_use else "NO"
        mark = " *" if row.caveat else ""
        lines.append((row.model_id, row.licence, use + mark, ", ".join(row.sets), row.licence_url))
    print(table(lines))
    if any(row.caveat for row in rows):
        print("\n* What the licence alone does not say:")
        for row in rows:
            if row.caveat:
                print(f"  {row.title}: {row.caveat}")
    if hub := [row.model_id for row in rows if row.pinned == "hub"]:
        print(
            f"\nOf {', '.join(hub)} some sha256 are not known beforehand: the hub states them for "
            "a fixed commit, and they are written down at the first download."
        )
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


def _remark(manifest: "Manifest", status: "ModelStatus") -> str:
    """What the line of a model ends with, mostly nothing."""
    if manifest.gate and status.state == "needs a licence":
        return f"(only with {manifest.gate.upper()}=true)"
    return status.reason or _PINS.get(manifest.pinned, "")


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
        "ask_first": manifest.ask_first,
        "caveat": manifest.caveat,
        "forms": [form.name for form in manifest.all_forms],
        "form": status.form,
        "origin": status.origin,
        "pinned": manifest.pinned,
    }
