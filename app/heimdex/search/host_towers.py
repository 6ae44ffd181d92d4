"""The query host's models as search and people ask for them: one call of the child a question.

Which models are chosen, and the host they run in, `bootstrap` says.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self

from heimdex.domain.engines import Concepts, Thresholds
from heimdex.domain.faces import PhotoFace
from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Space, SpaceKind, SparseVector, Vectors
from heimdex.hosts.client import Host
from heimdex.ml.manifests import Family
from heimdex.search.generations import Generations

TIMEOUT_S = 120.0
"""Longer than any model takes to load."""

PassageQuery = tuple[Space, Vectors, SparseVector | None]
"""What the query host makes of a question for what is said."""


class Chosen(Protocol):
    """Which model does what."""

    def id(self, family: Family) -> str:
        """The model of a family."""
        ...

    def space(self, kind: SpaceKind, family: Family) -> Space:
        """Where its vectors may be compared."""
        ...

    def thresholds(self, family: Family) -> Thresholds:
        """What its similarities mean."""
        ...

    def instead(self, ids: Mapping[Family, str]) -> Self:
        """The same with other models for some families."""
        ...


class HostTowers:
    """The text and picture towers in the query host, as search and people ask for them.

    Fulfils `search.towers.QueryTowers` and `people.Eyes`.
    """

    def __init__(
        self,
        host: Host,
        chosen: Chosen,
        cancelled: Callable[[], bool] | None = None,
        generations: Generations | None = None,
        concepts: dict[str, Concepts | None] | None = None,
    ) -> None:
        """`concepts`: by space, of models that were asked already; shared by all that is made
        of these towers."""
        self._host = host
        self._chosen = chosen
        self._cancelled = cancelled
        self._generations = generations
        self._concepts = {} if concepts is None else concepts
        self._last: tuple[str, PassageQuery] | None = None

    def until(self, cancelled: Callable[[], bool]) -> "HostTowers":
        """The same towers for one search: a call that waits or runs is given up with it."""
        return HostTowers(self._host, self._chosen, cancelled, self._generations, self._concepts)

    def generations(self) -> list[tuple["HostTowers", frozenset[VideoId] | None]]:
        """The chosen models' towers, and those of earlier ones that answer for some videos."""
        if self._generations is None:
            return [(self, None)]
        found: list[tuple[HostTowers, frozenset[VideoId] | None]] = []
        for each in self._generations.now():
            models = {Family.TEXT: each.passages.model, Family.VISION: each.frames.model}
            chosen = self._chosen.instead(models)
            towers = HostTowers(self._host, chosen, self._cancelled, None, self._concepts)
            found.append((towers, each.videos))
        return found

    def is_earlier(self, space: Space) -> bool:
        """Whether a space belongs to a model that is not the chosen one of its kind any more."""
        chosen = {
            SpaceKind.PASSAGE: self.passage_space,
            SpaceKind.SCENE: self.scene_space,
            SpaceKind.FRAME: self.frame_space,
        }
        return chosen.get(space.kind, space) != space

    @property
    def passage_space(self) -> Space:
        """The space of passages."""
        return self._chosen.space(SpaceKind.PASSAGE, Family.TEXT)

    @property
    def passage_thresholds(self) -> Thresholds:
        """For query against passage."""
        return self._chosen.thresholds(Family.TEXT)

    @property
    def scene_space(self) -> Space:
        """The space of scenes."""
        return self._chosen.space(SpaceKind.SCENE, Family.VISION)

    @property
    def frame_space(self) -> Space:
        """The space of frames: the same vectors as scenes, one a sampled frame."""
        return self._chosen.space(SpaceKind.FRAME, Family.VISION)

    @property
    def vision_thresholds(self) -> Thresholds:
        """For a sentence against frames."""
        return self._chosen.thresholds(Family.VISION)

    def warm(self) -> None:
        """Load the text towers before the first question is asked."""
        self._host.call("warm", {}, type(None), timeout_s=TIMEOUT_S)

    def passage(self, text: str) -> Vectors:
        """Unit vector (d,) of a query in the space of passages."""
        return self._passage(text)[1]

    def passage_weights(self, text: str) -> SparseVector | None:
        """The weights of its tokens; None where the model has learnt none."""
        return self._passage(text)[2]

    def vision(self, text: str) -> Vectors:
        """Unit vector (d,) of a query in the space of scenes and frames."""
        return self._vector("embed_vision_query", {"text": text})

    def concepts(self) -> Concepts | None:
        """What the eyes tell apart, where they can only judge what they know by name."""
        space = self.frame_space.key
        if space not in self._concepts:
            self._concepts[space] = self._host.call(
                "vision_concepts",
                {"model": self._chosen.id(Family.VISION)},
                Concepts | None,
                cancelled=self._cancelled,
                timeout_s=TIMEOUT_S,
            )
        return self._concepts[space]

    def image(self, path: Path) -> Vectors:
        """Unit vector (d,) of a picture file in the space of scenes and frames."""
        return self._vector("embed_image", {"path": path})

    def faces(self, path: Path) -> Sequence[PhotoFace]:
        """Faces in a photo, best first."""
        found: list[PhotoFace] = self._host.call(
            "faces_in_photo", {"path": path}, list[PhotoFace], timeout_s=TIMEOUT_S
        )
        return found

    def embed_faces(self, crops: Sequence[bytes]) -> tuple[Space, Vectors]:
        """Vectors of aligned faces that are JPEG bytes, and their space."""
        answer: tuple[Space, Vectors] = self._host.call(
            "embed_faces",
            {"crops": list(crops)},
            tuple[Space, Vectors],
            timeout_s=TIMEOUT_S,
        )
        return answer

    def _passage(self, text: str) -> PassageQuery:
        """Both come from one pass through the model, and the last answer is asked for twice."""
        if self._last is None or self._last[0] != text:
            answer: PassageQuery = self._host.call(
                "embed_passage_query",
                {"text": text, "model": self._chosen.id(Family.TEXT)},
                PassageQuery,
                cancelled=self._cancelled,
                timeout_s=TIMEOUT_S,
            )
            self._last = (text, answer)
        return self._last[1]

    def _vector(self, method: str, params: dict[str, object]) -> Vectors:
        answer: tuple[Space, Vectors] = self._host.call(
            method,
            {**params, "model": self._chosen.id(Family.VISION)},
            tuple[Space, Vectors],
            cancelled=self._cancelled,
            timeout_s=TIMEOUT_S,
        )
        return answer[1]
