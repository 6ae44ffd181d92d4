"""Asks saved searches again and says what they find that was not there before.

Keeping them is storage's work, finding the searcher's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from heimdex.domain.ids import VideoId
from heimdex.domain.search import Moment, Question, SavedSearch, SearchResult
from heimdex.search.calibration import CUT
from heimdex.search.look import IsCancelled
from heimdex.search.searcher import Searcher
from heimdex.storage.searches import SearchStore, Span

MOST = 200
"""Moments of one saved search that are told apart."""


@dataclass(frozen=True, slots=True)
class Again:
    """A saved search asked again; `new` are the matches that were not there when it was last
    looked at."""

    saved: SavedSearch
    result: SearchResult
    new: tuple[Moment, ...]


class SavedSearches:
    """The saved searches of one library."""

    def __init__(self, store: SearchStore, searcher: Searcher) -> None:
        self.store = store
        self._searcher = searcher

    def save(
        self, name: str, question: Question, cancelled: IsCancelled | None = None
    ) -> SavedSearch:
        """Keep a question; what it finds now is not new. Raises what `Searcher.ask` raises, and
        `UserError` for a name that is none."""
        result = self._searcher.ask(question, MOST, cancelled)
        return self.store.save(name, question, spans(result.moments))

    def ask(self, saved: SavedSearch, cancelled: IsCancelled | None = None) -> Again:
        """Ask again, without marking anything as seen. Raises what `Searcher.ask` raises."""
        result = self._searcher.ask(saved.question, MOST, cancelled)
        return Again(saved, result, tuple(unseen(result.moments, saved.seen)))

    def look(self, again: Again) -> None:
        """What was found has been looked at."""
        self.store.mark_seen(again.saved.id, spans(again.result.moments))


def spans(moments: Iterable[Moment]) -> list[Span]:
    """Where the matches are."""
    return [(m.video_id, m.start_ms, m.end_ms) for m in moments if m.score >= CUT]


def unseen(moments: Iterable[Moment], seen: Sequence[Span]) -> list[Moment]:
    """Matches that overlap none of `seen`."""
    by_video: dict[VideoId, list[Span]] = {}
    for span in seen:
        by_video.setdefault(span[0], []).append(span)
    return [
        moment
        for moment in moments
        if moment.score >= CUT
        and not any(
            start_ms < moment.end_ms and moment.start_ms < end_ms
            for _, start_ms, end_ms in by_video.get(moment.video_id, ())
        )
    ]
