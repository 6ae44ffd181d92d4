"""Finding the second: a sentence, pictures, moments or their sum go in, ranked moments come out.

- `searcher.Searcher`: the entrance.  `towers`: what it needs from models and people; `host_towers`:
  the models in the query host.
- `parse` (with `reading`, `operators`, `lengths`, `dates`, `date_words`, `date_parts`, `clock`,
  `exclusions`, `negations`, `names`, `spacing`, `korean`, `wording`): a sentence taken apart.
  `chips`: and changed.
- `blend`: several examples as one.  `meeting`: several parts at one time.
- `watching`: saved searches.  `suggest` (with `prefixes`, `slips`): how a sentence may go on.
- `look`: one query's way.  `scope`: filters.  `retrieve`, `sight`, `nearest`: the channels.
- `locate`: to the word.  `calibration`: how sure.  `moments`, `fuse`, `ranking`: one list.
- `explain`: why.

Storing and indexing are `storage`'s, models are behind `towers`.
"""
