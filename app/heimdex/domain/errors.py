"""What can go wrong, sorted by who has to act.

`UserError` is shown to the person, `MediaError` fails one file and the queue goes on,
`ModelUnavailable` pauses work until a model is installed, `EngineFailed` costs one attempt at one
stage. Anything else that is raised is a bug and keeps its traceback.
"""


class HeimdexError(Exception):
    """Base of every expected error; `str(error)` is one sentence a person can act on."""


class UserError(HeimdexError):
    """The request cannot be carried out as asked: shown as it is, exit code 1."""


class LibraryBusy(UserError):
    """Another process owns the library; names its process id."""

    def __init__(self, message: str, pid: int | None = None) -> None:
        super().__init__(message)
        self.pid = pid


class LibraryDamaged(UserError):
    """The library's database cannot be opened; the message says what to do."""


class LibraryTooNew(UserError):
    """The library was written by a newer Heimdex and is left untouched."""


class MediaError(HeimdexError):
    """One file cannot be used; the message says why, in a person's words."""


class ModelUnavailable(HeimdexError):
    """A model is not installed or damaged; `model_id` names what to download."""

    def __init__(self, message: str, model_id: str = "") -> None:
        super().__init__(message)
        self.model_id = model_id


class EngineFailed(HeimdexError):
    """The engine host crashed, hung or ran out of memory while working on one stage."""


class Cancelled(HeimdexError):
    """The person cancelled or paused the work; not a failure, nothing is recorded against it."""
