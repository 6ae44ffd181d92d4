"""What indexing costs on this machine: CPU-seconds a second of media for each stage, peak memory.

Runs the stages as the program does, in the supervised child, on real media. How good the answers
are is measured by `scripts/evaluate`. Reads /proc, so it runs on Linux only.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heimdex.bootstrap import Library, open_library
from heimdex.cli.main import parse, run
from heimdex.config.directories import Directories
from heimdex.config.settings import Settings
from heimdex.domain.errors import HeimdexError
from heimdex.domain.media import MEDIA_SUFFIXES, MediaInfo
from heimdex.domain.speech import Transcript
from heimdex.domain.stages import ProbeOutput, SpeechOutput, Stage
from heimdex.indexing.engine import HostStageEngine
from heimdex.indexing.plan import applies

SAMPLE = Path(__file__).resolve().parent.parent / "resources" / "sample"
_TICKS = os.sysconf("SC_CLK_TCK")

OF_THE_PROGRAM = ("engines", "people", "search")
"""Benchmarks that `heimdex bench` runs as well, without a source checkout."""

PICTURES = (Stage.SCENES, Stage.VISION, Stage.FACES, Stage.OCR)
ROWS: dict[str, tuple[Stage, ...]] = {
    "probe": (Stage.PROBE,),
    "speech": (Stage.SPEECH,),
    "passages": (Stage.PASSAGES,),
    "scenes": (Stage.SCENES,),
    "scenes+vision": (Stage.SCENES, Stage.VISION),
    "scenes+faces": (Stage.SCENES, Stage.FACES),
    "scenes+text": (Stage.SCENES, Stage.OCR),
    "all of the picture": PICTURES,
}
"""What is measured. The three picture stages share one decode pass, so they are run together as
well as two by two; what a stage adds is the difference."""


@dataclass
class Cost:
    """What a row took, summed over the media it applied to."""

    media_s: float = 0.0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    failed: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The JSON shape."""
        return {
            "media_s": round(self.media_s, 2),
            "cpu_s": round(self.cpu_s, 3),
            "wall_s": round(self.wall_s, 3),
            "cpu_s_per_media_s": round(self.cpu_s / self.media_s, 5) if self.media_s else None,
            "times_realtime": round(self.media_s / self.wall_s, 2) if self.wall_s else None,
            "failed": self.failed,
        }


def main() -> int:
    """Run one benchmark."""
    if sys.argv[1:2] and sys.argv[1] in OF_THE_PROGRAM:
        return run(parse(["bench", *sys.argv[1:]]))
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.epilog = f"Also: {', '.join(OF_THE_PROGRAM)}, as `heimdex bench` has them."
    kinds = parser.add_subparsers(dest="bench", required=True, metavar="BENCH")
    stages = kinds.add_parser("stages", help="CPU-seconds per media-second of each stage")
    stages.add_argument(
        "media", nargs="*", type=Path, help="files or folders (default: the sample)"
    )
    stages.add_argument("--json", action="store_true", help="one JSON object")
    stages.add_argument("--library", type=Path, help="where to work (default: a temporary folder)")
    options = parser.parse_args()
    if not sys.platform.startswith("linux"):
        print("scripts/bench reads /proc and runs on Linux only.", file=sys.stderr)
        return 1
    try:
        files = media_files(options.media or [SAMPLE])
        with tempfile.TemporaryDirectory(prefix="heimdex-bench-") as folder:
            document = measure(files, options.library or Path(folder))
    except HeimdexError as error:
        print(f"scripts/bench: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        show(document)
    return 0


def media_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves and the media in the folders, in order."""
    files = []
    for path in paths:
        if path.is_dir():
            files += [p for p in sorted(path.rglob("*")) if p.suffix.lower() in MEDIA_SUFFIXES]
        else:
            files.append(path)
    if missing := [str(path) for path in files if not path.is_file()]:
        raise SystemExit(f"scripts/bench: no such file: {', '.join(missing)}")
    return files


def measure(files: Sequence[Path], folder: Path) -> dict[str, Any]:
    """Run every row on every file, then the whole way through a library."""
    directories = Directories.resolve(folder / "stages")
    settings = Settings.load(directories.home)
    costs = {row: Cost() for row in ROWS}
    starting = Cost()
    with open_library(directories, settings) as library:
        run = _Stages(library)
        with _Clock(run.child_cpu_s, starting):
            run.warm()
        for file in files:
            for row, stages in ROWS.items():
                _measure_row(run, file, stages, costs[row])
        child_mb = peak_mb(library.index_host.pid or 0)
    whole, owner = Cost(), Cost()
    with open_library(Directories.resolve(folder / "whole"), settings) as library:
        library.scanner.add(files, watched=False)
        run = _Stages(library)
        run.warm()
        with _Clock(run.child_cpu_s, whole), _Clock(time.process_time, owner):
            report = library.worker.run(lambda event: None, lambda: False)
        whole.media_s = owner.media_s = sum(
            v.duration_ms / 1000 for v in library.catalogue.videos()
        )
        whole.failed = [f"{report.failed} failed"] if report.failed else []
        child_mb = max(child_mb, peak_mb(library.index_host.pid or 0))
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "threads": settings.threads,
        "files": len(files),
        "loading": {"cpu_s": round(starting.cpu_s, 2), "wall_s": round(starting.wall_s, 2)},
        "stages": {row: cost.document() for row, cost in costs.items()},
        "whole": {"child": whole.document(), "owner": owner.document()},
        "peak_mb": {"child": round(child_mb), "owner": round(peak_mb(os.getpid()))},
    }


class _Stages:
    """Runs stages of one file in the library's child and keeps what later ones need."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._engine = HostStageEngine(library.index_host)
        self.info: dict[Path, MediaInfo] = {}
        self.transcripts: dict[Path, Transcript] = {}

    def __call__(self, path: Path, stages: Sequence[Stage]) -> None:
        info = None if stages[0] is Stage.PROBE else self.info[path]
        outputs = self._engine.run(
            path, info, stages, self.transcripts.get(path), lambda done, total: None, lambda: False
        )
        for output in outputs:
            if isinstance(output, ProbeOutput):
                self.info[path] = output.info
            elif isinstance(output, SpeechOutput):
                self.transcripts[path] = output.transcript

    def warm(self) -> None:
        """Have all models loaded, which is paid once a session and not for a second of media."""
        for stages in ((Stage.PROBE,), (Stage.SPEECH,), (Stage.PASSAGES,), PICTURES):
            self(SAMPLE / "astronaut.mp4", stages)

    def can(self, path: Path, stages: Sequence[Stage]) -> bool:
        """Whether the file has what the stages work on."""
        if stages[0] is Stage.PROBE:
            return True
        info = self.info.get(path)
        if info is None or not all(applies(stage, info) for stage in stages):
            return False
        return Stage.PASSAGES not in stages or path in self.transcripts

    def child_cpu_s(self) -> float:
        """CPU seconds of the child so far, all threads; 0 before it is started."""
        pid = self._library.index_host.pid
        if pid is None:
            return 0.0
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


class _Clock:
    """Adds the CPU and wall time of its block to a cost."""

    def __init__(self, cpu_s: Callable[[], float], cost: Cost) -> None:
        self._cpu_s, self._cost = cpu_s, cost

    def __enter__(self) -> None:
        self._cpu, self._wall = self._cpu_s(), time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._cost.cpu_s += self._cpu_s() - self._cpu
        self._cost.wall_s += time.monotonic() - self._wall


def _measure_row(run: _Stages, file: Path, stages: Sequence[Stage], cost: Cost) -> None:
    if not run.can(file, stages):
        return
    try:
        with _Clock(run.child_cpu_s, cost):
            run(file, stages)
    except HeimdexError as error:
        cost.failed.append(f"{file.name}: {error}")
        return
    cost.media_s += run.info[file].duration_ms / 1000


def peak_mb(pid: int) -> float:
    """The most resident memory a process has had, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def show(document: dict[str, Any]) -> None:
    """The table for a person."""
    print(f"{document['files']} files; {document['machine']}; {document['threads']} threads\n")
    print(f"{'stage':22}{'media s':>9}{'CPU s':>9}{'CPU s / media s':>17}{'× realtime':>12}")
    rows = document["stages"] | {
        "whole, child": document["whole"]["child"],
        "whole, owner": document["whole"]["owner"],
    }
    for name, cost in rows.items():
        ratio = cost["cpu_s_per_media_s"]
        speed = cost["times_realtime"]
        print(
            f"{name:22}{cost['media_s']:9.1f}{cost['cpu_s']:9.2f}"
            f"{'–' if ratio is None else format(ratio, '.4f'):>17}"
            f"{'–' if speed is None else format(speed, '.1f'):>12}"
        )
        for failure in cost["failed"]:
            print(f"    {failure}")
    peak, loading = document["peak_mb"], document["loading"]
    print(f"\nPeak memory: {peak['child']} MB in the child, {peak['owner']} MB in the owner.")
    print(f"Loading the models and a first video: {loading['cpu_s']} CPU s, once a session.")


if __name__ == "__main__":
    sys.exit(main())
