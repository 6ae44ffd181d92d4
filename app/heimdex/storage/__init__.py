"""The library on disk: SQLite is the truth, Chroma an index made from it, pictures are files.

What is stored where:

- `database.Database`: connections, transactions, migrations, damage.
- `catalogue.Catalogue`: folders, files, videos, media info.
- `stages.StageStore`: what each stage found, committed one stage at a time.
- `jobs.JobStore`: the queue.
- `vectors.VectorStore`, `vectors.Matrix`: embeddings and exact search over them.
- `lexicon.Lexicon`, `wordforms.terms`: words (FTS5).
- `chroma.VectorIndex`: approximate search, rebuilt from the vectors whenever in doubt.
- `people.PeopleStore`: people, aliases, assignments, decisions, undo journal.
- `artefacts.Artefacts`: posters, scene thumbnails, face crops.
- `lock.LibraryLock`: one process at a time.

What any of it means is left to `indexing`, `search` and `people`.
"""
