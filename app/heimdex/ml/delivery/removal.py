"""Takes models' files away again.

What was installed is known by the store.
"""

from heimdex.ml.delivery import own
from heimdex.ml.delivery.assembly import Workplace
from heimdex.ml.store import ModelStore


def remove(store: ModelStore, model_id: str) -> bool:
    """Delete a model's files; False when there was nothing to delete."""
    manifest = store.manifest(model_id)
    removed = Workplace(store.models_dir).discard(store.folder(model_id))
    own.forget(manifest, store)
    return removed
