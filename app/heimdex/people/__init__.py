"""Who is there: faces sorted to people, names, corrections, and forgetting.

- `registry.People`: every operation a person or the worker calls; `steps`: what they are made of.
- `sorting`: sorts faces and keeps the result; `album`, `gallery`, `placing`, `clustering`: how.
- `enrolling`: known by pictures; `photos`: which face of one is meant; `frames`: who is on a frame.
- `suggesting`: who may be the same; `replay`: decisions found again after re-indexing.
- `journal`: undo; `erasure`: forgetting; `measuring`: how well all this works.

Finding and embedding faces is `ml` and `indexing`; rows are `storage`.
"""

from heimdex.people.enrolling import Enrolment
from heimdex.people.gallery import FaceModel
from heimdex.people.photos import Eyes
from heimdex.people.registry import People, PersonPage

__all__ = ["Enrolment", "Eyes", "FaceModel", "People", "PersonPage"]
