"""`heimdex bench search`: how long a question takes in libraries of any size, and what is missed.

The libraries are made by `synthetic`; each is built, closed, opened again and asked, embedding of
the question included. What counts as the right answer is the exact comparison with every vector.
Smaller libraries have no vector index; `--index` asks with one nevertheless, beside.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heimdex.cli.output import emit, note, table
from heimdex.domain.errors import Cancelled, UserError
from heimdex.domain.ids import VideoId
from heimdex.domain.search import Filters
from heimdex.domain.vectors import Space, SpaceKind, Vectors
from heimdex.hosts.memory import resident_bytes
from heimdex.storage.database import FILE_NAME

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.config.directories import Directories
    from heimdex.config.settings import Settings

SIZES = ("10k", "100k")
_ROUNDS = 2
_BEST = 10
_READ = 100
"""Videos whose vectors are compared exactly at a time."""
_UNTIL = 10
"""A search is given up at so many moments, spread over the time that it takes."""
_BYTES_A_VECTOR = 3_500
"""On disk while a library is built: SQLite, its log, Chroma and the words."""

_HEAD = (
    "VECTORS",
    "RECALL SAID",
    "SEEN",
    "GIVEN UP MS",
    "MEMORY MB",
    "DISK MB",
    "BUILD S",
    "OPEN S",
    "FIRST S",
)

Found = set[tuple[VideoId, int]]

Truth = dict[SpaceKind, list[Found]]
"""The nearest vectors of each question."""

Case = tuple[str, Filters]


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
    command.add_argument(
        "--index",
        action="store_true",
        help="ask with a vector index as well, however small the library: filling one takes about "
        "a minute for 50,000 vectors",
    )
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
            document = measure(where, settings, size, options.questions, by_index=options.index)
        documents.append(document)
        if options.json:
            emit(document)
    if not options.json:
        _show(documents)
    return 0


def measure(
    where: "Directories",
    settings: "Settings",
    size: int,
    questions: int,
    *,
    by_index: bool = False,
) -> dict[str, Any]:
    """Everything about one library of about `size` vectors."""
    from heimdex.bootstrap import open_library

    building = 0.0
    if not (where.library / FILE_NAME).exists():
        building = _build(where, settings, size)
    asked = _questions(where.resources / "calibration" / "sentences.txt", questions)
    before = resident_bytes(os.getpid()) or 0
    started = time.perf_counter()
    with open_library(where, settings) as library:
        opened = time.perf_counter()
        library.towers.warm()
        warmed = time.perf_counter()
        if not all(library.vectors.has(space) for space, _ in _spaces(library)):
            raise UserError(
                f"The library in {where.library} was made with other models than are chosen now; "
                "delete it, or choose them."
            )
        checked = time.perf_counter()
        library.searcher.search(asked[0])
        first = time.perf_counter()
        cases = {name: _ask(library, asked, filters) for name, filters in _cases()}
        given_up = _give_up(library, asked, cases["everything"]["p50"])
        memory = (resident_bytes(os.getpid()) or 0) - before
        truth = {
            space.kind: _truth(library, space, np.stack([embed(text) for text in asked]))
            for space, embed in _spaces(library)
        }
        recall = _recall(library, asked, truth)
        vectors = sum(library.vectors.count(space) for space in library.vectors.spaces())
    document: dict[str, Any] = {
        "vectors": vectors,
        "build_s": round(building, 1),
        "open_s": round(opened - started, 2),
        "models_s": round(warmed - opened, 2),
        "first_s": round(first - checked, 2),
        "ms": cases,
        "given_up_ms": given_up,
        "recall_at_10": recall,
        "memory_mb": round(memory / 1e6),
        "disk_mb": round(_disk(where.library) / 1e6),
    }
    if by_index:
        document["index"] = _with_index(where, settings, asked, truth)
    return document


def _with_index(
    where: "Directories", settings: "Settings", asked: Sequence[str], truth: Truth
) -> dict[str, Any]:
    """The same library asked with an index, which is filled where it is not there yet."""
    from heimdex.bootstrap import open_library

    with open_library(where, settings, index_from=0) as library:
        library.towers.warm()
        library.searcher.search(asked[0])
        before = resident_bytes(os.getpid()) or 0
        started = time.perf_counter()
        told = library.index.sync(library.database, _progress("filling the index"))
        synced = time.perf_counter()
        ms = _ask(library, asked, Filters())
        return {
            "filled" if told else "opened": round(synced - started, 2),
            "ms": ms,
            "recall_at_10": _recall(library, asked, truth),
            "memory_mb": round(((resident_bytes(os.getpid()) or 0) - before) / 1e6),
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
        # The first search makes the compact copies.
        library.searcher.search(made_of.texts[0])
        return time.perf_counter() - started


def _cases() -> list[Case]:
    from heimdex.cli import synthetic

    middle = synthetic.recorded_at(0) + 1825 * 86_400
    return [
        ("everything", Filters()),
        ("one folder in ten", Filters(folder=synthetic.folder_of(3))),
        ("half of the years", Filters(before=middle)),
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


def _give_up(library: "Library", asked: Sequence[str], usual_ms: float) -> dict[str, float]:
    """Milliseconds until a search ends after a keystroke, at any moment of it."""
    times = []
    for number, text in enumerate(asked):
        wanted = time.perf_counter() + usual_ms / 1000 * (number % _UNTIL + 0.5) / _UNTIL

        def is_wanted(at: float = wanted) -> bool:
            return time.perf_counter() >= at

        try:
            library.searcher.search(text, cancelled=is_wanted)
        except Cancelled:
            times.append((time.perf_counter() - wanted) * 1000)
    # A search that was quicker than usual has ended before.
    return {f"p{p}": round(float(np.percentile(times or [0.0], p)), 1) for p in (50, 95)}


def _spaces(library: "Library") -> list[tuple[Space, Callable[[str], Vectors]]]:
    towers = library.towers
    return [(towers.passage_space, towers.passage), (towers.frame_space, towers.vision)]


def _truth(library: "Library", space: Space, queries: Vectors) -> list[Found]:
    """The ten nearest vectors of each of the queries (q, d), every stored one compared."""
    best: list[list[tuple[float, VideoId, int]]] = [[] for _ in queries]
    videos = sorted(library.vectors.videos(space))
    for at in range(0, len(videos), _READ):
        matrix = library.vectors.matrix(space, videos[at : at + _READ])
        for found, query in zip(best, queries, strict=True):
            near = matrix.neighbours(query, _BEST)
            found += [(each.similarity, each.video_id, each.index) for each in near]
            found.sort(reverse=True)
            del found[_BEST:]
    return [{(video_id, index) for _, video_id, index in found} for found in best]


def _recall(library: "Library", asked: Sequence[str], truth: Truth) -> dict[str, float]:
    """Of the ten nearest by exact comparison, the share that are the ten nearest for search."""
    from heimdex.search.nearest import best_rows, nearest
    from heimdex.search.sight import Sight

    towers, vectors, index = library.towers, library.vectors, library.index
    sight = Sight(vectors, index)

    def passages(query: Vectors) -> Found:
        near = nearest(vectors, index, towers.passage_space, query, _BEST)
        return {(each.video_id, each.index) for each in near}

    def frames(query: Vectors) -> Found:
        looked = sight.frames(towers.frame_space, towers.scene_space, query)
        rows = looked.rows[best_rows(looked.similarity, _BEST)].tolist()
        near = [looked.compact.neighbour(row, 0.0) for row in rows]
        return {(each.video_id, each.index) for each in near}

    shares: dict[str, float] = {}
    for (space, embed), find in zip(_spaces(library), (passages, frames), strict=True):
        pairs = zip(truth[space.kind], asked, strict=True)
        found = [len(best & find(embed(text))) / max(1, len(best)) for best, text in pairs]
        shares[f"{space.kind}s"] = round(float(np.mean(found)), 4)
    return shares


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
    rows: list[tuple[str, ...]] = [("VECTORS", "ASKED", "P50 MS", "P95", "P99")]
    for document in documents:
        cases = dict(document["ms"])
        if "index" in document:
            cases["everything, by index"] = document["index"]["ms"]
        for name, ms in cases.items():
            rows.append(
                (f"{document['vectors']:,}", name, *(f"{ms[p]:.1f}" for p in ("p50", "p95", "p99")))
            )
    print(table(rows, right=frozenset({0, 2, 3, 4})))
    print()
    rows = [_HEAD]
    for document in documents:
        recall = document["recall_at_10"]
        rows.append(
            (
                f"{document['vectors']:,}",
                f"{recall['passages']:.3f}",
                f"{recall['frames']:.3f}",
                f"{document['given_up_ms']['p95']:.1f}",
                f"{document['memory_mb']}",
                f"{document['disk_mb']}",
                f"{document['build_s']:.0f}",
                f"{document['open_s']:.2f}",
                f"{document['first_s']:.2f}",
            )
        )
        if "index" in document:
            rows.append(_index_row(document["index"]))
    print(table(rows, right=frozenset(range(len(_HEAD)))))


def _index_row(index: dict[str, Any]) -> tuple[str, ...]:
    recall = index["recall_at_10"]
    return (
        "by index",
        f"{recall['passages']:.3f}",
        f"{recall['frames']:.3f}",
        "",
        f"+{index['memory_mb']}",
        "",
        f"{index['filled']:.0f}" if "filled" in index else "",
        f"{index['opened']:.2f}" if "opened" in index else "",
        "",
    )
