"""The list of things that the starter eyes can judge, and the engine that hands it out."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from heimdex.domain.engines import NamingVision
from heimdex.domain.errors import UserError
from heimdex.ml import concepts, manifests, things
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore
from heimdex.ml.text import SentenceEncoder
from heimdex.ml.vision import SentenceSpaceVision

CHECKOUT = Path(__file__).resolve().parents[2]
LIST = CHECKOUT / "resources" / "vision" / "things.tsv"


def test_the_list_names_classes_that_there_are_and_every_word_once() -> None:
    listed = concepts.read(LIST.with_name("concepts.tsv"))
    read = things.read(LIST, len(listed))
    assert len(read) > 150
    words = Counter(word for thing in read for word in thing.words)
    assert [word for word, count in words.items() if count > 1] == []
    assert all(word == word.casefold() for word in words)
    cat = next(thing for thing in read if "고양이" in thing.words)
    assert "cat" in cat.words
    assert {listed[c].names[0] for c in cat.concepts} >= {"tabby cat", "Siamese cat"}


@pytest.mark.parametrize("classes", ["", "3-5 1000", "x"])
def test_a_list_with_a_gap_is_refused(tmp_path: Path, classes: str) -> None:
    path = tmp_path / "things.tsv"
    path.write_text(f"words\tkorean\tclasses\ncat\t고양이\t{classes}\n", encoding="utf-8")
    with pytest.raises(UserError, match="things"):
        things.read(path, 1000)


def test_the_starter_eyes_hand_out_what_they_know_by_name(starter_models: Path) -> None:
    store = ModelStore(starter_models, manifests.load(CHECKOUT / "models"), source="")
    text = SentenceEncoder(store, store.manifest("use-multilingual"), Compute())
    engine = SentenceSpaceVision(store, store.manifest("effnet-lite2-use"), Compute(), text)
    assert isinstance(engine, NamingVision)
    known = engine.concepts()
    assert known.directions.shape == (1000, engine.dims)
    np.testing.assert_allclose(np.linalg.norm(known.directions, axis=1), 1, atol=1e-5)
    assert 0 < known.least < known.shown < 1
    assert engine._graph is None  # Asking for names opens no network.
