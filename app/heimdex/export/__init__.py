"""Taking what Heimdex knows out of it: transcripts as files that other programs read.

Where the result is written is the caller's affair.
"""

from heimdex.export.transcripts import FORMATS, TranscriptFormat, render

__all__ = ["FORMATS", "TranscriptFormat", "render"]
