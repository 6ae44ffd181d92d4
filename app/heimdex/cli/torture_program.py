"""The program as the torture runs it: searches ask the vector index even in a small library.

Otherwise only those in libraries of half a million vectors do (see `storage.chroma`), and none of
those is made in a benchmark of minutes. Everything else is as for a person.
"""

import functools
import runpy

from heimdex import bootstrap


def main() -> None:
    """Run `heimdex` with the same arguments."""
    bootstrap.open_library = functools.partial(bootstrap.open_library, index_from=0)
    runpy.run_module("heimdex", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
