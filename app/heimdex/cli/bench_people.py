"""`heimdex bench people`: how well people are told apart, grouped and recognised, and how fast.

What the figures mean is said in `people.measuring`; the faces come out of photos and clips as they
do when videos are indexed.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heimdex.cli.output import emit, note, table
from heimdex.domain.errors import HeimdexError, UserError
from heimdex.domain.faces import FaceTrack, PhotoFace
from heimdex.domain.ids import VideoId
from heimdex.domain.media import MEDIA_SUFFIXES
from heimdex.domain.stages import FacesOutput, ProbeOutput, Stage, StageRun, StageStatus
from heimdex.domain.vectors import VectorBatch

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.people.measuring import Sample

_PHOTOS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
_TRACKS_A_VIDEO = 20
_NEW_VIDEOS = 5
_DIMS = 512
"""Of made-up vectors: as many as the larger face models have."""
_PHOTO_TIMEOUT_S = 120.0


@dataclass
class _Read:
    """What was found in the files."""

    names: list[str] = field(default_factory=list)
    vectors: list[np.ndarray] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    quality: list[float] = field(default_factory=list)
    files: int = 0
    without: list[str] = field(default_factory=list)

    def add(self, label: int, vector: np.ndarray, quality: float) -> None:
        self.labels.append(label)
        self.vectors.append(vector)
        self.quality.append(quality)


def define(kinds: Any, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command = kinds.add_parser(
        "people",
        parents=[shared],
        help="how well people are told apart, grouped and recognised, and how fast",
        description="With folders of photos or clips, one folder a person: how far apart faces of "
        "one and of two people are, how good the groups are that form by themselves (over pairs "
        "and B-cubed), and how often a face gets the right name after enrolling 1, 2, 3 and 5 "
        "photos. Of a photo the largest face counts, of a clip every track: use clips that show "
        "nobody else. Without folders, and with --tracks: how long made-up tracks take to sort.",
    )
    command.add_argument(
        "folders", nargs="*", type=Path, metavar="FOLDER", help="holds a folder a person"
    )
    command.add_argument(
        "--tracks", type=int, metavar="N", help="also sort N made-up tracks (without folders 10000)"
    )
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.set_defaults(run=people_)


def people_(options: argparse.Namespace) -> int:
    """Measure and print."""
    from heimdex.bootstrap import open_library
    from heimdex.cli.machine import machine
    from heimdex.cli.session import directories
    from heimdex.config.settings import Settings

    where = directories(options)
    settings = Settings.load(where.home)
    tracks = options.tracks or (0 if options.folders else 10_000)
    document: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory(prefix="heimdex-bench-") as folder:
        place = replace(where, library=Path(folder))
        with open_library(place, settings) as library:
            document["model"] = library.people.space.key
            if options.folders:
                document |= _measure(library, _people(options.folders))
            if tracks:
                note(f"sorting {tracks} made-up tracks …")
                document["sorting"] = _sort(library, tracks)
    if options.json:
        emit(document)
    else:
        _show(document)
    return 0


def _people(folders: Sequence[Path]) -> list[tuple[str, list[Path]]]:
    """Everybody's name and files."""
    people = []
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder} is not a folder; give one that holds a folder a person.")
        for person in sorted(path for path in folder.iterdir() if path.is_dir()):
            files = [p for p in sorted(person.rglob("*")) if _suffix(p) in _PHOTOS | MEDIA_SUFFIXES]
            if files:
                people.append((person.name, files))
    if len(people) < 2:
        raise UserError("At least two people are needed: a folder with photos or clips for each.")
    return people


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def _measure(library: "Library", people: Sequence[tuple[str, Sequence[Path]]]) -> dict[str, Any]:
    from heimdex.people import measuring

    read = _Read()
    for label, (name, files) in enumerate(people):
        note(f"looking at {name} …")
        read.names.append(name)
        for file in files:
            read.files += 1
            before = len(read.labels)
            try:
                for vector, quality in _faces(library, file):
                    read.add(label, vector, quality)
            except HeimdexError as error:
                note(f"{file.name}: {error}")
            if len(read.labels) == before:
                read.without.append(f"{name}/{file.name}")
    if len(set(read.labels)) < 2:
        raise UserError("Faces of fewer than two people were found; there is nothing to compare.")
    sample = measuring.Sample(
        np.stack(read.vectors), np.array(read.labels, np.int64), np.array(read.quality, np.float32)
    )
    return {
        "people": len(read.names),
        "files": read.files,
        "faces": len(sample),
        "without_face": read.without,
        **_figures(library, sample),
    }


def _figures(library: "Library", sample: "Sample") -> dict[str, Any]:
    from heimdex.people import measuring

    thresholds = library.people.thresholds
    named = [
        asdict(found)
        for count in measuring.ENROLLED
        if (found := measuring.identification(sample, count, thresholds)) is not None
    ]
    return {
        "match": thresholds.match,
        "separation": asdict(measuring.separation(sample, thresholds.match)),
        "grouping": asdict(measuring.grouping(sample, thresholds)),
        "identification": named,
    }


def _faces(library: "Library", file: Path) -> Iterator[tuple[np.ndarray, float]]:
    """Vectors and qualities of the person in a file."""
    if _suffix(file) in _PHOTOS:
        found: list[PhotoFace] = library.query_host.call(
            "faces_in_photo", {"path": file}, list[PhotoFace], timeout_s=_PHOTO_TIMEOUT_S
        )
        if found:
            largest = max(found, key=lambda f: (f.box[2] - f.box[0]) * (f.box[3] - f.box[1]))
            yield largest.vector, largest.quality
        return
    from heimdex.indexing.engine import HostStageEngine

    engine = HostStageEngine(library.index_host)
    info = None
    for stage in (Stage.PROBE, Stage.FACES):
        for output in engine.run(file, info, [stage], None, lambda *_: None, lambda: False):
            if isinstance(output, ProbeOutput):
                info = output.info
            elif isinstance(output, FacesOutput):
                for track, vector in zip(output.tracks, output.vectors.vectors, strict=True):
                    yield vector, track.quality


def _sort(library: "Library", tracks: int) -> dict[str, Any]:
    """Sort made-up tracks of a whole library, then of single new videos."""
    from heimdex.people import measuring

    people = max(2, tracks // 33)
    total = tracks + _NEW_VIDEOS * _TRACKS_A_VIDEO
    sample = measuring.crowd(total, people, _DIMS)
    videos = -(-tracks // _TRACKS_A_VIDEO)
    for number in range(videos):
        start = number * _TRACKS_A_VIDEO
        _commit(library, sample, number, start, min(start + _TRACKS_A_VIDEO, tracks))
    began, worked = time.perf_counter(), time.process_time()
    library.people.assign_all()
    whole, whole_cpu = time.perf_counter() - began, time.process_time() - worked
    groups = len(library.people.list())
    single, cpu = [], []
    for turn in range(_NEW_VIDEOS):
        start = tracks + turn * _TRACKS_A_VIDEO
        video_id = _commit(library, sample, videos + turn, start, start + _TRACKS_A_VIDEO)
        began, worked = time.perf_counter(), time.process_time()
        library.people.assign_new(video_id)
        single.append(time.perf_counter() - began)
        cpu.append(time.process_time() - worked)
    return {
        "tracks": tracks,
        "people": people,
        "groups": groups,
        "whole_s": round(whole, 2),
        "whole_cpu_s": round(whole_cpu, 2),
        "new_video_ms": round(1000 * float(np.median(single)), 1),
        "new_video_cpu_ms": round(1000 * float(np.median(cpu)), 1),
    }


def _commit(library: "Library", sample: "Sample", number: int, start: int, end: int) -> VideoId:
    video_id = VideoId(f"{number:032x}")
    path = library.directories.library / f"{number}.mp4"
    library.catalogue.put_file(path, video_id, None, 1, 1)
    tracks = tuple(
        FaceTrack(
            i, i * 5000, i * 5000 + 4000, i * 5000 + 1000, (0.2, 0.2, 0.5, 0.6), float(quality), 9
        )
        for i, quality in enumerate(sample.quality[start:end])
    )
    batch = VectorBatch(
        sample.vectors[start:end],
        np.array([t.start_ms for t in tracks], np.int32),
        np.array([t.end_ms for t in tracks], np.int32),
    )
    output = FacesOutput(library.people.space, tracks, batch, tuple(b"" for _ in tracks))
    run = StageRun(video_id, Stage.FACES, 1, "", StageStatus.DONE, 0.0, "", 0)
    library.stages.commit(video_id, output, run)
    return video_id


def _show(document: dict[str, Any]) -> None:
    print(f"{document['machine']}\n{document['model']}\n")
    if "separation" in document:
        _show_quality(document)
    if "sorting" in document:
        done = document["sorting"]
        print(
            f"Sorting {done['tracks']} made-up tracks of {done['people']} people into "
            f"{done['groups']} groups took {done['whole_s']} s (CPU {done['whole_cpu_s']} s); "
            f"a new video with {_TRACKS_A_VIDEO} faces beside them {done['new_video_ms']} ms "
            f"(CPU {done['new_video_cpu_ms']} ms)."
        )


def _show_quality(document: dict[str, Any]) -> None:
    apart, groups = document["separation"], document["grouping"]
    print(
        f"{document['faces']} faces of {document['people']} people in {document['files']} files; "
        f"no face in {len(document['without_face'])}.\n"
    )
    pairs = [
        ("", "PAIRS", "SIMILARITY", "SPREAD", f"ACCEPTED AT {document['match']:.2f}"),
        *(
            (
                f"{what} person" if what == "same" else "two people",
                str(apart[what]),
                f"{apart[what + '_mean']:.3f}",
                f"{apart[what + '_spread']:.3f}",
                f"{apart[what + '_accepted']:.2%}",
            )
            for what in ("same", "different")
        ),
    ]
    print(table(pairs, right=frozenset({1, 2, 3, 4})))
    print(f"Parted best at {apart['best']:.2f}: {apart['best_accuracy']:.2%} right.\n")
    kinds = [
        ("GROUPS", "PRECISION", "RECALL"),
        *(
            (name, f"{groups[key + '_precision']:.3f}", f"{groups[key + '_recall']:.3f}")
            for name, key in (("over pairs", "pair"), ("B-cubed", "cubed"))
        ),
    ]
    print(table(kinds, right=frozenset({1, 2})))
    print(f"{groups['groups']} groups for {groups['people']} people.\n")
    head = ("ENROLLED WITH", "PEOPLE", "FACES TO NAME", "PRECISION", "RECALL", "STRANGERS NAMED")
    rows = [
        head,
        *(
            (
                f"{each['enrolled']} photo{'s' if each['enrolled'] > 1 else ''}",
                str(each["people"]),
                str(each["probes"]),
                f"{each['precision']:.3f}",
                f"{each['recall']:.3f}",
                "–" if each["strangers"] is None else f"{each['strangers']:.1%}",
            )
            for each in document["identification"]
        ),
    ]
    print(table(rows, right=frozenset({1, 2, 3, 4, 5})))
