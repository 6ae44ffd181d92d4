"""Lets the vectors of an earlier model answer for the videos that the chosen one has not seen yet.

After another model was chosen, videos are embedded anew one by one, in the background. Until a
video has its turn (it may lie on a drive that is not here), what the earlier model made of it is
searched with the earlier model's own towers and thresholds; asking these is left to `QueryTowers`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from heimdex.domain.ids import VideoId
from heimdex.domain.vectors import Space, SpaceKind
from heimdex.storage.vectors import VectorStore


@dataclass(frozen=True, slots=True)
class Generation:
    """Two spaces that answer for the same videos; `videos` is None where these are all."""

    passages: Space
    frames: Space
    videos: frozenset[VideoId] | None


class Generations:
    """The spaces that answer now."""

    def __init__(
        self,
        vectors: VectorStore,
        passages: Space,
        frames: Space,
        is_usable: Callable[[Space], bool],
        every: Callable[[], frozenset[VideoId]],
    ) -> None:
        """`passages`, `frames`: the chosen models' spaces. `is_usable`: whether the model of
        another space is still installed as it was. `every`: all videos of the library."""
        self._vectors = vectors
        self._chosen = {SpaceKind.PASSAGE: passages, SpaceKind.FRAME: frames}
        self._is_usable = is_usable
        self._every = every

    def now(self) -> list[Generation]:
        """The chosen spaces first; nothing else where no earlier one is needed."""
        chosen = Generation(self._chosen[SpaceKind.PASSAGE], self._chosen[SpaceKind.FRAME], None)
        earlier = [s for s in self._vectors.spaces() if self._chosen.get(s.kind, s) != s]
        earlier = [space for space in earlier if self._is_usable(space)]
        if not earlier:
            return [chosen]
        said = self._answering(SpaceKind.PASSAGE, earlier)
        seen = self._answering(SpaceKind.FRAME, earlier)
        groups: dict[tuple[Space, Space], set[VideoId]] = {}
        for video_id in said.keys() | seen.keys():
            pair = said.get(video_id, chosen.passages), seen.get(video_id, chosen.frames)
            groups.setdefault(pair, set()).add(video_id)
        if not groups:
            return [chosen]
        others = [Generation(*pair, frozenset(videos)) for pair, videos in groups.items()]
        rest = self._every() - said.keys() - seen.keys()
        if not rest:
            return others
        return [Generation(chosen.passages, chosen.frames, frozenset(rest)), *others]

    def _answering(self, kind: SpaceKind, earlier: list[Space]) -> dict[VideoId, Space]:
        """The newest earlier space of each video that the chosen model has not seen."""
        done = self._vectors.videos(self._chosen[kind])
        found: dict[VideoId, Space] = {}
        for space in earlier:  # In the order in which they came to be.
            if space.kind is kind:
                found |= dict.fromkeys(self._vectors.videos(space) - done, space)
        return found
