"""The worker with the real engine host, real media and, where they are installed, real models."""

import base64
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_library import Library, put

import random_bge_m3
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.engines import Concepts
from heimdex.domain.errors import Cancelled, EngineFailed, MediaError, ModelUnavailable
from heimdex.domain.faces import PhotoFace
from heimdex.domain.speech import Segment, Transcript
from heimdex.domain.stages import (
    JobState,
    PassagesOutput,
    ProbeOutput,
    Progress,
    Stage,
    StageStatus,
)
from heimdex.domain.vectors import Space, SpaceKind, SparseVector
from heimdex.hosts.client import Host, Limits, configured, host_command, thread_limits
from heimdex.indexing.engine import HostStageEngine
from heimdex.indexing.worker import Worker
from media_factory import make_clip

MakeHost = Callable[..., Host]

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def make_host(home: Path) -> Iterator[MakeHost]:
    hosts: list[Host] = []

    def make(role: str, models: Path | None = None, **limits: float) -> Host:
        where = Directories.resolve()
        if models is not None:
            where = replace(where, models=models)
        settings = replace(Settings(), threads=2)
        environment = thread_limits(2) | configured({"directories": where, "settings": settings})
        host = Host(host_command(role), Limits(**limits), name=role, environment=environment)
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        host.close()


def worker_of(library: Library, host: Host) -> Worker:
    return Worker(
        library.catalogue,
        library.stages,
        library.jobs,
        HostStageEngine(host),
        lambda: library.models,
        sync=lambda: None,
        on_faces=library.sorted_faces.append,
        on_lost=lambda video_id: None,
    )


def never() -> bool:
    return False


def test_probe_in_the_host(make_host: MakeHost, videos: Path) -> None:
    clip = make_clip(videos / "odd \udcff.mp4", frames=25, audio="tone")
    engine = HostStageEngine(make_host("index"))
    [output] = engine.run(clip.path, None, [Stage.PROBE], None, lambda done, of: None, never)
    assert isinstance(output, ProbeOutput)
    assert output.info.duration_ms == pytest.approx(clip.duration_ms, abs=100)
    assert (output.info.video[0].width, len(output.info.audio)) == (clip.width, 1)
    assert output.poster.startswith(b"\xff\xd8")


def test_bad_files_keep_their_kind_of_error(make_host: MakeHost, videos: Path) -> None:
    engine = HostStageEngine(make_host("index"))
    for bad in (put(videos / "text.mp4", "no video at all\n" * 100), videos / "nothing.mp4"):
        with pytest.raises(MediaError):
            list(engine.run(bad, None, [Stage.PROBE], None, lambda done, of: None, never))


def test_without_models_the_job_waits_and_says_for_what(
    make_host: MakeHost, library: Library, videos: Path, tmp_path: Path
) -> None:
    make_clip(videos / "a.mp4", frames=30, shots=(15,), audio="tone")
    library.scanner.add([videos])
    host = make_host("index", models=tmp_path / "no models")
    report = worker_of(library, host).run(library.events.append, never)
    assert (report.paused, report.failed, report.halted) == (1, 0, "")
    [job] = library.jobs.jobs()
    assert job.state is JobState.PAUSED
    assert "whisper-base" in job.error
    # What needs no model is there all the same.
    [video] = library.catalogue.videos()
    runs = library.stages.runs(video.id)
    assert runs[Stage.PROBE].status is runs[Stage.SCENES].status is StageStatus.DONE
    assert library.stages.scenes(video.id)


def test_a_child_that_cannot_be_configured_says_so(make_host: MakeHost) -> None:
    host = Host([sys.executable, "-m", "heimdex", "--engine-host", "no such role"])
    with pytest.raises(EngineFailed, match="exit code 2"):
        host.call("probe", {"path": Path("/x")}, None)
    host.close()
    host = Host(host_command("index"))
    with pytest.raises(EngineFailed, match="exit code 1"):
        host.call("probe", {"path": Path("/x")}, None)
    host.close()


def test_queries_without_models(make_host: MakeHost, sample_media: Path, tmp_path: Path) -> None:
    host = make_host("query", models=tmp_path / "no models")
    picture = tmp_path / "x.png"
    picture.write_bytes(PIXEL)
    for method, named in (("embed_image", {"model": "effnet-lite2-use"}), ("faces_in_photo", {})):
        with pytest.raises(ModelUnavailable) as caught:
            host.call(method, {"path": picture, **named}, None)
        assert caught.value.model_id


@pytest.fixture
def sample(starter_models: Path, short_sample: Path, videos: Path) -> Path:
    shutil.copy(short_sample / "astronaut.mp4", videos)
    return videos


def test_a_real_video_goes_all_the_way_though_its_host_is_killed(
    make_host: MakeHost, library: Library, sample: Path
) -> None:
    library.scanner.add([sample])
    host = make_host("index")
    kills = [Stage.SPEECH, Stage.SCENES]

    def on_event(event: object) -> None:
        library.events.append(event)
        if isinstance(event, Progress) and event.stage in kills and event.done_ms > 0:
            kills.remove(event.stage)
            assert host.pid is not None
            os.kill(host.pid, signal.SIGKILL)

    report = worker_of(library, host).run(on_event, never)
    assert kills == []
    [job] = library.jobs.jobs()
    assert (report.done, job.error) == (1, "")
    [video] = library.catalogue.videos()
    runs = library.stages.runs(video.id)
    assert {run.status for run in runs.values()} == {StageStatus.DONE}
    assert library.stages.transcript(video.id).segments
    assert library.stages.passages(video.id)
    assert library.stages.scenes(video.id)
    assert library.stages.tracks(video.id)
    assert library.sorted_faces == [video.id]


def test_a_stop_in_the_middle_of_real_work(
    make_host: MakeHost, library: Library, sample: Path
) -> None:
    library.scanner.add([sample])
    host = make_host("index")
    stop_at: list[float] = []

    def on_event(event: object) -> None:
        if isinstance(event, Progress) and event.stage is Stage.SPEECH:
            stop_at.append(time.monotonic())

    worker = worker_of(library, host)
    worker.run(on_event, lambda: bool(stop_at))
    # About a second; all that is left to do takes many times as long.
    assert time.monotonic() - stop_at[0] < 10
    assert library.jobs.jobs()[0].state is JobState.QUEUED
    assert worker.run(library.events.append, never).done == 1


def test_real_queries(make_host: MakeHost, starter_models: Path, sample_media: Path) -> None:
    host = make_host("query")
    answer = tuple[Space, NDArray[np.float32]]
    host.call("warm", {}, type(None))

    def said(text: str) -> tuple[Space, NDArray[np.float32], None]:
        # The Starter model has learnt no weights of words.
        return host.call(
            "embed_passage_query",
            {"text": text, "model": "use-multilingual"},
            tuple[Space, NDArray[np.float32], None],
        )

    space, english, _ = said("a dog on the beach")
    _, korean, _ = said("해변의 개")
    _, other, _ = said("quarterly tax report")
    assert space.kind is SpaceKind.PASSAGE
    assert english @ english == pytest.approx(1, abs=1e-3)
    assert english @ korean > english @ other
    space, seen = host.call(
        "embed_vision_query", {"text": "a cat", "model": "effnet-lite2-use"}, answer
    )
    assert space.kind is SpaceKind.SCENE
    assert seen @ seen == pytest.approx(1, abs=1e-3)
    known = host.call("vision_concepts", {"model": "effnet-lite2-use"}, Concepts | None)
    cats = next(thing.concepts for thing in known.things if "고양이" in thing.words)
    pigs = next(thing.concepts for thing in known.things if "돼지" in thing.words)
    assert (known.directions @ seen)[list(cats)].max() > (known.directions @ seen)[list(pigs)].max()


def test_faces_of_a_photo(make_host: MakeHost, starter_models: Path, shared_media: Path) -> None:
    host = make_host("query")
    photos = shared_media / "gallery"
    faces: list[list[PhotoFace]] = [
        host.call("faces_in_photo", {"path": photos / name}, list[PhotoFace])
        for name in ("gallery_obama.jpg", "gallery_obama2.jpg", "gallery_biden.jpg")
    ]
    one, again, other = (found[0].vector for found in faces)
    assert one @ again > one @ other
    with pytest.raises(MediaError):
        host.call("faces_in_photo", {"path": shared_media / "PROVENANCE.md"}, list[PhotoFace])
    with pytest.raises(Cancelled):
        host.call(
            "faces_in_photo",
            {"path": photos / "gallery_obama.jpg"},
            list[PhotoFace],
            cancelled=lambda: True,
        )


def test_learnt_weights_cross_the_pipe(home: Path, starter_models: Path, tmp_path: Path) -> None:
    """BGE-M3 in the real hosts: passages with their weights, and a query's in the same pass."""
    store = random_bge_m3.installed(tmp_path)
    files = store.folder("bge-m3")
    random_bge_m3.write_descriptions(files, tmp_path / "manifests")
    for carried in ("whisper", "effnet"):
        (store.models_dir / carried).symlink_to(starter_models / carried)
    where = replace(
        Directories.resolve(), models=store.models_dir, manifests=tmp_path / "manifests"
    )
    settings = replace(Settings(), threads=1, text_model="bge-m3")
    environment = thread_limits(1) | configured({"directories": where, "settings": settings})
    segments = tuple(
        Segment(i, i * 9000, i * 9000 + 2000, text, ())
        for i, text in enumerate(("생일 축하합니다.", "Happy birthday to you."))
    )
    index = Host(host_command("index"), Limits(), name="index", environment=environment)
    query = Host(host_command("query"), Limits(), name="query", environment=environment)
    try:
        [output] = HostStageEngine(index).run(
            tmp_path / "none.mp4",
            None,
            [Stage.PASSAGES],
            Transcript("ko", segments),
            lambda done, of: None,
            never,
        )
        space, dense, sparse = query.call(
            "embed_passage_query",
            {"text": "Happy birthday to you.", "model": "bge-m3"},
            tuple[Space, NDArray[np.float32], SparseVector | None],
        )
    finally:
        index.close()
        query.close()
    assert isinstance(output, PassagesOutput)
    assert output.weights is not None
    assert output.space == space
    assert output.space.model == "bge-m3"
    said = int(output.weights.offsets[-2])
    assert output.passages[-1].text == "Happy birthday to you."
    np.testing.assert_array_equal(output.weights.tokens[said:], sparse.tokens)
    np.testing.assert_allclose(output.weights.weights[said:], sparse.weights, rtol=1e-3)
    np.testing.assert_allclose(output.vectors.vectors[-1], dense, atol=1e-4)
