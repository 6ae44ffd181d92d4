"""Opens a model's network in the form that was found quickest on this machine.

Finding it out is left to `tuning`. Where nothing was measured, or what was kept is gone or does not
start, the plain form runs, and the log says so.
"""

import logging
from pathlib import Path

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import runtime
from heimdex.ml.acceleration import choices, forms
from heimdex.ml.acceleration.choices import Chosen
from heimdex.ml.acceleration.forms import PLAIN, Form
from heimdex.ml.acceleration.graph import Graph
from heimdex.ml.runtime import AUTO, CPU, Compute
from heimdex.ml.store import ModelStore

_log = logging.getLogger(__name__)


def open_graph(store: ModelStore, model_id: str, name: str, compute: Compute) -> Graph:
    """The network in the model's file `name`, for example `image.onnx`.

    Forms are measured for the processor; on another device the plain graph runs, if onnxruntime
    can use that device, and the measured form on the processor if only torch can. Raises
    `ModelUnavailable` when the model is missing or damaged, or the device is not there.
    """
    plain = store.path(model_id, name)
    if compute.device == AUTO or runtime.onnx_device(compute.device, model_id) == CPU:
        form, path = chosen_form(store, model_id, name, plain)
        if form != PLAIN:
            try:
                return form.open(path, compute, model_id)
            except ModelUnavailable as error:
                _log.warning("%s of %s does not start: %s", form.name, model_id, error)
    return PLAIN.open(plain, compute, model_id)


def chosen_form(store: ModelStore, model_id: str, name: str, plain: Path) -> tuple[Form, Path]:
    """The form to use for a network and its file; the plain form where nothing better is known."""
    choice = choices.read(store, model_id)
    chosen = choice.graphs.get(name) if choice else None
    if choice is None or chosen is None:
        return PLAIN, plain
    again = f"run: heimdex models tune {model_id}"
    here = choices.this_machine(choice.machine.threads)
    if choice.machine.processor != here.processor:
        _log.warning("%s was measured on another processor; %s", model_id, again)
        return PLAIN, plain
    try:
        form = forms.parse(chosen.form)
    except ValueError as error:
        _log.warning("%s: %s; %s", model_id, error, again)
        return PLAIN, plain
    if form.runtime not in here.runtimes:
        _log.warning("%s was to run by %s, which is gone; %s", model_id, form.runtime, again)
        return PLAIN, plain
    folder = choices.folder(store, model_id)
    if wrong := _damage(store, folder, chosen):
        _log.warning("the quick form of %s cannot be used: %s; %s", model_id, wrong, again)
        return PLAIN, plain
    return form, form.file_for(plain, folder)


def _damage(store: ModelStore, folder: Path, chosen: Chosen) -> str:
    """What is wrong with the files of a choice, "" when nothing is."""
    for name, record in chosen.files.items():
        if wrong := store.compare(folder / name, record):
            return wrong
    return ""
