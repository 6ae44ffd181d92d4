"""Chooses what reads text on the screen, by the setting and by what is installed.

Running it is the readers' affair; `factory` is the entrance.
"""

from collections.abc import Sequence

from heimdex.domain.engines import TextReader
from heimdex.domain.errors import UserError
from heimdex.ml.runtime import Compute
from heimdex.ml.store import ModelStore

READER = "rapidocr-small"
KOREAN = "rapidocr-korean"
TESSERACT = "tesseract"
SYSTEM_KOREAN = "tesseract-kor"
"""Not a model of ours: the system's Tesseract asked for what PP-OCR is unsure of."""

OFF = "off"
CHOICES = ("auto", "rapidocr", TESSERACT, OFF)
_PARTS = frozenset({READER, KOREAN, TESSERACT, SYSTEM_KOREAN})


def parts(value: str, store: ModelStore) -> tuple[str, ...]:
    """What reads under the setting `value`: nothing, the one reader, or a reader and a second one.

    `value` may also be what `settled` made of it. `UserError` for a name nobody knows.
    """
    if value == OFF:
        return ()
    if value == TESSERACT:
        return (TESSERACT,)
    if value in ("auto", "rapidocr"):
        return (READER, *_second(value, store))
    named = tuple(value.split("+"))
    if not _PARTS.issuperset(named) or named[0] not in (READER, TESSERACT):
        known = ", ".join(CHOICES)
        raise UserError(f"OCR_MODEL is {value!r}, which is not known; there are: {known}.")
    return named


def settled(value: str, store: ModelStore) -> str:
    """The setting with the choice made, for another process to make the same."""
    return "+".join(parts(value, store)) or OFF


def name(value: str, store: ModelStore) -> str:
    """What is written down about a run of the stage, "" where nothing reads."""
    return "+".join(_written_down(part, store) for part in parts(value, store))


def reader(value: str, store: ModelStore, compute: Compute) -> TextReader | None:
    """The reader, None where the setting is off."""
    chosen = parts(value, store)
    if not chosen:
        return None
    if chosen[0] == TESSERACT:
        from heimdex.ml.ocr_tesseract import Tesseract

        return Tesseract(store, store.manifest(READER), compute)
    return _network(chosen, store, compute)


def _network(chosen: Sequence[str], store: ModelStore, compute: Compute) -> TextReader:
    from heimdex.ml.ocr import KoreanNetwork, PpOcr, SecondReader
    from heimdex.ml.ocr_tesseract import TesseractLines

    second: SecondReader | None = None
    if KOREAN in chosen:
        second = KoreanNetwork(store, store.manifest(KOREAN), compute)
    elif SYSTEM_KOREAN in chosen:
        second = TesseractLines()
    return PpOcr(store, store.manifest(READER), compute, second)


def _written_down(part: str, store: ModelStore) -> str:
    if part in store.manifests:
        return f"{part}@{store.manifest(part).space_revision}"
    if part == TESSERACT:
        from heimdex.ml import ocr_tesseract

        # Another language makes it worth reading again.
        return f"{part}@{ocr_tesseract.asked_for()}"
    return part


def _second(value: str, store: ModelStore) -> tuple[str, ...]:
    if store.is_installed(KOREAN):
        return (KOREAN,)
    if value == "auto":
        from heimdex.ml import ocr_tesseract

        if ocr_tesseract.KOREAN in ocr_tesseract.languages():
            return (SYSTEM_KOREAN,)
    return ()
