"""Who is there: faces sorted to people, names, corrections, and forgetting.

- `registry.People`: every operation a person or the worker calls.
- `enrolling`: which face of a photo is meant.
- `gallery`, `placing`, `clustering`: recognising and grouping, numpy only.
- `replay`: decisions found again after re-indexing.  `journal`: undo.  `erasure`: forgetting.

Finding and embedding faces is `ml` and `indexing`; rows are `storage`.
"""

from heimdex.people.enrolling import Enrolment, ReadFaces
from heimdex.people.gallery import FaceModel
from heimdex.people.registry import People, PersonPage

__all__ = ["Enrolment", "FaceModel", "People", "PersonPage", "ReadFaces"]
