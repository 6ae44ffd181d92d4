"""`heimdex bench search`: how long a question takes in libraries of any size, and what is missed.

The libraries are made by `synthetic`; each is built, closed, opened again and asked, embedding of
the question included. What counts as the right answer is the exact comparison with every vector.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heimdex.cli.output import emit, note, table
from heimdex.domain.errors import UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.search import Filters
from heimdex.domain.vectors import Space, Vectors
from heimdex.hosts.memory import resident_bytes
from heimdex.storage.database import FILE_NAME

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.config.directories import Directories
    from heimdex.config.settings import Settings

SIZES = ("10k", "100k")
_ROUNDS = 2
_BEST = 10
_BYTES_A_VECTOR = 3_500
"""On disk while a library is built: SQLite, its log, Chroma and the words."""

Found = set[tuple[VideoId, int]]

Case = tuple[str, Filters, int]
"""Name, filters, and how many questions of the set to ask."""


def define(kinds: Any, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command = kinds.add_parser(
        "search",
        parents=[shared],
        help="how long a question takes in libraries of any size",
        description="Build libraries of made-up videos in a temporary folder, ask them Korean and "
        "English questions, and print how long an answer takes (the embedding of the question "
        "included), how many of the ten nearest are found, and what memory and time it takes to "
        "build and to open them. A million vectors need about 4 GB of disk and half an hour.",
    )
    command.add_argument(
        "sizes", nargs="*", default=SIZES, metavar="VECTORS", help="such as 10k, 100k, 1M"
    )
    command.add_argument("--questions", type=int, default=60, metavar="N", help="default 60")
    command.add_argument("--keep", type=Path, metavar="DIR", help="build there, and keep it")
    command.add_argument("--json", action="store_true", help="one JSON object a size")
    command.set_defaults(run=search_)


def search_(options: argparse.Namespace) -> int:
    """Build, ask, print."""
    from heimdex.cli.session import directories
    from heimdex.config.settings import Settings

    here = directories(options)
    settings = Settings.load(here.home)
    documents = []
    for size in (_count(text) for text in options.sizes):
        with tempfile.TemporaryDirectory(prefix="heimdex-bench-") as temporary:
            folder = (options.keep or Path(temporary)) / f"{size}"
            where = replace(here, library=folder)
            document = measure(where, settings, size, options.questions)
        documents.append(document)
        if options.json:
            emit(document)
    if not options.json:
        _show(documents)
    return 0


def measure(
    where: "Directories", settings: "Settings", size: int, questions: int
) -> dict[str, Any]:
    """Everything about one library of about `size` vectors."""
    from heimdex.bootstrap import open_library

    building = 0.0
    if not (where.library / FILE_NAME).exists():
        building = _build(where, settings, size)
    before = resident_bytes(os.getpid()) or 0
    started = time.perf_counter()
    with open_library(where, settings) as library:
        library.towers.warm()
        warmed = time.perf_counter()
        library.index.sync(library.database)
        synced = time.perf_counter()
        asked = _questions(where.resources / "calibration" / "sentences.txt", questions)
        library.searcher.search(asked[0])
        first = time.perf_counter()
        cases = {
            name: _ask(library, asked[:count], filters)
            for name, filters, count in _cases(questions)
        }
        recall = _recall(library, asked)
        vectors = sum(library.vectors.count(space) for space in library.vectors.spaces())
        memory = (resident_bytes(os.getpid()) or 0) - before
    return {
        "vectors": vectors,
        "build_s": round(building, 1),
        "models_s": round(warmed - started, 2),
        "index_s": round(synced - warmed, 2),
        "first_s": round(first - synced, 2),
        "ms": cases,
        "recall_at_10": recall,
        "memory_mb": round(memory / 1e6),
        "disk_mb": round(_disk(where.library) / 1e6),
    }


def _build(where: "Directories", settings: "Settings", size: int) -> float:
    from heimdex.bootstrap import open_library
    from heimdex.cli import synthetic

    folder = where.library
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < size * _BYTES_A_VECTOR:
        raise UserError(
            f"A library of {size:,} vectors needs {size * _BYTES_A_VECTOR / 1e9:.1f} GB and "
            f"{folder} has {free / 1e9:.1f} GB free; name another place with --keep."
        )
    with open_library(where, settings) as library:
        sentences = where.resources / "calibration" / "sentences.txt"
        made_of = synthetic.material(library.towers, sentences)
        started = time.perf_counter()
        synthetic.fill(library, made_of, size, _progress("adding videos"))
        library.index.sync(library.database, _progress("filling the index"))
        return time.perf_counter() - started


def _cases(questions: int) -> list[Case]:
    from heimdex.cli import synthetic

    middle = synthetic.recorded_at(0) + 1825 * 86_400
    return [
        ("everything", Filters(), questions),
        ("one folder in ten", Filters(folder=synthetic.folder_of(3)), questions),
        ("half of the years", Filters(before=middle), questions),
    ]


def _questions(sentences: Path, count: int) -> list[str]:
    """Parts of the sentences that the library is made of, Korean and English in turns."""
    lines = sentences.read_text(encoding="utf-8").splitlines()
    texts = [line for line in lines if len(line.split()) >= 4 and not line.startswith("#")]
    random = np.random.default_rng(1)
    chosen = random.permutation(len(texts))[:count]
    return [" ".join(texts[i].rstrip(".?!").split()[:6]) for i in chosen]


def _ask(library: "Library", asked: Sequence[str], filters: Filters) -> dict[str, float]:
    """Milliseconds of a search at the median, 95 % and 99 %."""
    times = []
    for _ in range(_ROUNDS):
        for text in asked:
            started = time.perf_counter()
            library.searcher.search(text, filters)
            times.append((time.perf_counter() - started) * 1000)
    return {f"p{p}": round(float(np.percentile(times, p)), 1) for p in (50, 95, 99)}


def _recall(library: "Library", asked: Sequence[str]) -> dict[str, float]:
    """Of the ten nearest vectors by exact comparison, the share that search looks at."""
    from heimdex.search.nearest import best_rows, nearest
    from heimdex.search.sight import Sight

    towers, vectors, index = library.towers, library.vectors, library.index
    sight = Sight(vectors, index)

    def passages(query: Vectors) -> Found:
        near = nearest(vectors, index, towers.passage_space, query, _BEST)
        return {(each.video_id, each.index) for each in near}

    def frames(query: Vectors) -> Found:
        looked = sight.frames(towers.frame_space, towers.scene_space, query, None)
        best = best_rows(looked.similarity(query), _BEST)
        rows = best if looked.rows is None else looked.rows[best]
        compact = looked.compact
        return {(compact.videos[compact.owner[r]], int(compact.index[r])) for r in rows}

    return {
        "passages": _share(library, towers.passage_space, map(towers.passage, asked), passages),
        "frames": _share(library, towers.frame_space, map(towers.vision, asked), frames),
    }


def _share(
    library: "Library", space: Space, queries: Iterable[Vectors], find: Callable[[Vectors], Found]
) -> float:
    shares = []
    for query in queries:
        truth = library.vectors.exactly(space, query, _BEST)
        best = {(each.video_id, each.index) for each in truth}
        shares.append(len(best & find(query)) / max(1, len(best)))
    return round(float(np.mean(shares)), 4)


def _progress(what: str) -> Callable[[int, int], None]:
    said = [0.0]

    def report(done: int, total: int) -> None:
        if time.monotonic() - said[0] > 10:
            said[0] = time.monotonic()
            note(f"  {what}: {done:,} of {total:,}")

    return report


def _count(text: str) -> int:
    """10k, 1M or a plain number."""
    factor = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    try:
        count = int(float(text[:-1] if factor > 1 else text) * factor)
    except ValueError:
        count = 0
    if count < 1:
        raise UserError(f"{text!r} is no number of vectors; say for example 10k, 100k or 1M.")
    return count


def _disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _show(documents: Sequence[dict[str, Any]]) -> None:
    rows = [("VECTORS", "ASKED", "P50 MS", "P95", "P99")]
    for document in documents:
        for name, ms in document["ms"].items():
            rows.append(
                (f"{document['vectors']:,}", name, *(f"{ms[p]:.1f}" for p in ("p50", "p95", "p99")))
            )
    print(table(rows, right=frozenset({0, 2, 3, 4})))
    print()
    head = (
        "VECTORS",
        "RECALL SAID",
        "SEEN",
        "MEMORY MB",
        "DISK MB",
        "BUILD S",
        "OPEN S",
        "FIRST S",
    )
    rows_: list[tuple[str, ...]] = [head]
    for document in documents:
        recall = document["recall_at_10"]
        rows_.append(
            (
                f"{document['vectors']:,}",
                f"{recall['passages']:.3f}",
                f"{recall['frames']:.3f}",
                f"{document['memory_mb']}",
                f"{document['disk_mb']}",
                f"{document['build_s']:.0f}",
                f"{document['index_s']:.2f}",
                f"{document['first_s']:.2f}",
            )
        )
    print(table(rows_, right=frozenset(range(8))))
