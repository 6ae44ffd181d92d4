"""Answers a question (a sentence, pictures, moments, or their sum) with moments: the entrance.

Each step is a module beside it: parse → scope → blend → retrieve, sight → moments, ranking →
folding → explain. Models are asked through `QueryTowers`, people through `Roll`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from heimdex.domain.errors import UserError
from heimdex.domain.faces import Appearance, Person
from heimdex.domain.ids import VideoId
from heimdex.domain.media import FileState, Scene
from heimdex.domain.search import (
    Chip,
    ChipKind,
    EvidenceKind,
    Filters,
    Like,
    Moment,
    Part,
    Query,
    Question,
    SearchResult,
    Sort,
    When,
)
from heimdex.search.blend import Blend
from heimdex.search.calibration import CUT, DOUBTFUL
from heimdex.search.datings import Datings
from heimdex.search.explain import evidence
from heimdex.search.folding import Folded, SceneAt, folded
from heimdex.search.look import IsCancelled, Look, Sources, unwanted
from heimdex.search.meeting import meeting
from heimdex.search.moments import Draft
from heimdex.search.parse import parse
from heimdex.search.ranking import APART, Ranked
from heimdex.search.scope import folder_names, is_limited, told_by, videos_in
from heimdex.search.screen import Screen
from heimdex.search.sight import Sight
from heimdex.search.towers import QueryTowers, Roll
from heimdex.storage.catalogue import Catalogue
from heimdex.storage.chroma import VectorIndex
from heimdex.storage.lexicon import OCR_LINES, Lexicon
from heimdex.storage.stages import StageStore
from heimdex.storage.token_weights import TokenWeights
from heimdex.storage.vectors import VectorStore
from heimdex.storage.wordforms import words

_GIVEN_BACK = (ChipKind.DATE, ChipKind.LENGTH)
"""Chips that may have been meant as words: a date can be said or stand on the screen."""


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
        southern: bool = False,
    ) -> None:
        """`southern`: seasons are those south of the equator."""
        sight = Sight(vectors, index)
        written = lexicon.beside(OCR_LINES)
        self._sources = Sources(
            catalogue=catalogue,
            stages=stages,
            vectors=vectors,
            weights=TokenWeights(vectors.database),
            lexicon=lexicon,
            index=index,
            people=people,
            towers=towers,
            sight=sight,
            screen=Screen(stages, written),
            datings=Datings(catalogue, written),
        )
        self._southern = southern

    def understand(self, question: Question) -> Query:
        """How a question's sentence is read, against the people, folders and clock as they are now.
        Asks no model; nothing that can be typed raises."""
        text = question.text
        # Looking through all paths is only worth it for a sentence that may name a folder.
        folders = (
            folder_names(self._sources.catalogue)
            if "폴더" in text or "folder" in text.casefold()
            else ()
        )
        query = parse(
            text,
            self._sources.people.named(),
            int(time.time()),
            plain=question.plain,
            folders=folders,
            summed=bool(question.likes),
            southern=self._southern,
        )
        return replace(query, filters=_with_kinds(question.filters, query.kinds))

    def ask(
        self, question: Question, n: int = 10, cancelled: IsCancelled | None = None
    ) -> SearchResult:
        """The `n` best moments.

        Raises `ModelUnavailable` or `EngineFailed` when the models cannot be asked, `MediaError`
        for an example that is no picture, `UserError` for a moment that has not been indexed, and
        `Cancelled` soon after `cancelled()` becomes true, also while a model is asked.
        """
        started = time.perf_counter()
        given_up = cancelled or (lambda: False)
        sources = replace(self._sources, towers=self._sources.towers.until(given_up))
        query = self.understand(question)
        looks: list[Look] = []
        ranked, dropped = self._ranked(sources, query, question, given_up, looks)
        if question.sort is Sort.DATE:
            ranked = self._by_date(ranked)
        people = self._sources.people.named()
        scene_at = self._scenes()
        moments = self._moments(folded(ranked, n, scene_at), query, people, scene_at)
        asked = _has_content(query, question) or _is_narrowed(query)
        found = any(moment.score >= CUT for moment in moments)
        weak = asked and not found
        unsure = weak and not all(look.can_judge() for look in looks)
        said = weak and not unsure
        missing = tuple(dict.fromkeys(name for look in looks if said for name in look.missing()))
        took_ms = (time.perf_counter() - started) * 1000
        return SearchResult(query, moments, said, took_ms, dropped, unsure, missing)

    def search(
        self,
        text: str,
        filters: Filters | None = None,
        n: int = 10,
        cancelled: IsCancelled | None = None,
    ) -> SearchResult:
        """The `n` best moments for a sentence; see `ask`."""
        return self.ask(Question(text, filters=filters or Filters()), n, cancelled)

    def similar(self, video_id: VideoId, at_ms: int, n: int = 10) -> SearchResult:
        """Moments that look like a video's frame at `at_ms`, or sound like it where there is no
        picture. Raises `UserError` when that moment has not been indexed yet."""
        asked = self.ask(Question(likes=(Like(video_id=video_id, at_ms=at_ms),)), n)
        return replace(asked, query=replace(asked.query, raw=f"{video_id}@{at_ms / 1000:g}"))

    def by_image(self, path: Path, n: int = 10) -> SearchResult:
        """Moments that look like a picture file. Raises `MediaError` when it is no picture."""
        asked = self.ask(Question(likes=(Like(picture=path),)), n)
        return replace(asked, query=replace(asked.query, raw=str(path)))

    # Finding

    def _ranked(
        self,
        sources: Sources,
        query: Query,
        question: Question,
        cancelled: IsCancelled,
        looks: list[Look],
    ) -> tuple[list[Ranked], tuple[Chip, ...]]:
        """Moments, best first, and the chips that had to be left aside. `looks` takes every way
        through the channels, as they can say what an answer without a match is worth."""

        generations = sources.towers.generations()

        def look(how: Query) -> list[Ranked]:
            if len(generations) == 1:
                return look_with(how, *generations[0])
            found: list[Ranked] = []
            refused: list[UserError] = []
            for towers, videos in generations:
                try:
                    found += look_with(how, towers, videos)
                except UserError as error:
                    # A moment that is an example is known to one of the models only.
                    refused.append(error)
            if len(refused) == len(generations):
                raise refused[0]
            return sorted(found, key=lambda each: -each.score)

        def look_with(
            how: Query, towers: QueryTowers, videos: frozenset[VideoId] | None
        ) -> list[Ranked]:
            asking = replace(sources, towers=towers)
            blend = None
            if question.likes or how.terms:
                blend = Blend(asking.stages, asking.vectors, towers, how, question.likes)
            looks.append(Look(asking, how, cancelled, blend, videos))
            return looks[-1].ranked()

        if not _has_content(query, question):
            return (self._browsed(query) if _is_narrowed(query) else []), ()
        if query.parts:
            return meeting([look(_of_part(query, part)) for part in query.parts]), ()
        found = [*self._literal(query, question, look), *look(query)]
        doubtful = tuple(c for c in query.chips if c.kind in _GIVEN_BACK and not c.negated)
        if not doubtful or any(each.score >= CUT for each in found):
            return found, ()
        # Perhaps the date was never when it was filmed, but is said or written there.
        plain = (*question.plain, *(chip.plain for chip in doubtful))
        as_words = look(self.understand(replace(question, plain=plain)))
        literal = [each for each in as_words if each.score >= CUT and _holds(each, doubtful)]
        if literal:
            return [*literal, *found], ()
        vague = all(isinstance(c.value, When) and c.value.yearly for c in doubtful)
        if vague and any(each.score >= CUT for each in as_words):
            # "in the fall" may be how it looks rather than when it was.
            return as_words, doubtful
        if any(each.score >= DOUBTFUL for each in found):
            return found, ()
        undated = look(replace(query, dates=(), lengths=()))
        if not videos_in(query, sources.catalogue, sources.datings):
            return [_near(each) for each in undated], doubtful
        # What fits at another time is nearer than what hardly does at the right one.
        fits = [_near(each) for each in undated if each.score >= CUT]
        return [*fits, *found], doubtful if fits else ()

    def _literal(
        self, query: Query, question: Question, look: Callable[[Query], list[Ranked]]
    ) -> list[Ranked]:
        """Moments in which just those words are said that look like an exclusion: somebody may
        remember "we go without fear" and not mean those who go without it."""
        soft = tuple(
            chip
            for chip in query.chips
            if chip.negated and chip.kind is ChipKind.WORDS and not chip.written
        )
        said = [c for c in soft if self._sources.lexicon.phrase(query.text[c.start : c.end], 1)]
        if not said:
            return []
        plain = (*question.plain, *(chip.plain for chip in said))
        as_words = look(self.understand(replace(question, plain=plain)))
        needed = [set(words(query.text[chip.start : chip.end])) for chip in said]
        return [
            each
            for each in as_words
            if each.score >= CUT and any(_says(each, some) for some in needed)
        ]

    def _browsed(self, query: Query) -> list[Ranked]:
        """Whole videos, newest first: all that was asked for is when, where or how long, or what
        is not in them."""
        sources = self._sources
        kept = videos_in(query, sources.catalogue, sources.datings)
        out = {span.video_id for span in unwanted(sources, query, kept)}
        videos = [
            video
            for video in sources.catalogue.videos()
            if (kept is None or video.id in kept) and video.id not in out and video.duration_ms
        ]
        videos.sort(key=lambda v: -(v.recorded_at or v.added_at))
        return [Ranked(Draft(video.id, 0, video.duration_ms), 1.0) for video in videos]

    def _by_date(self, ranked: Sequence[Ranked]) -> list[Ranked]:
        """Newest recording first, in each video by time; what is no match stays behind."""
        dates = {
            video.id: video.recorded_at or video.added_at
            for video in self._sources.catalogue.videos()
        }

        def key(each: Ranked) -> tuple[int, VideoId, int]:
            draft = each.draft
            return -dates.get(draft.video_id, 0), draft.video_id, draft.start_ms

        matches = [each for each in ranked if each.score >= CUT]
        # Without a match the nearest come first, whenever they were.
        return sorted(matches, key=key) + [each for each in ranked if each.score < CUT]

    # Showing

    def _moments(
        self,
        shown: Sequence[Folded],
        query: Query,
        people: Sequence[Person],
        scene_at: SceneAt,
    ) -> tuple[Moment, ...]:
        names = {p.id: p.name for p in people if p.name is not None}
        videos = {each.ranked.draft.video_id for each in shown}
        seen: dict[VideoId, list[Appearance]] = {}
        if names and videos:
            for appearance in self._sources.people.appearances(names, videos):
                seen.setdefault(appearance.video_id, []).append(appearance)
        told = self._sources.datings.of(query, int(time.time())) if query.dates else {}
        moments = []
        for each in shown:
            draft = each.ranked.draft
            video = self._sources.catalogue.video(draft.video_id)
            if video is None:
                continue  # Forgotten while we searched.
            telling = told_by(query, video.recorded_at, told.get(draft.video_id, ()))
            there = [
                a
                for a in seen.get(draft.video_id, [])
                if a.start_ms < draft.end_ms and a.end_ms > draft.start_ms
            ]
            reasons = evidence(draft, query, names, telling, {a.person_id for a in there})
            at_ms = reasons[0].at_ms if reasons else draft.start_ms
            moments.append(
                Moment(
                    video_id=draft.video_id,
                    path=video.path,
                    title=video.title,
                    start_ms=draft.start_ms,
                    end_ms=draft.end_ms,
                    score=each.ranked.score,
                    people=tuple(dict.fromkeys(names[a.person_id] for a in there)),
                    evidence=reasons,
                    scene=scene_at(draft.video_id, at_ms),
                    online=video.state is FileState.ONLINE,
                    recorded_at=video.recorded_at,
                    also_ms=tuple(each.also_ms),
                )
            )
        return tuple(moments)

    def _scenes(self) -> SceneAt:
        """Says which scene is on; reads each video's scenes once."""
        kept: dict[VideoId, tuple[Scene, ...]] = {}

        def scene_at(video_id: VideoId, at_ms: int) -> int | None:
            if video_id not in kept:
                kept[video_id] = self._sources.stages.scenes(video_id)
            scenes = kept[video_id]
            if not scenes:
                return None
            inside = [scene for scene in scenes if scene.start_ms <= at_ms]
            return inside[-1].index if inside else scenes[0].index

        return scene_at


def _with_kinds(filters: Filters, kinds: frozenset[EvidenceKind]) -> Filters:
    """The kinds that the sentence asks for, of those chosen beside it unless none is left."""
    if not kinds:
        return filters
    return replace(filters, kinds=kinds & filters.kinds or kinds)


def _of_part(query: Query, part: Part) -> Query:
    kinds = frozenset({part.kind}) if part.kind is not None else frozenset()
    filters = replace(query.filters, kinds=kinds)
    return replace(query, meaning=part.meaning, phrases=part.phrases, filters=filters, parts=())


def _has_content(query: Query, question: Question) -> bool:
    """Whether anything but when, where and how long is asked for."""
    words = query.meaning or query.phrases or query.terms
    return bool(words or question.likes or query.people or query.filters.people)


def _is_narrowed(query: Query) -> bool:
    """Whether anything limits what is shown, also by what must not be in it."""
    return is_limited(query) or bool(query.excluded or query.excluded_people)


def _holds(ranked: Ranked, chips: Sequence[Chip]) -> bool:
    """Whether the words of a chip are said, or stand on the screen."""
    return any(_says(ranked, set(words(chip.plain))) for chip in chips)


def _says(ranked: Ranked, some: set[str]) -> bool:
    """Whether one thing that is said or written there holds all of some words."""
    return any(
        some <= set(words(reason.text))
        for reason in ranked.draft.reasons.values()
        if reason.channel.kind in (EvidenceKind.SPEECH, EvidenceKind.TEXT)
    )


def _near(ranked: Ranked) -> Ranked:
    return replace(ranked, score=min(APART * ranked.score, CUT - 0.01))
