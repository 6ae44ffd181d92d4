"""What a person can set: read from `settings.toml` and the environment, checked, written back.

Whether a named model exists is `ml`'s affair; here a value only has to be of the right kind.
"""

import errno
import logging
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from heimdex.domain.errors import UserError

VERSION = 1
"""Of the file's layout; a file with a higher one is left alone."""

FILE_NAME = "settings.toml"

DEVICES = ("cpu", "cuda", "mps", "auto")
HEMISPHERES = ("north", "south")
OCR_MODELS = ("auto", "rapidocr", "tesseract", "off")
ASR_ENGINES = ("auto", "faster-whisper", "openai-whisper")

_log = logging.getLogger(__name__)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


def default_threads() -> int:
    """Threads a model runtime gets: all of a small machine, half of a larger one, never over 8.

    Above four logical processors half of them are usually the second threads of the same cores,
    and the window must stay smooth.
    """
    try:
        available = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        available = os.cpu_count() or 2
    return max(1, available if available < 4 else min(8, available // 2))


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default: the best set of models that is installed, on a CPU."""

    asr_model: str = "auto"
    """For this and the other models: a name, or `auto` for that of the best installed set."""
    asr_engine: str = "auto"
    asr_device: str = "cpu"
    asr_language: str | None = None
    """ISO 639-1 code to force; None detects it."""
    text_model: str = "auto"
    text_device: str = "cpu"
    vision_model: str = "auto"
    vision_device: str = "cpu"
    face_detector: str = "auto"
    face_model: str = "auto"
    face_device: str = "cpu"
    face_recognition: bool = True
    """Whether faces are looked for and people recognised at all."""
    ocr_model: str = "auto"
    """What reads text on the screen: auto, rapidocr, tesseract, or off."""
    feature_face_licensed: bool = False
    """The person holds a licence for face models that are not free for commercial use."""
    model_source: str = ""
    """Where weights come from before the sources in the manifests: a folder or an address."""
    threads: int = field(default_factory=default_threads)
    sample_every_ms: int = 1000
    """A frame is looked at this often."""
    stable_seconds: int = 10
    """A new file must not have grown for this long before it is indexed."""
    hemisphere: str = "north"
    """Where seasons are: "last summer" is June to August in the north."""

    @classmethod
    def load(cls, home: Path, environ: Mapping[str, str] | None = None) -> Self:
        """Read `home/settings.toml`, if there is one; the environment wins over it.

        Unknown keys are logged and kept; a wrong value raises UserError that names the key and
        where it stands.
        """
        env = os.environ if environ is None else environ
        stored = _read(home / FILE_NAME)
        values: dict[str, Any] = {}
        for entry in fields(cls):
            variable = ENVIRONMENT[entry.name]
            if env.get(variable, "").strip():
                values[entry.name] = _parsed(entry.name, env[variable].strip(), variable)
            elif entry.name in stored:
                where = f"{entry.name} in {home / FILE_NAME}"
                values[entry.name] = _parsed(entry.name, stored[entry.name], where)
        unknown = sorted(set(stored) - set(values) - set(ENVIRONMENT) - {"version"})
        if unknown:
            _log.warning("%s: unknown settings are ignored: %s", FILE_NAME, ", ".join(unknown))
        return cls(**values)

    @classmethod
    def change(
        cls,
        home: Path,
        values: Mapping[str, str | int | bool | None],
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """Set `values` (None: back to the default) in `home/settings.toml` and load the result.

        Only what a person set is in the file, so that better defaults reach everybody else, and
        what the environment says never leaks into it. Raises UserError on a wrong key or value,
        before anything is written.
        """
        target = home / FILE_NAME
        stored = _read(target)
        for key, value in values.items():
            if key not in ENVIRONMENT:
                raise UserError(f"There is no setting named {key!r}.")
            if value is None:
                stored.pop(key, None)
            else:
                parsed = _parsed(key, value, key)
                stored[key] = "auto" if parsed is None else parsed
        stored["version"] = VERSION
        _write(target, stored)
        return cls.load(home, environ)


def _name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError("must be the name of a model")
    return value


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or value.lower() not in allowed:
            raise ValueError("must be one of " + ", ".join(allowed))
        return value.lower()

    return parse


def _language(value: Any) -> str | None:
    if not isinstance(value, str):
        raise ValueError("must be a language code such as ko, or auto")
    code = value.strip().lower()
    if code in ("", "auto"):
        return None
    if not re.fullmatch(r"[a-z]{2,3}", code):
        raise ValueError("must be a language code such as ko, or auto")
    return code


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in _YES | _NO:
        raise ValueError("must be true or false")
    return text in _YES


def _text(value: Any) -> str:
    if not isinstance(value, str) or any(ord(c) < 32 for c in value):
        raise ValueError("must be a text of one line")
    return value.strip()


def _whole(lowest: int, highest: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        complaint = f"must be a whole number from {lowest} to {highest}"
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError(complaint)
        try:
            number = int(value)
        except ValueError:
            raise ValueError(complaint) from None
        if not lowest <= number <= highest:
            raise ValueError(complaint)
        return number

    return parse


_DEVICE = _one_of(DEVICES)
_PARSERS: dict[str, Callable[[Any], Any]] = {
    "asr_model": _name,
    "asr_engine": _one_of(ASR_ENGINES),
    "asr_device": _DEVICE,
    "asr_language": _language,
    "text_model": _name,
    "text_device": _DEVICE,
    "vision_model": _name,
    "vision_device": _DEVICE,
    "face_detector": _name,
    "face_model": _name,
    "face_device": _DEVICE,
    "face_recognition": _flag,
    "ocr_model": _one_of(OCR_MODELS),
    "feature_face_licensed": _flag,
    "model_source": _text,
    "threads": _whole(1, 64),
    "sample_every_ms": _whole(100, 60_000),
    "stable_seconds": _whole(0, 3600),
    "hemisphere": _one_of(HEMISPHERES),
}

# The names of the model card stand as they are; what is Heimdex's own carries its name.
ENVIRONMENT: dict[str, str] = {
    key: f"HEIMDEX_{key.upper()}"
    if key in ("model_source", "threads", "sample_every_ms", "stable_seconds", "hemisphere")
    else key.upper()
    for key in _PARSERS
}
"""Setting → environment variable that overrules it."""


def _parsed(key: str, value: Any, where: str) -> Any:
    try:
        return _PARSERS[key](value)
    except ValueError as error:
        raise UserError(f"{where} {error}, not {value!r}.") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as handle:
            stored = tomllib.load(handle)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"The settings in {file} cannot be read ({error}); mend the file or delete it."
        ) from None
    except OSError as error:
        raise UserError(f"The settings in {file} cannot be read ({error.strerror}).") from error
    version = stored.get("version", VERSION)
    if not isinstance(version, int) or version > VERSION:
        raise UserError(
            f"The settings in {file} were written by a newer Heimdex; update Heimdex or move the "
            "file away."
        )
    return stored


def _write(file: Path, values: Mapping[str, Any]) -> None:
    ordered = ["version", *(k for k in values if k != "version")]
    lines = [f"{_key(key)} = {_toml(values[key])}" for key in ordered]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".settings-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write("\n".join(lines) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(file)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"The disk that holds {file.parent} is full; free some space and try again."
            ) from error
        raise UserError(f"The settings cannot be saved to {file} ({error.strerror}).") from error


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml(key)


def _toml(value: Any) -> str:
    """One TOML value; only what a settings file can hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        escaped = re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found.group()):04x}", escaped)
        return f'"{escaped}"'
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    return str(value)  # dates, which TOML writes as they print
