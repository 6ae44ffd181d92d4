"""What search needs from rooms beside it: queries as vectors, and who is where.

`bootstrap` gives the towers over the query host and the people from their room.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, Self

from heimdex.domain.engines import Concepts, Thresholds
from heimdex.domain.faces import Appearance, Person
from heimdex.domain.ids import PersonId, VideoId
from heimdex.domain.vectors import Space, SparseVector, Vectors


class QueryTowers(Protocol):
    """The models of the query side: the spaces they answer in, and a unit vector (d,) for a query.

    The methods raise `ModelUnavailable` when the model is not installed and `EngineFailed` when
    the host fails. The properties only read manifests.
    """

    @property
    def passage_space(self) -> Space:
        """Where `passage` vectors may be compared."""
        ...

    @property
    def passage_thresholds(self) -> Thresholds:
        """For query against passage."""
        ...

    @property
    def vision_thresholds(self) -> Thresholds:
        """For a `vision` vector against frames."""
        ...

    @property
    def scene_space(self) -> Space:
        """Where `vision` and `image` vectors may be compared, one vector a scene."""
        ...

    @property
    def frame_space(self) -> Space:
        """The same, one vector a sampled frame."""
        ...

    def until(self, cancelled: Callable[[], bool]) -> Self:
        """The same models, whose methods raise `Cancelled` soon after `cancelled()` is true."""
        ...

    def generations(self) -> "Sequence[tuple[Self, frozenset[VideoId] | None]]":
        """Towers of each pair of models whose vectors answer now, and the videos for which they
        do; one pair and None, which is every video, unless another model was just chosen."""
        ...

    def passage(self, text: str) -> Vectors:
        """A query for what is said."""
        ...

    def passage_weights(self, text: str) -> SparseVector | None:
        """The weights of the same query's tokens; None where the model has learnt none. Asked
        after `passage` for the same text it costs nothing."""
        ...

    def vision(self, text: str) -> Vectors:
        """A query for what is seen."""
        ...

    def concepts(self) -> Concepts | None:
        """What the eyes tell apart, where they can only judge things that they know by name; None
        where a low similarity means that what was asked for is not there. Made once."""
        ...

    def image(self, path: Path) -> Vectors:
        """A picture as a query. Raises MediaError when the file is not a picture."""
        ...


class Roll(Protocol):
    """Who is in the library and when they are on screen; the people room fulfils it."""

    @property
    def match_similarity(self) -> float:
        """The face model's own threshold for the same person."""
        ...

    def named(self) -> Sequence[Person]:
        """Everybody who has a name and is not hidden."""
        ...

    def appearances(
        self, person_ids: Iterable[PersonId], videos: Iterable[VideoId] | None = None
    ) -> Sequence[Appearance]:
        """When people are on screen, by video and time; of some videos only, if given."""
        ...
