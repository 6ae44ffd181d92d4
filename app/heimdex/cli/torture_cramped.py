"""The window on a disk that fills up while somebody uses it: it must live, say so in one sentence
each time, lose nothing, and go on once there is room.

Using it is `ui.hardship`, in a process of its own; the disk is `torture_place`'s.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from heimdex.cli.torture_kills import inventory, timeless
from heimdex.cli.torture_place import Place
from heimdex.cli.torture_running import finish, start

_WINDOW = (sys.executable, "-P", "-m", "heimdex.ui.hardship")
_LANGUAGES = ("en", "ko")
_OLD_S = 3600
_LONGEST_S = 900.0


def use_window(place: Place) -> None:
    """Open, add, index, name, save and set without room, in one language after the other."""
    number = place.done.tried[place.kind]
    library, home = place.folder / "cramped", place.folder / "cramped home"
    for folder in (library, home):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(place.reference, library)
    home.mkdir()
    language = _LANGUAGES[number % len(_LANGUAGES)]
    (home / "window.ini").write_text(f"[look]\nlanguage={language}\n", "utf-8")
    videos = _another(place.media, place.reference.parent / f"new videos {number}")
    ballast, pictures = place.folder / "ballast", []
    if place.pictures is not None:
        shots = place.pictures / f"{number} {language}"
        shots.mkdir(parents=True, exist_ok=True)
        pictures = ["--pictures", str(shots)]
    there = {"HEIMDEX_HOME": str(home)}
    whole = [*_WINDOW, str(library), str(ballast), str(videos), *pictures]
    try:
        ended = finish(start(None, environment=there, program=whole), _LONGEST_S)
    finally:
        ballast.unlink(missing_ok=True)
    if ended.crash or ended.code or not ended.out:
        place.done.problems.append(f"the window {ended.crash or f'ended: {ended.said[-900:]}'}")
        return
    told = json.loads(ended.out.splitlines()[-1])
    _judge(told, place)
    for what, listed in (("name", ["people", "list"]), ("search", ["searches", "list"])):
        if told[what] not in place.use(library, *listed):
            place.done.lost.append(f"the {what} {told[what]} that was given in the window")
    now = timeless(inventory(library))
    new = [f"file {path.name}" for path in videos.iterdir()]
    place.done.lost += [what for what in (*timeless(place.wanted), *new) if what not in now]
    place.verify(library)
    shutil.rmtree(library)


def _judge(told: dict[str, Any], place: Place) -> None:
    done = place.done
    done.problems += [f"in the window, {problem}" for problem in told["problems"]]
    done.lost += [f"in the window, {deed}" for deed, kept in told["kept"].items() if not kept]
    for deed, sentences in told["said"].items():
        for sentence in sentences:
            place.hear(sentence)
        if len(sentences) > 1:
            done.unclear.append(f"{len(sentences)} sentences at once about {deed}")
    done.longest_pause_ms = max(done.longest_pause_ms, *told["pauses"].values())


def _another(media: Path, folder: Path) -> Path:
    """A folder with a video that is in no library yet, and has been left alone for a while."""
    folder.mkdir()
    original = min(path for path in media.iterdir() if path.is_file())
    video = folder / f"new {original.name}"
    video.write_bytes(original.read_bytes() + b"\0" * 8)
    when = time.time() - _OLD_S
    os.utime(video, (when, when))
    return folder
