"""A process that works on a small library until it is done or killed; see `test_kill`."""

import sys
import time
from pathlib import Path

from small_library import Library

if __name__ == "__main__":
    library = Library(Path(sys.argv[1]))
    library.engine.seconds = float(sys.argv[2])
    log = Path(sys.argv[3]).open("a", buffering=1)  # noqa: SIM115 - open until the end

    def computing(stage: str, together: object) -> None:
        log.write(f"{stage}\n")

    library.engine.trouble = computing
    print("ready", flush=True)
    library.work()
    library.close()
    print("done", flush=True)
    time.sleep(0.01)
