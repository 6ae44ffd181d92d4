"""One command's hold on a library: where it is, its settings, its log, opened and closed again.

What a library is made of is `bootstrap`'s affair.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heimdex.bootstrap import Library
    from heimdex.config.directories import Directories
    from heimdex.ml.store import ModelStore


def directories(options: argparse.Namespace) -> "Directories":
    """Where everything is for these options."""
    from heimdex.config.directories import Directories

    return Directories.resolve(options.library)


def model_store(options: argparse.Namespace) -> "ModelStore":
    """The model store of these options; opens no library."""
    from heimdex.bootstrap import open_models
    from heimdex.config.settings import Settings

    where = directories(options)
    return open_models(where, Settings.load(where.home))


@contextmanager
def opened(options: argparse.Namespace) -> Iterator["Library"]:
    """The library of these options. `UserError` when it cannot be opened or somebody has it."""
    from heimdex.bootstrap import open_library
    from heimdex.config import logging
    from heimdex.config.settings import Settings

    where = directories(options)
    settings = Settings.load(where.home)
    where.prepare()
    logging.configure(where, options.verbose)
    library = open_library(where, settings)
    try:
        yield library
    finally:
        library.close()
