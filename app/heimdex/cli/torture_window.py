"""Uses the real window for long, and on a slow disk, and looks what grows and what freezes.

Using it is `ui.endurance`, in a process of its own; the command around it is `bench_torture`'s.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heimdex.cli.output import note
from heimdex.cli.torture_running import Outcome, finish, heimdex, indexed, start
from heimdex.cli.torture_volumes import Unsupported, mounted_image, throttled
from heimdex.domain.errors import UserError

ENDURANCE = (sys.executable, "-P", "-m", "heimdex.ui.endurance")
"""The window that uses itself; takes a library."""
MAY_GROW = 10
"""Handles or threads that may be more at the end than after warming up: a child that is started
for something else meanwhile has a few. One leaked by every hundredth search shows."""
MAY_GROW_MB = 48
FREEZE_MS = 1000
"""So long without an answer is a frozen window to a person."""
SLOW_BYTES_S, SLOW_READS_S = 1_000_000, 60
"""A memory card of the slow kind, or a drive that wakes up."""
_SLOW_SEARCHES, _SLOW_SWITCHES = 12, 16
_IMAGE_MB = 256


@dataclass(kw_only=True)
class Used(Outcome):
    """What using the window took. `problems` must stay empty."""

    searches: int = 0
    switches: int = 0
    handles: list[int] = field(default_factory=list)
    """Open files of the window after warming up, a quarter, a half … and at the end."""
    threads: list[int] = field(default_factory=list)
    window_mb: list[int] = field(default_factory=list)
    host_mb: list[int] = field(default_factory=list)
    longest_pause_ms: int = 0
    slow_disk: str = ""
    """What kind of slow disk it was tried on, or why on none."""
    slow_pauses_ms: dict[str, int] = field(default_factory=dict)
    """The longest pause on the slow disk, by what was done."""


def use(folder: Path, media: Path, searches: int, switches: int) -> Used:
    """Search and change panels so often, then a little on a slow disk."""
    done = Used()
    library = folder / "used"
    shutil.copytree(indexed(folder, media), library)
    note(f"{searches} searches and {switches} changes of the panel …")
    answer = _endure([str(library), "--searches", str(searches), "--switches", str(switches)])
    samples = answer["samples"]
    done.problems += answer["problems"]
    done.longest_pause_ms = max(answer["pauses"].values())
    if samples:
        first, last = samples[0], samples[-1]
        done.searches = last["searches"] - first["searches"]
        done.switches = last["switches"] - first["switches"]
        for kind in ("handles", "threads", "window_mb", "host_mb"):
            setattr(done, kind, [sample[kind] for sample in samples])
        for kind, most in (
            ("handles", MAY_GROW),
            ("threads", MAY_GROW),
            ("host_handles", MAY_GROW),
            ("host_threads", MAY_GROW),
            ("window_mb", MAY_GROW_MB),
            ("host_mb", MAY_GROW_MB),
        ):
            if last[kind] > first[kind] + most:
                done.problems.append(f"{kind} grew from {first[kind]} to {last[kind]}")
    _slowly(folder, library, media, done)
    return done


def _slowly(folder: Path, library: Path, media: Path, done: Used) -> None:
    """The same on a disk that reads a megabyte a second, with nothing of it in memory."""
    try:
        with _slow_disk(folder, library, media) as (place, enter):
            note("the same on a slow disk …")
            answer = _endure(
                [
                    *(str(place / "library"), "--play"),
                    *("--searches", str(_SLOW_SEARCHES), "--switches", str(_SLOW_SWITCHES)),
                ],
                enter,
            )
    except Unsupported as why:
        done.slow_disk = f"not tried: {why}"
        return
    done.slow_disk = (
        f"a real file system that reads {SLOW_BYTES_S / 1e6:.1f} MB and {SLOW_READS_S} blocks a "
        "second at most, nothing of it cached"
    )
    done.slow_pauses_ms = answer["pauses"]
    done.problems += answer["problems"]
    for what, pause in answer["pauses"].items():
        if pause >= FREEZE_MS:
            done.problems.append(f"the window froze for {pause} ms while {what} on a slow disk")


@contextmanager
def _slow_disk(folder: Path, library: Path, media: Path) -> Iterator[tuple[Path, Sequence[str]]]:
    """Library and videos on a slow disk, and the command that enters its bounds."""
    image, place = folder / "slow.img", folder / "slow"
    with mounted_image(image, place, _IMAGE_MB):
        shutil.copytree(library, place / "library")
        shutil.copytree(media, place / "videos", copy_function=shutil.copy2)
        heimdex(place / "library", "library", "relocate", str(media), str(place / "videos"))
    with ExitStack() as stack:
        # Mounted anew, nothing of it is in memory.
        device = stack.enter_context(mounted_image(image, place, 0))
        enter = stack.enter_context(throttled(device, SLOW_BYTES_S, SLOW_READS_S))
        yield place, enter
    with suppress(OSError):
        image.unlink()


def _endure(arguments: Sequence[str], enter: Sequence[str] = ()) -> dict[str, Any]:
    ended = finish(start(None, *arguments, program=[*enter, *ENDURANCE]))
    if ended.code != 0 or not ended.out.strip():
        raise UserError(f"The window ended with {ended.code}: {ended.said[-600:]}")
    answer: dict[str, Any] = json.loads(ended.out.splitlines()[-1])
    return answer
