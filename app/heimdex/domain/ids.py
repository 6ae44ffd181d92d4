"""The identifiers that records refer to each other by.

A video's id is the fingerprint of its content, so that a renamed or copied file is the same video.
"""

from typing import NewType

VideoId = NewType("VideoId", str)
"""32 lower-case hex characters: the content fingerprint (see `media.fingerprint`)."""

FolderId = NewType("FolderId", int)
FileId = NewType("FileId", int)
JobId = NewType("JobId", int)
PersonId = NewType("PersonId", int)
DecisionId = NewType("DecisionId", int)
SavedSearchId = NewType("SavedSearchId", int)
