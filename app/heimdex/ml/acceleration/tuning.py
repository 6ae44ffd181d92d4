"""Measures the forms of a model's networks on this machine, and keeps the quickest that agrees.

What must agree, and on which inputs, is said by the engines' cases; how forms are made and opened
is left to `forms`. Takes from seconds for a small network to a few minutes for the largest.
"""

import logging
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from heimdex.domain.errors import HeimdexError, UserError
from heimdex.ml.acceleration import cases, choices, forms
from heimdex.ml.acceleration.cases import Case, Outputs
from heimdex.ml.acceleration.choices import Chosen, Measured
from heimdex.ml.acceleration.forms import PLAIN, Form
from heimdex.ml.acceleration.graph import Arrays
from heimdex.ml.acceleration.memory import OutOfMemory
from heimdex.ml.runtime import Compute
from heimdex.ml.store import FileRecord, ModelStore

Report = Callable[[str], None]
"""Called with what is being measured; may raise `Cancelled`."""

_ROUNDS = 3
_ENOUGH_S = 2.0
"""A form that has run for so long is not measured any more."""
_WORTH = 0.95
"""Another form must need less than this share of the plain one's time."""

_log = logging.getLogger(__name__)


def tune(
    store: ModelStore, model_id: str, threads: int, report: Report = lambda _: None
) -> dict[str, Chosen]:
    """Measure a model's networks and keep the choice beside its weights; by file name.

    A model without networks that could run in another form gives an empty dictionary. Raises
    `ModelUnavailable` when the model is not installed, `UserError` when the disk is full.
    """
    manifest = store.manifest(model_id)
    found = cases.of(store, manifest)
    if not found:
        return {}
    place = choices.folder(store, model_id)
    draft = place.with_name(f"{place.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    compute = Compute(threads=threads)
    try:
        draft.mkdir(parents=True)
        chosen = {
            case.graph: _Bench(store, model_id, case, compute, draft, report).run()
            for case in found
        }
        shutil.rmtree(place, ignore_errors=True)
        draft.replace(place)
    except OSError as error:
        raise UserError(
            f"The quick form of {manifest.title} cannot be stored ({error.strerror}); the model "
            "works without it. Make room and run: heimdex models tune " + model_id
        ) from error
    finally:
        # Nothing is left of it where it took its place.
        shutil.rmtree(draft, ignore_errors=True)
    choices.write(store, model_id, choices.this_machine(threads), chosen)
    return chosen


class _Bench:
    """The measurements of one network."""

    def __init__(
        self,
        store: ModelStore,
        model_id: str,
        case: Case,
        compute: Compute,
        draft: Path,
        report: Report,
    ) -> None:
        self._store, self._model_id, self._case = store, model_id, case
        self._compute, self._draft, self._report = compute, draft, report
        self._plain = store.path(model_id, case.graph)

    def run(self) -> Chosen:
        """Measure the plain form, then each other one; what loses is deleted at once."""
        samples = list(self._case.samples())
        half = max(1, len(samples) // 2)
        calibration, judged = samples[:half], samples[half:] or samples
        truth, seconds = self._measure(PLAIN, self._plain, judged)
        results = [Measured(PLAIN.name, seconds, 1.0)]
        best, best_s = PLAIN, seconds * _WORTH
        good = set()
        for form in forms.candidates(self._plain):
            if form.spared_by in good:
                continue
            result = self._try(form, calibration, judged, truth)
            results.append(result)
            if not result.refused:
                good.add(form)
            loser = form
            if not result.refused and result.seconds < best_s:
                loser, best, best_s = best, form, result.seconds
            # Two forms may run the same file.
            if loser.file_for(self._plain, self._draft) != best.file_for(self._plain, self._draft):
                self._drop(loser)
        files = {} if best.is_plain else _records(self._store, self._files(best))
        return Chosen(best.name, files, results)

    def _try(
        self,
        form: Form,
        calibration: Sequence[Arrays],
        judged: Sequence[Arrays],
        truth: Sequence[Outputs],
    ) -> Measured:
        """Make, run and compare one form. A form that cannot be made or run is no error: there is
        always the plain one, and the reason is kept."""
        self._report(f"{self._case.graph}: {form.name}")
        target = form.file_for(self._plain, self._draft)
        try:
            if not target.exists():
                forms.make(form, self._plain, target, self._case, calibration)
            outputs, seconds = self._measure(form, target, judged)
        except (HeimdexError, RuntimeError, ValueError, TypeError, KeyError, OutOfMemory) as error:
            _log.info("%s of %s does not run here: %s", form.name, self._model_id, error)
            return Measured(form.name, 0.0, 0.0, f"it does not run here: {str(error)[:200]}")
        if not all(np.isfinite(array).all() for each in outputs for array in each):
            return Measured(form.name, seconds, 0.0, "its answers are no numbers")
        likeness = self._case.likeness(truth, outputs)
        enough = likeness >= self._case.gate
        refused = "" if enough else f"its answers differ ({likeness:.4f} < {self._case.gate})"
        return Measured(form.name, seconds, likeness, refused)

    def _measure(
        self, form: Form, path: Path, judged: Sequence[Arrays]
    ) -> tuple[list[Outputs], float]:
        """Outputs for all samples, and the best time of one pass over them."""
        graph = form.open(path, self._compute, self._model_id)
        outputs = [graph.run(sample) for sample in judged]  # The first pass also warms up.
        times: list[float] = []
        while len(times) < _ROUNDS and sum(times) < _ENOUGH_S:
            # Processor time, not the clock's: a machine that is busy with other work would choose
            # by what was running beside each form.
            began = time.process_time()
            for sample in judged:
                graph.run(sample)
            times.append((time.process_time() - began) / self._compute.threads)
        return outputs, min(times)

    def _files(self, form: Form) -> list[Path]:
        path = form.file_for(self._plain, self._draft)
        return [p for p in (path, path.with_name(f"{path.name}.data")) if p.exists()]

    def _drop(self, form: Form) -> None:
        if not form.is_plain:
            for path in self._files(form):
                path.unlink()


def _records(store: ModelStore, paths: Sequence[Path]) -> dict[str, FileRecord]:
    records = {}
    for path in paths:
        stat = path.stat()
        digest = store.sha256(path, fresh=True)
        records[path.name] = FileRecord(digest, stat.st_size, stat.st_mtime_ns)
    return records
