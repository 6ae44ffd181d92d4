"""Notes in every Python process of a run which doors it tries, and keeps the way out closed.

A `sitecustomize` that `torture_doors` writes loads this before anything else of the process; what
may be tried is said there. Only the standard library, so that nothing has run before.
"""

import os
import pickle
import sys
from typing import Any

LOG = "HEIMDEX_DOORS"
"""The environment variable with the file that the notes go to."""
STARTED, UNPICKLED = "started", "unpickled"
LOOK_UPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
SOCKETS = ("socket.connect", "socket.bind", "socket.sendto")
PROGRAMS = ("os.system", "os.exec", "os.posix_spawn", "os.startfile", "subprocess.Popen")
_UNPICKLING = ("pickle.find_class",)
LOCAL = ("127.0.0.1", "::1", "localhost")
_LONGEST = 2000


class DoorClosed(RuntimeError):
    """Something tried to leave this machine; not an OSError, so that nothing swallows it."""


def watch() -> None:
    """Note what this process does from now on in the file that the environment names."""
    # Opened now: a child that decodes may soon open no file for writing any more.
    notes = os.open(os.environ[LOG], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(event: str, what: str) -> None:
        words = (event, str(os.getpid()), _role(), what[:_LONGEST])
        clean = (word.replace("\t", " ").replace("\n", " ") for word in words)
        os.write(notes, ("\t".join(clean) + "\n").encode("utf-8", "backslashreplace"))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in LOOK_UPS:
            note(event, repr(arguments[0]))
            _refuse(arguments[0])
        elif event in SOCKETS:
            note(event, repr(arguments[1]))
            if isinstance(arguments[1], tuple):
                _refuse(arguments[1][0])
        elif event in PROGRAMS:
            # Only what is run: its environment is long and nobody's business.
            note(event, repr(arguments[:2]))
        elif event in _UNPICKLING:
            note(UNPICKLED, ".".join(map(str, arguments)))

    note(STARTED, "")
    sys.addaudithook(hook)
    _watch_pickle(note)


def _role() -> str:
    """Which part of Heimdex this is: `index`, `query`, `models`, `window`, or `program`."""
    words = sys.orig_argv
    if "--engine-host" in words:
        return words[words.index("--engine-host") + 1]
    return "window" if "heimdex.ui.endurance" in words else "program"


def _refuse(host: object) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name not in (*LOCAL, None, ""):
        raise DoorClosed(f"{name!r} cannot be reached while doors are counted.")


def _watch_pickle(note: Any) -> None:
    """The audit event comes only with a class in the pickle; the calls come with every one."""
    load, loads = pickle.load, pickle.loads

    def noting_load(*arguments: Any, **named: Any) -> Any:
        note(UNPICKLED, "pickle.load")
        return load(*arguments, **named)

    def noting_loads(*arguments: Any, **named: Any) -> Any:
        note(UNPICKLED, "pickle.loads")
        return loads(*arguments, **named)

    pickle.load, pickle.loads = noting_load, noting_loads
