"""Composition root of the child process: the engines and the stages behind the pipe.

Answering requests is left to `hosts.server`, what a stage computes to `indexing.stages`; here it
is chosen which methods a role has and which engines they use. Lending those is left to `lending`.
"""

import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heimdex.config.directories import Directories
from heimdex.domain.engines import (
    Concepts,
    Engine,
    NamingVision,
    Report,
    SparseTextEmbedder,
)
from heimdex.domain.errors import HeimdexError, UserError
from heimdex.domain.faces import Box, PhotoFace
from heimdex.domain.media import MediaInfo, Redrawn
from heimdex.domain.speech import Transcript
from heimdex.domain.stages import PassagesOutput, ProbeOutput, SpeechOutput, Stage
from heimdex.domain.vectors import Space, SpaceKind, SparseVector
from heimdex.hosts import sandbox
from heimdex.hosts.memory import give_back_memory
from heimdex.hosts.server import Call, Method, configuration, serve
from heimdex.lending import Configuration, Engines
from heimdex.ml.acceleration.choices import Chosen
from heimdex.ml.delivery.plans import InstallProgress, Plan, Step
from heimdex.ml.runtime import prepare_process

Vector = NDArray[np.float32]

_LOOK_EVERY_S = 15.0
_CONFINED = ("index", "query")
_DATA_BYTES = 16 * 1024**3
"""The supervisor stops a child long before, but only looks now and then: this is for the file that
asks for everything at once."""
_FILE_BYTES = 8 * 1024**3
_FORGOTTEN_S = 86_400.0

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Be the child of the role that `arguments` name; gives the exit code."""
    role = arguments[0] if arguments else ""
    if role not in ROLES:
        print(f"There is no engine host {role!r}.", file=sys.stderr)
        return 2
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        chosen: Configuration = configuration(Configuration)
    except HeimdexError as error:
        print(error, file=sys.stderr)
        return 1
    prepare_process(chosen.settings.threads)
    engines = Engines(chosen)
    serve(
        ROLES[role](engines),
        on_idle=engines.unload_idle,
        idle_every_s=_LOOK_EVERY_S,
        before=(lambda: _confine(role, chosen.directories)) if role in _CONFINED else None,
    )
    return 0


def _confine(role: str, directories: Directories) -> None:
    """What opens a stranger's files gets no network, and only its own folders to write to.

    Those are the models' (engines keep there what they made of weights) and one for what is
    temporary, as for a program that reads text.
    """
    temporary = directories.scratch(role, os.getpid())
    with suppress(OSError):
        for former in temporary.parent.glob(f"{role}-*"):
            # Of a child that was killed; another library's may be at work beside it.
            if time.time() - former.stat().st_mtime > _FORGOTTEN_S:
                shutil.rmtree(former, ignore_errors=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        directories.models.mkdir(parents=True, exist_ok=True)
        os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
    sandbox.limit(data_bytes=_DATA_BYTES, file_bytes=_FILE_BYTES)
    confined = sandbox.confine([directories.models, temporary])
    if confined.why:
        _log.warning("not confined as it should be: %s", confined.why)


def index_methods(engines: Engines) -> dict[str, Method]:
    """Role `index`: the stages. A model that is missing is told before any decoding."""
    settings = engines.settings

    def probe(call: Call, path: Path) -> None:
        from heimdex.indexing.stages.probe import run_probe

        output: ProbeOutput = run_probe(path)
        call.partial(output)

    def speech(call: Call, path: Path, info: MediaInfo) -> None:
        from heimdex.indexing.stages.speech import run_speech

        engines.make_room("speech", "voice")
        recognizer, voice = engines.speech(), engines.voice()
        _load(recognizer, voice)
        output: SpeechOutput = run_speech(
            path, info, recognizer, voice, settings.asr_language, _report(call, info)
        )
        call.partial(output)

    def passages(call: Call, transcript: Transcript) -> None:
        from heimdex.indexing.stages.passages import run_passages

        engines.make_room("text")
        embedder = engines.text()
        _load(embedder)
        output: PassagesOutput = run_passages(transcript, embedder)
        call.partial(output)

    def visual(call: Call, path: Path, info: MediaInfo, stages: tuple[Stage, ...]) -> None:
        from heimdex.indexing.stages.visual import run_visual

        engines.make_room("vision", "face_detector", "face_embedder", "reader")
        vision = engines.vision()
        detector, embedder = engines.face_detector(), engines.face_embedder()
        if Stage.VISION in stages:
            _load(vision)
        if Stage.FACES in stages:
            _load(detector, embedder)
        reader = engines.reader() if Stage.OCR in stages else None
        if reader is not None:
            _load(reader)
        for output in run_visual(
            path,
            info,
            stages,
            vision,
            detector,
            embedder,
            _report(call, info),
            settings.sample_every_ms,
            settings.threads,
            reader,
        ):
            call.partial(output)

    def redraw(
        call: Call,
        path: Path,
        info: MediaInfo,
        with_poster: bool,
        scenes_ms: tuple[int, ...],
        faces: tuple[tuple[int, Box], ...],
    ) -> Redrawn:
        from heimdex.indexing.stages import redraw as drawing

        return drawing.redraw(path, info, with_poster, scenes_ms, faces)

    return {
        "probe": probe,
        "speech": speech,
        "passages": passages,
        "visual": visual,
        "redraw": redraw,
    }


def query_methods(engines: Engines) -> dict[str, Method]:
    """Role `query`: what a search, or a picture that a person hands in, needs at once.

    Vectors for pictures and for what is seen are named by the space of scenes; frames of the same
    model and revision may be compared with them as well. `model` is the chosen one, or an earlier
    one whose vectors still answer for videos that the chosen one has not seen.
    """

    def warm(call: Call) -> None:
        """Have the towers ready, so that the first search is as quick as the next."""
        engines.text().embed(["warm"])
        engines.vision().embed_text(["warm"])

    def embed_passage_query(
        call: Call, text: str, model: str
    ) -> tuple[Space, Vector, SparseVector | None]:
        embedder = engines.text(model)
        space = _space(SpaceKind.PASSAGE, embedder)
        if isinstance(embedder, SparseTextEmbedder):
            dense, (sparse,) = embedder.embed_sparse([text])
            return space, dense[0], sparse
        return space, embedder.embed([text])[0], None

    def embed_vision_query(call: Call, text: str, model: str) -> tuple[Space, Vector]:
        embedder = engines.vision(model)
        return _space(SpaceKind.SCENE, embedder), embedder.embed_text([text])[0]

    def vision_concepts(call: Call, model: str) -> Concepts | None:
        embedder = engines.vision(model)
        return embedder.concepts() if isinstance(embedder, NamingVision) else None

    def embed_image(call: Call, path: Path, model: str) -> tuple[Space, Vector]:
        from heimdex.media.pictures import photo

        embedder = engines.vision(model)
        return _space(SpaceKind.SCENE, embedder), embedder.embed_images([photo(path)])[0]

    def faces_in_photo(call: Call, path: Path) -> list[PhotoFace]:
        from heimdex.indexing.stages.enrol import faces_in_photo

        return faces_in_photo(path, engines.face_detector(), engines.face_embedder())

    def embed_faces(call: Call, crops: list[bytes]) -> tuple[Space, Vector]:
        from heimdex.indexing.stages.enrol import embed_crops

        return embed_crops(crops, engines.face_embedder())

    return {
        "warm": warm,
        "embed_passage_query": embed_passage_query,
        "embed_vision_query": embed_vision_query,
        "vision_concepts": vision_concepts,
        "embed_image": embed_image,
        "faces_in_photo": faces_in_photo,
        "embed_faces": embed_faces,
    }


def model_methods(engines: Engines) -> dict[str, Method]:
    """Role `models`: bringing models here. Preparing them needs runtimes and much memory."""
    from heimdex.ml.delivery import adding, installation

    def plan(call: Call, ids: list[str], form: str) -> Plan:
        return installation.plan(engines.models(), ids, form)

    def install(call: Call, ids: list[str], form: str, measure: bool) -> list[str]:
        # The person was asked before, in the owner.
        said = call.partial
        installed = installation.install(engines.models(), ids, lambda _plan: True, said, form)
        if measure:
            try_to_tune(call, installed)
        return installed

    def add(call: Call, model_id: str, path: Path, measure: bool) -> str:
        added = adding.add(engines.models(), model_id, path, call.partial)
        if measure:
            try_to_tune(call, [added])
        return added

    def tune(call: Call, ids: list[str]) -> dict[str, dict[str, Chosen]]:
        return {model_id: measured(call, model_id) for model_id in ids}

    def measured(call: Call, model_id: str) -> dict[str, Chosen]:
        from heimdex.ml.acceleration.tuning import tune as find_quickest

        def report(what: str) -> None:
            call.partial(InstallProgress(model_id, Step.TUNING, 0, 0, what))

        return find_quickest(engines.models(), model_id, engines.settings.threads, report)

    def try_to_tune(call: Call, ids: Sequence[str]) -> None:
        """A model works without it, so that it is installed all the same."""
        for model_id in ids:
            try:
                measured(call, model_id)
            except UserError as error:
                _log.warning("%s", error)

    return {"plan": plan, "install": install, "add": add, "tune": tune}


ROLES: Mapping[str, Callable[[Engines], dict[str, Method]]] = {
    "index": index_methods,
    "query": query_methods,
    "models": model_methods,
}


def _report(call: Call, info: MediaInfo) -> Report:
    def report(done_ms: int) -> None:
        call.progress(min(done_ms, info.duration_ms), info.duration_ms)

    return report


def _load(*engines: Engine) -> None:
    for engine in engines:
        engine.load()
    # Reading weights takes up to twice what they need afterwards.
    give_back_memory()


def _space(kind: SpaceKind, embedder: Any) -> Space:
    return Space(kind, embedder.model_id, embedder.revision)
