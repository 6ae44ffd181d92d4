"""Uses Heimdex for whole days and counts which doors are opened: to the network, to a shell, to a
pickle, to other people's eyes, to the originals.

Watching is done inside every Python process by `torture_doorkeeper` and from outside by
`torture_calls`; the command around it is `bench_torture`'s.
"""

import itertools
import json
import os
import random
import re
import shutil
import stat
from ast import literal_eval
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from heimdex.cli import torture_calls, torture_doorkeeper
from heimdex.cli.output import note
from heimdex.cli.torture_files import states
from heimdex.cli.torture_running import INDEXED, Ended, Outcome, finish, start
from heimdex.cli.torture_window import ENDURANCE
from heimdex.config.logging import FILE_NAME as LOG_NAME

SHELLS = frozenset("sh bash dash zsh fish ksh csh tcsh busybox cmd.exe powershell.exe pwsh".split())
SITE = "from heimdex.cli import torture_doorkeeper\n\ntorture_doorkeeper.watch()\n"
"""What Python runs first in every process that finds it as `sitecustomize`."""
_BAIT = "HACKED"
ODD = (
    f"; touch {_BAIT} `touch {_BAIT}` $(touch {_BAIT}) | touch {_BAIT} .mp4",
    f"-o {_BAIT} --help 'touch {_BAIT}'.mp4",
    f'" && touch {_BAIT} && echo ".mp4',
    f"$IFS;touch$IFS{_BAIT};\n&touch {_BAIT}&.mp4",
)
"""Names of videos that would leave a file behind if a shell ever saw them."""
_NAMES = ("Eileen Secretname", "비밀 이름", "Zoë O'Secretname")
_ALIAS = "Commander Hidden"
_QUESTIONS = ("first woman to command a space shuttle", "우주 왕복선 사령관", "a woman in orange")
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_OTHERS_ENTER = stat.S_IXGRP | stat.S_IXOTH
_DAY_S = 1800.0


@dataclass(kw_only=True)
class Opened(Outcome):
    """Which doors were opened. What `FAULTS` names must stay empty."""

    FAULTS: ClassVar[tuple[str, ...]] = (
        *("outside", "look_ups", "shells", "unpickled", "obeyed", "changed", "told", "readable"),
        "problems",
    )

    days: int = 0
    commands: int = 0
    watched_by: str = ""
    processes: dict[str, int] = field(default_factory=dict)
    """Python processes that were watched from inside, by their part."""
    programs: dict[str, int] = field(default_factory=dict)
    """Programs that were started, by their name; as seen from outside where that is possible."""
    inside: int = 0
    """Sockets that led to this machine only."""
    outside: list[str] = field(default_factory=list)
    """Sockets of any other kind that were tried."""
    look_ups: list[str] = field(default_factory=list)
    """Names that were looked up."""
    shells: list[str] = field(default_factory=list)
    unpickled: list[str] = field(default_factory=list)
    obeyed: list[str] = field(default_factory=list)
    """Files that only a shell would have made out of a video's name."""
    originals: int = 0
    changed: list[str] = field(default_factory=list)
    """Originals whose bytes, time or rights are not what they were."""
    log_lines: int = 0
    forbidden: int = 0
    """Words that were looked for in the log: said in a video, asked, names of people and files."""
    told: list[str] = field(default_factory=list)
    """Those that were found."""
    folder_mode: str = ""
    """The rights of the library's folder, made by a program whose umask is 0."""
    library_files: int = 0
    readable: list[str] = field(default_factory=list)
    """Files of the library, its settings and its log that other users could read."""


@dataclass
class _Day:
    """One library of one day, and how programs are run on it."""

    folder: Path
    done: Opened
    notes: Path
    watch: Sequence[str]

    @property
    def library(self) -> Path:
        return self.folder / "library"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def use(self, *arguments: str) -> str:
        """Run a command and give what it printed; what goes wrong is a problem of the day."""
        whole = [*self.watch, *INDEXED]
        child = start(self.library, *arguments, environment=self._environment(), program=whole)
        return self._took(finish(child, _DAY_S), arguments[0])

    def look(self) -> None:
        """Open the window, search, change panels, play a video, and close it."""
        asked = ("--searches", "4", "--switches", "8", "--play", "--cold")
        whole = [*self.watch, *ENDURANCE, str(self.library), *asked]
        child = start(None, environment=self._environment(), program=whole)
        out = self._took(finish(child, _DAY_S), "the window")
        if out:
            self.done.problems += json.loads(out.splitlines()[-1])["problems"]

    def _took(self, ended: Ended, what: str) -> str:
        self.done.commands += 1
        if ended.hung or ended.code != 0:
            self.done.problems.append(f"{what} {ended.crash or ended.refusal or ended.said[-300:]}")
        return ended.out

    def _environment(self) -> dict[str, str]:
        inherited = os.environ.get("PYTHONPATH")
        path = os.pathsep.join(filter(None, [str(self.notes.parent), inherited]))
        models = os.environ.get("HEIMDEX_MODELS") or str(_models())
        return {
            "HEIMDEX_HOME": str(self.home),
            "HEIMDEX_MODELS": models,
            torture_doorkeeper.LOG: str(self.notes),
            "PYTHONPATH": path,
        }


def open_doors(folder: Path, media: Path, days: int, chance: random.Random) -> Opened:
    """Live so many days, each with a library of its own, and count what was tried."""
    done = Opened(days=days)
    watching = folder / "watching"
    watching.mkdir()
    (watching / "sitecustomize.py").write_text(SITE, "utf-8")
    notes, calls = watching / "notes", watching / "calls"
    watch = torture_calls.watcher(calls)
    done.watched_by = "an audit hook in every process" + (" and strace" if watch else "")
    before = os.umask(0)
    try:
        for number in range(days):
            note(f"day {number + 1} of {days} …")
            place = folder / f"day {number}"
            place.mkdir()
            _live(_Day(place, done, notes, watch), media, number, chance)
    finally:
        os.umask(before)
    read_notes(notes.read_text("utf-8").splitlines() if notes.exists() else [], done)
    if watch:
        read_calls(calls.read_text("utf-8", "replace").splitlines(), done)
    done.obeyed += [
        str(path) for path in (*folder.rglob(f"*{_BAIT}"), Path(_BAIT)) if path.exists()
    ]
    if not done.log_lines:
        done.problems.append("the log is empty")
    for part in ("program", "index", "query", "window"):
        if not done.processes.get(part):
            done.problems.append(f"no process was watched that is the part {part}")
    return done


def _live(day: _Day, media: Path, number: int, chance: random.Random) -> None:
    """Everything that a person does with a library, from the first video to the last."""
    done, name = day.done, _NAMES[number % len(_NAMES)]
    videos = _fill(day.folder / "videos", media, number, chance)
    before = states(videos)
    done.originals += len(before)
    day.use("add", str(videos))
    day.use("index", "--json")
    day.use("status")
    day.use("people", "name", "#1", name)
    day.use("people", "alias", name, _ALIAS)
    question = _QUESTIONS[number % len(_QUESTIONS)]
    day.use("search", question, "--save", "mine")
    first = min(path.name for path in media.iterdir())
    day.use("search", f"who:{name}", "--like", f"{first}@1", "--json")
    day.look()
    day.use("transcript", first, "--format", "srt", "-o", str(day.folder / "said.srt"))
    said = " ".join(
        day.use("transcript", path.name) for path in sorted(media.iterdir()) if _is_video(path)
    )
    day.use("library", "backup")
    day.use("library", "verify")
    day.use("library", "rebuild")
    day.use("library", "restore", "--yes")
    day.use("searches", "run", "mine")
    day.use("doctor")
    moved = videos.rename(videos.with_name("moved videos"))
    day.use("library", "relocate", str(videos), str(moved))
    _look_at_rights(day)
    day.use("people", "forget", name, "--yes")
    day.use("searches", "remove", "mine")
    day.use("remove", str(moved))
    after = {str(videos / Path(path).name): state for path, state in states(moved).items()}
    done.changed += [path for path, state in before.items() if after.get(path) != state]
    files = [path.name for path in moved.iterdir()]
    log = sorted((day.home / "logs").glob(f"{LOG_NAME}*"))
    text = "\n".join(path.read_text("utf-8", "replace") for path in log)
    _look_for_words(text, [name, _ALIAS, *_QUESTIONS, *files, *_pairs(said)], done)


def _fill(videos: Path, media: Path, number: int, chance: random.Random) -> Path:
    """The media, one of them again under a name for a shell, and one that is cut off."""
    videos.mkdir()
    originals = [path for path in sorted(media.iterdir()) if _is_video(path)]
    for original in originals:
        shutil.copy2(original, videos)
    content = originals[number % len(originals)].read_bytes()
    # A video of its own: the same bytes under two names are one.
    (videos / ODD[number % len(ODD)]).write_bytes(content + b"\0" * 8)
    (videos / f"cut {ODD[(number + 1) % len(ODD)]}").write_bytes(
        content[: chance.randrange(len(content) // 2)]
    )
    for path in videos.iterdir():
        path.chmod(0o400)
    return videos


def _is_video(path: Path) -> bool:
    from heimdex.domain.media import MEDIA_SUFFIXES

    return path.suffix.lower() in MEDIA_SUFFIXES


def _models() -> Path:
    from heimdex.config.directories import Directories

    return Directories.resolve().models


def _look_at_rights(day: _Day) -> None:
    if not day.library.is_dir():
        return  # Nothing could be done with it, which has been told.
    mode = stat.S_IMODE(day.library.stat().st_mode)
    day.done.folder_mode = f"{mode:04o}"
    if mode & 0o077:
        day.done.problems.append(f"the library's folder has the rights {mode:04o}")
    day.done.library_files += sum(path.is_file() for path in day.library.rglob("*"))
    for place in (day.library, day.home):
        day.done.readable += [str(path) for path in open_to_others(place)]


def open_to_others(folder: Path) -> Iterable[Path]:
    """Files in and below a folder that another user of this computer could read, if they may enter
    what the folder lies in."""
    if not folder.stat().st_mode & _OTHERS_ENTER:
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from open_to_others(path)
        elif path.lstat().st_mode & _OTHERS_READ:
            yield path


def _pairs(said: str) -> Iterable[str]:
    """Every two words that follow each other: one alone may be in any log."""
    words = re.findall(r"[^\W\d_]+", said.lower())
    return {f"{one} {other}" for one, other in itertools.pairwise(words)}


def _look_for_words(log: str, forbidden: Iterable[str], done: Opened) -> None:
    """Whatever is between two words in a log counts as one space."""
    done.log_lines += log.count("\n")
    wanted = {" ".join(words.lower().split()) for words in forbidden}
    done.forbidden += len(wanted)
    plain = " ".join(log.lower().split())
    done.told += sorted(words for words in wanted if words in plain)


def read_notes(lines: Iterable[str], done: Opened) -> None:
    """Count what the processes noted about themselves."""
    processes: Counter[str] = Counter(done.processes)
    programs: Counter[str] = Counter(done.programs)
    for line in lines:
        event, _, role, what = line.split("\t", 3)
        if event == torture_doorkeeper.STARTED:
            processes[role] += 1
        elif event == torture_doorkeeper.UNPICKLED:
            done.unpickled.append(f"{what} by {role}")
        elif event in torture_doorkeeper.LOOK_UPS:
            if what.strip("b'") not in torture_doorkeeper.LOCAL:
                done.look_ups.append(f"{what} by {role}")
        elif event in torture_doorkeeper.SOCKETS:
            _note_address(what, role, done)
        elif event in torture_doorkeeper.PROGRAMS:
            name = _program(event, what)
            programs[name] += 1
            if name in SHELLS:
                done.shells.append(f"{name} by {role}")
    done.processes, done.programs = dict(processes), dict(programs)


def _note_address(what: str, role: str, done: Opened) -> None:
    address: Any = literal_eval(what)
    if isinstance(address, tuple) and address[0] not in torture_doorkeeper.LOCAL:
        done.outside.append(f"{address[0]} port {address[1]} by {role}")
    else:
        done.inside += 1


def _program(event: str, what: str) -> str:
    """The name of a program that Python was about to start; a shell for what a shell is given."""
    if event == "os.system":
        return "sh"
    quoted = re.search(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", what)
    path = next(filter(None, quoted.groups()), "") if quoted else what
    return path.replace("\\", "/").rpartition("/")[2]


def read_calls(lines: Sequence[str], done: Opened) -> None:
    """Count what was seen from outside, which takes in what is not Python."""
    calls = torture_calls.read(lines)
    done.inside = max(done.inside, calls.inside)
    done.outside += [f"{what}, {count} times" for what, count in sorted(calls.outside.items())]
    if calls.look_ups:
        done.look_ups.append(f"{calls.look_ups} questions to a name server")
    # Those that Python started are among them.
    done.programs = dict(calls.programs)
    done.shells += [
        f"{name}, {count} times" for name, count in calls.programs.items() if name in SHELLS
    ]
