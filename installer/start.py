"""The frozen program's first lines: let spawned children be children, then start as always."""

import multiprocessing
import os
import sys
from types import ModuleType


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
    # A child that is this program again finds its own: without this it takes itself for a part of
    # its parent, and believes what it inherits.
    os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"


class NoTraces:
    """In the place of what would send traces over the network, which this program does not carry.

    Chroma imports the name at start and uses it only where a person's environment asks for traces.
    """

    def __init__(self, *_arguments: object, **_options: object) -> None:
        raise RuntimeError(
            "This program carries nothing that sends traces; unset CHROMA_OTEL_GRANULARITY."
        )


def refuse_traces() -> None:
    """Answer Chroma's import of the exporter that the recipe leaves out, gRPC with it."""
    name = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
    module = ModuleType(name, NoTraces.__doc__)
    module.OTLPSpanExporter = NoTraces  # type: ignore[attr-defined]
    sys.modules[name] = module


if __name__ == "__main__":
    give_streams()
    give_back_library_path()
    refuse_traces()
    multiprocessing.freeze_support()
    from heimdex.__main__ import main

    sys.exit(main())
