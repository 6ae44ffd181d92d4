"""The frozen program's first lines: let spawned children be children, then start as always."""

import multiprocessing
import os
import sys


def give_streams() -> None:
    """A Windows program without a console has no streams, and a library that writes a warning to
    one would end it."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Stays open as long as the program runs.
            mode = os.O_RDONLY if name == "stdin" else os.O_WRONLY
            stream = os.fdopen(os.open(os.devnull, mode), "r" if name == "stdin" else "w")
            setattr(sys, name, stream)


def give_back_library_path() -> None:
    """Programs that are started from here, such as a file manager, use the system's libraries, not
    those that lie beside this program; it has loaded its own by now."""
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is not None:
        os.environ["LD_LIBRARY_PATH"] = before
    else:
        os.environ.pop("LD_LIBRARY_PATH", None)


if __name__ == "__main__":
    give_streams()
    give_back_library_path()
    multiprocessing.freeze_support()
    from heimdex.__main__ import main

    sys.exit(main())
