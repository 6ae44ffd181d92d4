"""Python imports this by itself at start when its folder is on PYTHONPATH: notes which doors a
process and its children open, besides closing the network as `offline` does.

What may be opened is said by the test that reads the notes.
"""

import os
import sys
from typing import Any

import closed_network  # noqa: F401

_DOORS = ("pickle.find_class", "os.system", "subprocess.Popen", "socket.connect", "socket.bind")
_LOG = os.environ.get("HEIMDEX_TEST_DOORS")


def _note(event: str, args: tuple[Any, ...]) -> None:
    if event not in _DOORS:
        return
    role = " ".join(sys.orig_argv[-3:])
    # Of a program only what is run: its environment is long and nobody's business.
    what = repr(args[1] if event.startswith("socket") else args[:2])
    os.write(_NOTES, f"{event}\t{role}\t{what}\n".encode("utf-8", "backslashreplace"))


if _LOG:
    # Opened now: a child that decodes may soon open no file for writing any more.
    _NOTES = os.open(_LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(_NOTES, f"started\t{' '.join(sys.orig_argv[-3:])}\t\n".encode())
    sys.addaudithook(_note)
