"""`heimdex status`: what is in the library, what is done and what waits.

Only counts; nothing is looked at anew.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heimdex.cli.output import clock, counted, emit, plain, seconds, size, table
from heimdex.cli.session import opened
from heimdex.domain.media import FileState
from heimdex.domain.stages import JobState, Stage, StageStatus

if TYPE_CHECKING:
    from heimdex.bootstrap import Library

_EARLIER = " (an earlier model; it answers for {} not yet indexed with the chosen one)"
_LISTED = 20
"""So many videos are listed without being asked for."""


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = "What is in the library, what is indexed, what waits and what failed."
    command.add_argument("--json", action="store_true", help="one JSON object")
    command.add_argument("--all", action="store_true", help="list every video")
    command.set_defaults(run=status)


def status(options: argparse.Namespace) -> int:
    """Print how the library stands."""
    with opened(options) as library:
        document = describe(library)
    if options.json:
        emit(document)
    else:
        show(document, everything=options.all)
    return 0


def describe(library: "Library") -> dict[str, Any]:
    """The JSON shape of the status."""
    from heimdex.storage.lexicon import OCR_LINES

    videos = library.catalogue.videos()
    states = Counter(video.state for video in videos)
    runs = library.stages.all_runs()
    jobs = {job.video_id: job for job in library.jobs.jobs()}
    everybody = library.people.list()
    stages: dict[str, dict[str, int]] = {}
    for stage in Stage:
        of_stage = [runs.get(video.id, {}).get(stage) for video in videos]
        counts = Counter("missing" if run is None else str(run.status) for run in of_stage)
        stages[str(stage)] = {key: counts[key] for key in (*StageStatus, "missing")}
    return {
        "library": str(library.directories.library),
        "videos": {"total": len(videos)} | {str(s): states[s] for s in FileState},
        "duration_s": seconds(sum(video.duration_ms for video in videos)),
        "folders": [
            {"path": str(f.path), "watched": f.watched, "state": str(f.state)}
            for f in library.catalogue.folders()
        ],
        "jobs": {str(state): count for state, count in library.jobs.counts().items()},
        "stages": stages,
        "spaces": [
            {
                "space": space.key,
                "vectors": library.vectors.count(space),
                "videos": len(library.vectors.videos(space)),
                "earlier": library.towers.is_earlier(space),
            }
            for space in library.vectors.spaces()
        ],
        "lines_on_screen": library.lexicon.beside(OCR_LINES).state()[0],
        "people": {
            "named": sum(person.name is not None for person in everybody),
            "unnamed": sum(person.name is None for person in everybody),
        },
        "bytes": disk_use(library.directories.library),
        "files": [
            {
                "video": str(video.path),
                "id": video.id,
                "state": str(video.state),
                "duration_s": seconds(video.duration_ms),
                "job": str(jobs[video.id].state) if video.id in jobs else None,
                "error": jobs[video.id].error if video.id in jobs else "",
                "stages": {
                    str(stage): str(run.status) for stage, run in runs.get(video.id, {}).items()
                },
            }
            for video in videos
        ],
    }


def disk_use(library: Path) -> dict[str, int]:
    """Bytes by what they are for: the first part of the name inside the library's folder."""
    use: dict[str, int] = {}
    for path in library.rglob("*"):
        if path.is_file():
            part = path.relative_to(library).parts[0]
            kind = "database" if part.startswith("library.") else part
            use[kind] = use.get(kind, 0) + path.stat().st_size
    return use | {"total": sum(use.values())}


def show(document: dict[str, Any], *, everything: bool) -> None:
    """The status for a person."""
    videos, jobs = document["videos"], document["jobs"]
    away = [f"{videos[s]} {s}" for s in (FileState.OFFLINE, FileState.MISSING) if videos[s]]
    print(f"Library   {document['library']}, {size(document['bytes']['total'])}")
    long = clock(round(document["duration_s"] * 1000))
    print(f"Videos    {', '.join([str(videos['total']), *away])}; {long} in all")
    for folder in document["folders"]:
        notes = [] if folder["watched"] else ["not watched"]
        notes += [] if folder["state"] == FileState.ONLINE else [folder["state"]]
        print(f"Folder    {plain(folder['path'])}{' (' + ', '.join(notes) + ')' if notes else ''}")
    waiting = [f"{jobs[s]} {s}" for s in JobState if jobs[s] and s is not JobState.DONE]
    print(f"Queue     {', '.join(waiting) or 'empty'}")
    people = document["people"]
    print(f"People    {people['named']} named, {people['unnamed']} not named")
    print(f"On screen {counted(document['lines_on_screen'], 'line')} of text")
    for space in document["spaces"]:
        note = _EARLIER.format(counted(space["videos"], "video")) if space["earlier"] else ""
        print(f"Vectors   {space['space']}: {space['vectors']}{note}")
    files = document["files"]
    if not files:
        print("\nAdd videos with `heimdex add PATH`.")
        return
    listed = files if everything else files[:_LISTED]
    # Cameras give the same names again and again.
    often = {name for name, n in Counter(Path(f["video"]).name for f in files).items() if n > 1}
    print()
    print(table([_row(file, often) for file in listed], right=frozenset({1})))
    if len(files) > len(listed):
        print(f"… and {counted(len(files) - len(listed), 'more video')}; see --all.")


def _row(file: dict[str, Any], often: set[str]) -> tuple[str, str, str]:
    path = Path(file["video"])
    done = [s for s, how in file["stages"].items() if how == StageStatus.DONE]
    failed = [s for s, how in file["stages"].items() if how == StageStatus.FAILED]
    if file["state"] != FileState.ONLINE:
        state = file["state"]
    elif file["job"] in {JobState.FAILED, JobState.PAUSED}:
        state = f"{file['job']}: {file['error']}" if file["error"] else file["job"]
    elif file["job"] in {JobState.QUEUED, JobState.RUNNING}:
        state = f"{file['job']}; done: {', '.join(done) or 'nothing yet'}"
    else:
        state = "indexed"
    if failed and "failed" not in state:
        state += f"; failed: {', '.join(failed)}"
    name = str(path) if path.name in often else path.name
    return name, clock(round(file["duration_s"] * 1000)), state
