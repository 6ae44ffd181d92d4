"""Answers a sentence, a moment or a picture with moments: the one entrance to search.

Each step is a module beside it: parse → scope → retrieve, sight → moments, ranking → explain.
Models are asked through `QueryTowers`, people through `Roll`.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.domain.faces import Appearance, Person
from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState
from heimdex.domain.search import Filters, Moment, Query, SearchResult
from heimdex.domain.vectors import Vectors
from heimdex.search.calibration import CUT
from heimdex.search.candidates import Ranking
from heimdex.search.explain import evidence
from heimdex.search.look import IsCancelled, Look, Sources
from heimdex.search.parse import parse
from heimdex.search.ranking import Ranked, rank
from heimdex.search.sight import ALIKE, Sight, sights
from heimdex.search.towers import QueryTowers, Roll
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.lexicon import Lexicon
from heimdex.storage.stages import StageStore
from heimdex.storage.vectors import VectorStore

AROUND_MS = 5_000
"""So near to a moment, what is like it is the moment itself."""


class Searcher:
    """Searches one library. Calls may come from any thread; each reads the library as it is."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        stages: StageStore,
        vectors: VectorStore,
        lexicon: Lexicon,
        index: VectorIndex,
        people: Roll,
        towers: QueryTowers,
    ) -> None:
        sight = Sight(vectors, index)
        self._sources = Sources(catalogue, stages, vectors, lexicon, index, people, towers, sight)

    def search(
        self,
        text: str,
        filters: Filters | None = None,
        n: int = 10,
        cancelled: IsCancelled | None = None,
    ) -> SearchResult:
        """The `n` best moments for a sentence.

        Nothing that can be typed raises. Raises `ModelUnavailable` or `EngineFailed` when the
        models cannot be asked, and `Cancelled` soon after `cancelled()` becomes true.
        """
        started = time.perf_counter()
        people = self._sources.people.named()
        query = parse(text, people, int(time.time()))
        query = replace(query, filters=filters or Filters())
        ranked = Look(self._sources, query, cancelled or (lambda: False)).ranked()
        moments = self._moments(ranked[:n], query, people)
        asked = bool(query.meaning or query.phrases or query.people or query.filters.people)
        found = any(moment.score >= CUT for moment in moments)
        took_ms = (time.perf_counter() - started) * 1000
        return SearchResult(query, moments, asked and not found, took_ms)

    def similar(self, video_id: VideoId, at_ms: int, n: int = 10) -> SearchResult:
        """Moments that look like a video's frame at `at_ms`, or sound like it where there is no
        picture. Raises `UserError` when that moment has not been indexed yet."""
        started = time.perf_counter()
        batch = self._sources.vectors.batch(video_id, self._sources.towers.frame_space)
        if batch is not None and len(batch):
            row = max(int((batch.start_ms <= at_ms).sum()) - 1, 0)
            found = self._seen(batch.vectors[row])
            start_ms, end_ms = int(batch.start_ms[row]), int(batch.end_ms[row])
        else:
            found, start_ms, end_ms = self._sounding(video_id, at_ms)
        others = [
            c
            for c in found
            if c.video_id != video_id or c.overlap_ms(start_ms - AROUND_MS, end_ms + AROUND_MS) < 0
        ]
        return self._like(others, f"{video_id}@{at_ms / 1000:g}", n, started)

    def by_image(self, path: Path, n: int = 10) -> SearchResult:
        """Moments that look like a picture file. Raises `MediaError` when it is no picture."""
        started = time.perf_counter()
        return self._like(self._seen(self._sources.towers.image(path)), str(path), n, started)

    # Moments like another

    def _seen(self, vector: Vectors) -> Ranking:
        towers = self._sources.towers
        frames = self._sources.sight.frames(towers.frame_space, towers.scene_space, vector, None)
        return sights(frames, vector, ALIKE, "", at_most=1.0)

    def _sounding(self, video_id: VideoId, at_ms: int) -> tuple[Ranking, int, int]:
        passages = self._sources.stages.passages(video_id)
        near = min(
            passages,
            key=lambda p: max(p.start_ms - at_ms, at_ms - p.end_ms, 0),
            default=None,
        )
        if near is None:
            raise UserError("This moment has not been indexed yet; run `heimdex index`.")
        speech = self._sources.speech(near.text, None)
        return speech.meaning(), near.start_ms, near.end_ms

    def _like(self, found: Ranking, asked: str, n: int, started: float) -> SearchResult:
        query = Query(raw=asked, meaning="")
        moments = self._moments(rank([found])[:n], query, self._sources.people.named())
        took_ms = (time.perf_counter() - started) * 1000
        nothing = not any(moment.score >= CUT for moment in moments)
        return SearchResult(query, moments, nothing, took_ms)

    # Showing

    def _moments(
        self, ranked: Sequence[Ranked], query: Query, people: Sequence[Person]
    ) -> tuple[Moment, ...]:
        names = {p.id: p.name for p in people if p.name is not None}
        videos = {each.draft.video_id for each in ranked}
        seen: dict[VideoId, list[Appearance]] = {}
        if names and videos:
            for appearance in self._sources.people.appearances(names, videos):
                seen.setdefault(appearance.video_id, []).append(appearance)
        moments = []
        for each in ranked:
            draft = each.draft
            video = self._sources.catalogue.video(draft.video_id)
            if video is None:
                continue  # Forgotten while we searched.
            reasons = evidence(draft, query, names)
            there = [
                a
                for a in seen.get(draft.video_id, [])
                if a.start_ms < draft.end_ms and a.end_ms > draft.start_ms
            ]
            at_ms = reasons[0].at_ms if reasons else draft.start_ms
            moments.append(
                Moment(
                    video_id=draft.video_id,
                    path=video.path,
                    title=video.title,
                    start_ms=draft.start_ms,
                    end_ms=draft.end_ms,
                    score=each.score,
                    people=tuple(dict.fromkeys(names[a.person_id] for a in there)),
                    evidence=reasons,
                    scene=self._scene(draft.video_id, at_ms),
                    online=video.state is FileState.ONLINE,
                )
            )
        return tuple(moments)

    def _scene(self, video_id: VideoId, at_ms: int) -> int | None:
        scenes = self._sources.stages.scenes(video_id)
        if not scenes:
            return None
        inside = [scene for scene in scenes if scene.start_ms <= at_ms]
        return inside[-1].index if inside else scenes[0].index
