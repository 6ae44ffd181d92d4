"""The frozen program's first lines: let spawned children be children, then start as always."""

import multiprocessing
import sys

from heimdex.__main__ import main

if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
