"""`heimdex open`: the window, and what a person opened in their file manager goes into the library.

The window itself is `ui`'s, which the command line must not import: `__main__` shows it.
"""

import argparse
from pathlib import Path


def define(command: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    command.description = (
        "Open the window and add the videos and folders to the library. A window of this library "
        "that is open already is raised."
    )
    command.epilog = "example: heimdex open holiday.mp4"
    command.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a file or a folder")
    command.set_defaults(run=None)
