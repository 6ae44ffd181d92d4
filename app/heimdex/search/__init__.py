"""Finding the second: a sentence, a picture or a moment goes in, ranked moments come out.

- `searcher.Searcher`: the entrance.  `towers`: what it needs from models and people.
- `parse` (with `reading`, `names`, `korean`, `exclusions`, `wording`): a sentence taken apart.
- `look`: one query's way.  `scope`: filters.  `retrieve`, `sight`, `nearest`: the channels.
- `locate`: to the word.  `calibration`: how sure.  `moments`, `fuse`, `ranking`: one list.
- `explain`: why.

Storing and indexing are `storage`'s, models are behind `towers`.
"""

from heimdex.search.parse import parse
from heimdex.search.searcher import Searcher
from heimdex.search.towers import QueryTowers, Roll

__all__ = ["QueryTowers", "Roll", "Searcher", "parse"]
