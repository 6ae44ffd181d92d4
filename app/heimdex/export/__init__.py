"""Taking what Heimdex knows out of it: transcripts as files that other programs read.

Which file a person wants them in is asked by the caller.
"""

from heimdex.export.saving import save
from heimdex.export.transcripts import FORMATS, TranscriptFormat, render

__all__ = ["FORMATS", "TranscriptFormat", "render", "save"]
