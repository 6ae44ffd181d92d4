"""`heimdex models tune`: measure how each model runs quickest on this machine, and keep that.

Which forms there are and when they agree is `ml.acceleration`'s; here it is asked for and shown.
"""

import argparse
from typing import TYPE_CHECKING, Any

from heimdex.cli.output import emit, note, table
from heimdex.domain.errors import UserError

if TYPE_CHECKING:
    from heimdex.ml.acceleration.choices import Chosen
    from heimdex.ml.delivery.plans import InstallProgress
    from heimdex.ml.store import ModelStore


def define(actions: Any, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command = actions.add_parser(
        "tune",
        parents=[shared],
        help="find out how each model runs quickest here",
        description="Measure the forms in which each installed model can run on this processor "
        "(onnxruntime or OpenVINO, full or reduced precision), and keep the quickest that gives "
        "the same answers. Installing a model does this too; do it again on another machine or "
        "with another number of threads.",
        epilog="example: heimdex models tune adaface-ir101",
    )
    which = command.add_mutually_exclusive_group()
    which.add_argument("ids", nargs="*", default=[], metavar="ID", help="default: all installed")
    which.add_argument(
        "--missing", action="store_true", help="those in use that were not measured here yet"
    )
    command.add_argument("--json", action="store_true", help="one JSON object a network")
    command.set_defaults(run=tune_)


def tune_(options: argparse.Namespace) -> int:
    """Measure, keep, and print what was found."""
    from heimdex.cli.downloads import installer
    from heimdex.cli.session import model_store

    wanted = (
        _unmeasured(options) if options.missing else _installed(model_store(options), options.ids)
    )
    if not wanted:
        note("All models in use are measured already.")
        return 0
    said = ""

    def report(progress: "InstallProgress") -> None:
        nonlocal said
        line = f"  {progress.model_id} {progress.detail}"
        if line != said and not options.json:
            note(line)
        said = line

    with installer(options) as child:
        found = child.tune(wanted, report)
    rows = [("MODEL", "NETWORK", "FORM", "TIMES FASTER", "LIKENESS", "")]
    for model_id, networks in found.items():
        for network, chosen in networks.items():
            if options.json:
                emit(document(model_id, network, chosen))
                continue
            kept = next(each for each in chosen.measured if each.form == chosen.form)
            rows.append(
                (model_id, network, chosen.form, f"{chosen.ratio:.1f}", f"{kept.likeness:.4f}", "")
            )
            rows += [
                ("", "", each.form, "", "", each.refused)
                for each in chosen.measured
                if each.refused
            ]
    if not options.json:
        print(table(rows, right=frozenset({3, 4})))
    return 0


def document(model_id: str, network: str, chosen: "Chosen") -> dict[str, Any]:
    """The JSON shape of one network's choice."""
    return {
        "id": model_id,
        "network": network,
        "form": chosen.form,
        "ratio": round(chosen.ratio, 2),
        "measured": [
            {
                "form": each.form,
                "seconds": round(each.seconds, 4),
                "likeness": round(each.likeness, 5),
                "refused": each.refused,
            }
            for each in chosen.measured
        ],
    }


def _unmeasured(options: argparse.Namespace) -> list[str]:
    from heimdex.bootstrap import open_models
    from heimdex.cli.session import directories
    from heimdex.config.settings import Settings
    from heimdex.ml import factory

    where = directories(options)
    settings = Settings.load(where.home)
    return factory.unmeasured(settings, open_models(where, settings))


def _installed(store: "ModelStore", ids: list[str]) -> list[str]:
    """The models to measure. `UserError` when there are none."""
    wanted = [store.manifest(model_id).id for model_id in ids]
    wanted = wanted or [m for m in store.manifests if store.is_installed(m)]
    if not wanted:
        raise UserError("No model is installed yet; run: heimdex models download --set starter")
    return wanted
