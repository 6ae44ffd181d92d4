import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import storage_samples
from storage_samples import FRAMES, PASSAGES, SCENES, passages, run, scenes, video_id, vision

from heimdex.domain.ids import VideoId
from heimdex.domain.stages import PassagesOutput, Stage
from heimdex.domain.vectors import Space, SpaceKind, VectorBatch
from heimdex.storage import outbox
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.chroma import FOLDER_NAME, IndexNotReady, VectorIndex
from heimdex.storage.database import FILE_NAME, Database
from heimdex.storage.index_entries import collection_name
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore


@pytest.fixture
def index(library: Path) -> Iterator[VectorIndex]:
    opened = VectorIndex(library / FOLDER_NAME)
    yield opened
    opened.close()


@pytest.fixture
def filled(stages: StageStore, three_videos: list[VideoId]) -> list[VideoId]:
    for number in (1, 2, 3):
        texts = [f"{number} {i}" for i in range(10 * number)]
        stages.commit(video_id(number), passages(*texts, seed=number), run(number, Stage.PASSAGES))
        stages.commit(video_id(number), scenes(4), run(number, Stage.SCENES))
        stages.commit(video_id(number), vision(4, 30, number), run(number, Stage.VISION))
    return three_videos


def told(database: Database) -> int:
    return len(outbox.pending(database, None)[0])


def agrees(index: VectorIndex, database: Database) -> bool:
    """Whether the index answers as exact search does, for every stored passage."""
    matrix = VectorStore(database).matrix(PASSAGES)
    for row in range(0, len(matrix), 7):
        exact = matrix.neighbours(matrix.vectors[row], 3)
        near = index.query(PASSAGES, matrix.vectors[row], 3)
        if [(n.video_id, n.index, n.start_ms, n.end_ms) for n in near] != [
            (n.video_id, n.index, n.start_ms, n.end_ms) for n in exact
        ]:
            return False
        if any(abs(a.similarity - b.similarity) > 1e-3 for a, b in zip(near, exact, strict=True)):
            return False
    return len(matrix) > 0


def test_what_is_committed_is_found(
    index: VectorIndex, database: Database, filled: list[VideoId]
) -> None:
    assert not index.ready
    with pytest.raises(IndexNotReady):
        index.query(PASSAGES, np.ones(16, np.float32), 3)
    assert index.sync(database) == 6  # passages and scenes of three videos, never frames
    assert index.ready
    assert agrees(index, database)
    assert index.verify(database) == []
    assert told(database) == 0
    query = np.ones(16, np.float32) / 4
    assert index.query(FRAMES, query, 3) == []
    assert index.query(Space(SpaceKind.FACE, "none", "1"), query, 3) == []
    assert len(index.query(SCENES, query, 100)) == 12
    assert index.query(SCENES, query, 0) == []


def test_an_empty_library_is_ready(index: VectorIndex, database: Database) -> None:
    assert index.sync(database) == 0
    assert index.ready
    assert index.verify(database) == []


def test_replaced_and_forgotten_vectors_go(
    index: VectorIndex,
    database: Database,
    stages: StageStore,
    catalogue: Catalogue,
    filled: list[VideoId],
) -> None:
    index.sync(database)
    stages.commit(filled[2], passages("only", "two", seed=77), run(3, Stage.PASSAGES))
    catalogue.remove_video(filled[0])
    assert index.sync(database) == 3
    assert index.verify(database) == []
    assert agrees(index, database)
    near = index.query(PASSAGES, np.ones(16, np.float32) / 4, 100)
    assert {n.video_id for n in near} == {filled[1], filled[2]}
    assert len(near) == 22


def test_tombstones_wait_until_they_are_sent(
    index: VectorIndex, database: Database, catalogue: Catalogue, filled: list[VideoId]
) -> None:
    index.sync(database)
    index.close()
    catalogue.remove_video(filled[0])
    assert told(database) == 2
    again = VectorIndex(database.directory / FOLDER_NAME)
    assert again.sync(database) == 2
    assert again.verify(database) == []
    again.close()


def test_a_space_without_vectors_goes_as_a_whole(
    index: VectorIndex, database: Database, filled: list[VideoId]
) -> None:
    index.sync(database)
    VectorStore(database).drop(PASSAGES)
    index.sync(database)
    assert PASSAGES.key not in index._collections
    assert index.query(PASSAGES, np.ones(16, np.float32), 3) == []
    assert index.verify(database) == []
    assert told(database) == 0


def test_a_rebuild_equals_the_original(
    index: VectorIndex, database: Database, filled: list[VideoId]
) -> None:
    index.sync(database)
    matrix = VectorStore(database).matrix(PASSAGES)
    before = [index.query(PASSAGES, vector, 10) for vector in matrix.vectors]
    steps: list[tuple[int, int]] = []
    assert index.rebuild(database, lambda done, total: steps.append((done, total))) == 6
    assert steps[-1] == (6, 6)
    assert [index.query(PASSAGES, vector, 10) for vector in matrix.vectors] == before
    assert index.verify(database) == []


def damage_catalogue(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_bytes(b"nonsense" * 2000)


def remove_catalogue(folder: Path) -> None:
    (folder / "chroma.sqlite3").unlink()


def empty_folder(folder: Path) -> None:
    for file in sorted(folder.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()


def lose_the_mark(folder: Path) -> None:
    folder.with_name(folder.name + ".json").unlink()


def never_opened(folder: Path) -> None:
    mark = folder.with_name(folder.name + ".json")
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "opening": 3}))


def crashed_while_opening(folder: Path) -> None:
    folder.with_name(folder.name + ".crash").write_text("Fatal Python error: Segmentation fault")


def from_another_library(folder: Path) -> None:
    mark = folder.with_name(folder.name + ".json")
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "library": "other"}))


def lose_vectors(folder: Path) -> None:
    with sqlite3.connect(folder / "chroma.sqlite3") as connection:
        connection.execute("DELETE FROM embeddings WHERE id IN (SELECT id FROM embeddings LIMIT 5)")
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        damage_catalogue,
        remove_catalogue,
        empty_folder,
        lose_the_mark,
        never_opened,
        crashed_while_opening,
        from_another_library,
        lose_vectors,
    ],
)
def test_a_damaged_index_is_rebuilt_at_the_start(
    library: Path, database: Database, filled: list[VideoId], damage: object
) -> None:
    first = VectorIndex(library / FOLDER_NAME)
    first.sync(database)
    first.close()
    damage(library / FOLDER_NAME)  # type: ignore[operator]
    second = VectorIndex(library / FOLDER_NAME)
    assert second.sync(database) == 6  # all of it was told again
    assert second.ready
    assert agrees(second, database)
    assert second.verify(database) == []
    second.close()


@pytest.mark.parametrize("attempts", [1, 2, True])
def test_an_opening_that_was_killed_costs_no_rebuild(
    library: Path, database: Database, filled: list[VideoId], attempts: int
) -> None:
    first = VectorIndex(library / FOLDER_NAME)
    first.sync(database)
    first.close()
    mark = library / f"{FOLDER_NAME}.json"
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "opening": attempts}))
    second = VectorIndex(library / FOLDER_NAME)
    assert second.sync(database) == 0
    assert second.ready
    assert agrees(second, database)
    assert json.loads(mark.read_text())["opening"] == 0
    second.close()


def test_every_library_has_an_index_and_only_a_large_one_asks_it(
    library: Path, database: Database, stages: StageStore, filled: list[VideoId]
) -> None:
    # 30 frames of each of three videos, 16 numbers each, are the largest space here.
    for asked_from, large in ((90 * 16 + 1, False), (90 * 16, True)):
        index = VectorIndex(library / FOLDER_NAME, asked_from)
        assert index.serves(90 * 16) is large
        index.sync(database)
        assert index.ready
        assert index.verify(database) == []
        index.close()
        again = VectorIndex(library / FOLDER_NAME, asked_from)
        again.sync_soon(database)
        # Opened at leisure where it will be asked; elsewhere not before there is something to tell.
        assert (again._thread is not None) is large
        again.close()


def test_it_is_filled_in_the_background(
    index: VectorIndex,
    library: Path,
    database: Database,
    filled: list[VideoId],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_go_on, begun = threading.Event(), threading.Event()
    tell = VectorIndex._tell

    def slowly(self: VectorIndex, database: Database, entries: list[outbox.Pending]) -> None:
        begun.set()
        assert may_go_on.wait(60)
        tell(self, database, entries)

    monkeypatch.setattr(VectorIndex, "_tell", slowly)
    index.sync_soon(database)
    assert begun.wait(60)
    with pytest.raises(IndexNotReady):
        index.query(PASSAGES, np.ones(16, np.float32) / 4, 3)
    index.sync_soon(database)  # asked again meanwhile: another round, not another thread
    filling = index._thread
    may_go_on.set()
    assert filling is not None
    filling.join(60)
    assert index.ready
    assert agrees(index, database)
    index.sync_soon(database)
    index.close()  # waits for the thread
    assert index._thread is None
    assert told(database) == 0


@pytest.mark.parametrize("file", ["header.bin", "data_level0.bin", "index_metadata.pickle"])
def test_lost_files_of_a_large_space_are_noticed(
    library: Path, database: Database, stages: StageStore, three_videos: list[VideoId], file: str
) -> None:
    """Chroma still counts all vectors then; without the metadata it silently finds a few."""
    texts = [str(i) for i in range(1500)]
    stages.commit(three_videos[0], passages(*texts), run(1, Stage.PASSAGES))
    first = VectorIndex(library / FOLDER_NAME)
    first.sync(database)
    first.close()
    [lost] = (library / FOLDER_NAME).glob(f"*/{file}")
    lost.unlink()
    second = VectorIndex(library / FOLDER_NAME)
    assert second.sync(database) == 1
    assert len(second.query(PASSAGES, np.ones(16, np.float32) / 4, 50)) == 50
    second.close()


def test_missing_vectors_are_reported(
    index: VectorIndex, database: Database, filled: list[VideoId]
) -> None:
    index.sync(database)
    index._collections[PASSAGES.key].delete(ids=[f"{filled[1]}:4"])
    index._collections[SCENES.key].upsert(ids=["stray:0"], embeddings=[np.ones(16, np.float32)])
    assert index.verify(database) == [
        f"{PASSAGES.key}: 1 vectors are not in the index",
        f"{SCENES.key}: 1 vectors in the index do not exist",
    ]
    index.rebuild(database)
    assert index.verify(database) == []


def test_what_still_waits_to_be_told_is_no_damage(
    index: VectorIndex, database: Database, stages: StageStore, filled: list[VideoId]
) -> None:
    index.sync(database)
    # Scenes of one video more, and all of a space that the index knows nothing of.
    stages.commit(filled[0], scenes(9), run(1, Stage.SCENES))
    assert told(database)
    assert index.verify(database) == []
    index._collections[PASSAGES.key].delete(ids=[f"{filled[1]}:4"])
    assert index.verify(database) == [f"{PASSAGES.key}: 1 vectors are not in the index"]
    index.rebuild(database)
    outbox.refill(database)
    index._collections[SCENES.key].delete(ids=index._collections[SCENES.key].get()["ids"])
    assert index.verify(database) == []


def test_names_satisfy_chroma_and_differ() -> None:
    import re

    keys = [PASSAGES.key, SCENES.key, "scene/한글 모델/1", "passage/" + "x" * 600 + "/2"]
    names = [collection_name(key) for key in keys]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]", n) for n in names)


def test_chroma_is_imported_at_first_use_only(library: Path) -> None:
    code = (
        "import sys\n"
        "from heimdex.storage.chroma import VectorIndex\n"
        "from pathlib import Path\n"
        f"VectorIndex(Path({str(library / FOLDER_NAME)!r})).close()\n"
        "assert not any(m.split('.')[0] == 'chromadb' for m in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_queries_go_on_while_stages_are_committed_and_told(
    index: VectorIndex, database: Database, stages: StageStore, filled: list[VideoId]
) -> None:
    index.sync(database)
    failures: list[BaseException] = []
    stop = threading.Event()

    def search() -> None:
        query = np.ones(16, np.float32) / 4
        while not stop.is_set():
            try:
                index.query(SCENES, query, 5)
                index.query(PASSAGES, query, 5)
            except BaseException as error:  # noqa: BLE001 - whatever it is fails the test
                failures.append(error)
                return

    thread = threading.Thread(target=search)
    thread.start()
    for seed in range(10):
        texts = [f"{seed} {i}" for i in range(5 + seed)]
        stages.commit(
            filled[seed % 3], passages(*texts, seed=seed), run(seed % 3 + 1, Stage.PASSAGES)
        )
        index.sync(database)
    stop.set()
    thread.join()
    assert failures == []
    assert index.verify(database) == []


def test_closing_during_a_rebuild_loses_nothing(
    library: Path, database: Database, filled: list[VideoId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heimdex.storage.chroma._CHUNK", 5)
    index = VectorIndex(library / FOLDER_NAME)
    index.sync(database)
    begun = threading.Event()

    def report(done: int, total: int) -> None:
        begun.set()
        index._closing = True  # as close() does before it waits

    index.rebuild(database, report)
    assert not index.ready
    index.close()
    assert told(database) > 0
    again = VectorIndex(library / FOLDER_NAME)
    again.sync(database)
    assert again.verify(database) == []
    again.close()


def test_recall_on_clustered_vectors(
    index: VectorIndex, database: Database, stages: StageStore, catalogue: Catalogue
) -> None:
    """Recall@10 against exact search; real embeddings gather around topics as these do."""
    rng = np.random.default_rng(7)
    centres = rng.normal(size=(40, 128))

    def around(count: int) -> np.ndarray:
        points = centres[rng.integers(len(centres), size=count)]
        points = points + 0.6 * rng.normal(size=points.shape)
        return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)

    for number in range(10):
        catalogue.put_file(database.directory / f"{number}.mp4", video_id(number), None, 1, 1)
        output = passages(*[f"{number} {i}" for i in range(200)])
        start = output.vectors.start_ms
        stages.commit(
            video_id(number),
            PassagesOutput(PASSAGES, output.passages, VectorBatch(around(200), start, start + 1)),
            run(number, Stage.PASSAGES),
        )
    index.sync(database)
    matrix = VectorStore(database).matrix(PASSAGES)
    recalled = []
    for query in around(100):
        exact = {(n.video_id, n.index) for n in matrix.neighbours(query, 10)}
        near = {(n.video_id, n.index) for n in index.query(PASSAGES, query, 10)}
        recalled.append(len(exact & near) / 10)
    assert np.mean(recalled) >= 0.98


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
@pytest.mark.parametrize("after", [1, 4])
def test_kill_nine_between_commit_and_push(
    library: Path, database: Database, stages: StageStore, catalogue: Catalogue, after: int
) -> None:
    for number in range(12):
        catalogue.put_file(library / f"{number}.mp4", video_id(number), None, 1, 1)
        texts = [f"{number} {i}" for i in range(15)]
        stages.commit(video_id(number), passages(*texts, seed=number), run(number, Stage.PASSAGES))
    database.close()
    program = [sys.executable, storage_samples.__file__, "sync", str(library)]
    child = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for _ in range(after):
        assert child.stdout.readline().strip().isdigit()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()

    reopened = Database.open(library / FILE_NAME)
    assert 0 < told(reopened) < 12
    index = VectorIndex(library / FOLDER_NAME)
    index.sync(reopened)
    assert index.verify(reopened) == []
    assert agrees(index, reopened)
    index.close()
    reopened.close()


@pytest.mark.skipif(os.name == "nt", reason="reads the end of a crashed process")
def test_files_that_crash_the_process_do_so_once(
    library: Path, database: Database, stages: StageStore, three_videos: list[VideoId]
) -> None:
    """Chroma walks a graph of random numbers out of its memory: the process may just end."""
    stages.commit(three_videos[0], passages(*map(str, range(1500))), run(1, Stage.PASSAGES))
    first = VectorIndex(library / FOLDER_NAME)
    first.sync(database)
    first.close()
    [graph] = (library / FOLDER_NAME).glob("*/data_level0.bin")
    graph.write_bytes(np.random.default_rng(3).bytes(graph.stat().st_size))
    database.close()

    program = [sys.executable, storage_samples.__file__, "sync", str(library)]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        while child.stdout.readline() not in ("", "synced\n"):
            pass  # until it has crashed or has noticed by itself and rebuilt
        child.kill()

    reopened = Database.open(library / FILE_NAME)
    second = VectorIndex(library / FOLDER_NAME)
    second.sync(reopened)
    assert second.verify(reopened) == []
    assert len(second.query(PASSAGES, np.ones(16, np.float32) / 4, 50)) == 50
    second.close()
    reopened.close()


def test_a_missing_chroma_is_said_and_not_taken_for_a_damaged_index(
    index: VectorIndex,
    library: Path,
    database: Database,
    filled: list[VideoId],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index.sync(database)
    index.close()
    kept = sorted(path.name for path in (library / FOLDER_NAME).iterdir())
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "chromadb", None)
        with pytest.raises(ImportError, match="chromadb"):
            index.sync(database)
    assert not index.ready
    assert sorted(path.name for path in (library / FOLDER_NAME).iterdir()) == kept
    assert index.sync(database) == 0
    assert index.ready
