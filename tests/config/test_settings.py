import logging
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heimdex.config import settings as module
from heimdex.config.settings import ENVIRONMENT, FILE_NAME, Settings
from heimdex.domain.errors import UserError


def write(home: Path, text: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / FILE_NAME).write_text(text, encoding="utf-8")


def test_the_defaults_are_the_best_installed_models_on_a_cpu(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, {})
    assert settings.asr_language is None
    assert settings.asr_model == settings.text_model == settings.vision_model == "auto"
    assert settings.face_detector == settings.face_model == "auto"
    assert settings.face_device == "cpu"
    assert settings.feature_face_licensed is False
    assert settings.sample_every_ms == 1000
    assert 1 <= settings.threads <= 8
    assert not (tmp_path / FILE_NAME).exists()


def test_every_setting_has_a_parser_and_a_variable() -> None:
    names = {entry.name for entry in fields(Settings)}
    assert names == set(ENVIRONMENT) == set(module._PARSERS)
    for name in ("ASR_MODEL", "TEXT_DEVICE", "FACE_DETECTOR", "FEATURE_FACE_LICENSED"):
        assert ENVIRONMENT[name.lower()] == name
    assert ENVIRONMENT["model_source"] == "HEIMDEX_MODEL_SOURCE"


def test_every_setting_stands_in_the_guide() -> None:
    """With its variable and its default; and nothing stands there that is no setting."""
    guide = Path(__file__).resolve().parents[2] / "docs" / "using.md"
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| ([^|]+) \|", guide.read_text("utf-8"), re.M)
    assert {key: variable for key, variable, _ in rows} == ENVIRONMENT
    in_words = {"asr_language": "detected", "model_source": "none", "threads": "half of the"}
    for entry in fields(Settings):
        written = next(default for key, _, default in rows if key == entry.name)
        if entry.name in in_words:
            assert written.startswith(in_words[entry.name])
        else:
            assert written.strip("`") == str(entry.default).lower()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'version = 1\nasr_model = "small"\nthreads = 3\nasr_language = "KO"\n')
    environ = {"ASR_MODEL": "medium", "HEIMDEX_THREADS": "5", "FACE_DEVICE": "  "}
    settings = Settings.load(tmp_path, environ)
    assert (settings.asr_model, settings.threads) == ("medium", 5)
    assert (settings.asr_language, settings.face_device) == ("ko", "cpu")
    assert Settings.load(tmp_path, {}).asr_model == "small"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('asr_device = "gpu"', "asr_device.* must be one of cpu, cuda, mps, auto, not 'gpu'"),
        ('asr_engine = "magic"', "asr_engine.* must be one of auto, faster-whisper"),
        ("asr_model = 3", "asr_model.* must be the name of a model"),
        ('asr_model = ""', "asr_model.* must be the name"),
        ('asr_language = "Korean"', "asr_language.* language code"),
        ('threads = "many"', "threads.* whole number from 1 to 64, not 'many'"),
        ("threads = 0", "threads.* whole number"),
        ("threads = true", "threads.* whole number"),
        ("sample_every_ms = 1.5", "sample_every_ms.* whole number"),
        ('feature_face_licensed = "maybe"', "feature_face_licensed.* true or false"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    write(tmp_path, line)
    with pytest.raises(UserError, match=complaint) as caught:
        Settings.load(tmp_path, {})
    assert str(tmp_path / FILE_NAME) in str(caught.value)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^VISION_DEVICE must be one of"):
        Settings.load(tmp_path, {"VISION_DEVICE": "tpu"})


@pytest.mark.parametrize("text", ["asr_model = ", "\x00\xff", "version = 2", 'version = "1"'])
def test_a_file_that_cannot_be_read_is_left_alone(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(UserError, match="settings"):
        Settings.load(tmp_path, {})
    with pytest.raises(UserError, match="settings"):
        Settings.change(tmp_path, {"threads": 1}, {})
    assert (tmp_path / FILE_NAME).read_text("utf-8") == text


def test_unknown_settings_are_said_and_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, 'colour = "blue"\n[window]\nwidth = 800\nsides = [1, "two", 2020-01-01]\n')
    with caplog.at_level(logging.WARNING):
        Settings.load(tmp_path, {})
    assert "colour, window" in caplog.text
    Settings.change(tmp_path, {"threads": 2}, {})
    stored = tomllib.loads((tmp_path / FILE_NAME).read_text("utf-8"))
    assert stored["colour"] == "blue"
    assert stored["window"]["width"] == 800
    assert stored["window"]["sides"][1] == "two"


def test_changing_writes_only_what_a_person_set(tmp_path: Path) -> None:
    home = tmp_path / "new"
    environ = {"ASR_MODEL": "medium"}
    changed = Settings.change(home, {"vision_model": "siglip2", "asr_language": "ko"}, environ)
    assert (changed.vision_model, changed.asr_model) == ("siglip2", "medium")
    stored = tomllib.loads((home / FILE_NAME).read_text("utf-8"))
    assert stored == {"version": 1, "vision_model": "siglip2", "asr_language": "ko"}
    Settings.change(home, {"vision_model": None, "asr_language": "auto"}, {})
    again = Settings.load(home, {})
    assert (again.vision_model, again.asr_language) == ("auto", None)
    with pytest.raises(UserError, match="threads"):
        Settings.change(home, {"vision_model": "openclip", "threads": -1}, {})
    with pytest.raises(UserError, match="no setting named 'colour'"):
        Settings.change(home, {"colour": "blue"}, {})
    assert Settings.load(home, {}).vision_model == "auto"
    assert [file.name for file in home.iterdir()] == [FILE_NAME]


VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), VALUES))
def test_what_is_written_is_valid_toml(values: dict[str, object]) -> None:
    text = "\n".join(f"{module._key(k)} = {module._toml(v)}" for k, v in values.items())
    assert tomllib.loads(text) == values
