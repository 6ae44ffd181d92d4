"""Where every start begins: the window, the command line, or a child of one of them.

Decides only which of the three it is, and imports only that one.
"""

import os
import sys
from collections.abc import Sequence

from heimdex.config import network

ENGINE_HOST = "--engine-host"
SELFTEST = "selftest"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments (default: those of the process) ask for; gives the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    network.close_if_asked()
    if given[:1] == [ENGINE_HOST]:
        from heimdex import engine_host

        return engine_host.main(given[1:])
    if given[:1] == [SELFTEST]:
        from heimdex import selftest

        return selftest.main(given[1:])
    from heimdex.cli.main import parse, run

    options = parse(given)
    if options.run is None:
        if not has_display():
            from heimdex.cli.output import complain

            complain("there is no display here for the window; `heimdex -h` lists the commands")
            return 1
        from heimdex.ui import app

        return app.run(options.library, verbose=options.verbose, paths=options.paths)
    return run(options)


def has_display() -> bool:
    """Whether a window can open; Qt would end the process without a word for a person."""
    if not sys.platform.startswith("linux"):
        return True
    wanted = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in wanted)


if __name__ == "__main__":
    sys.exit(main())
