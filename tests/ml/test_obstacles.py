"""What is said where a package is missing is something that can be done here."""

import sys

import pytest

from heimdex.domain.errors import ModelUnavailable
from heimdex.ml import obstacles
from heimdex.ml.delivery import folders
from heimdex.ml.delivery.parts import SourceFailed
from heimdex.ml.manifests import Form, ModelFile
from heimdex.ml.reference import libraries

FORM = Form("openai", [ModelFile("model.pt", 1, "0" * 64)], requires=["no_such_runtime"])


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)


def test_beside_a_source_checkout_a_command_brings_it() -> None:
    assert obstacles.of_form(FORM).endswith("; run: scripts/setup --torch")
    with pytest.raises(ModelUnavailable, match="run: scripts/setup --torch"):
        libraries.load("torch.no_such_module")


@pytest.mark.usefixtures("packaged")
def test_the_installed_program_is_not_told_to_run_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(folders.PACKAGES, "s3", "no_such_filesystem")
    said = [obstacles.of_form(FORM)]
    with pytest.raises(ModelUnavailable) as missing:
        libraries.load("torch.no_such_module")
    with pytest.raises(SourceFailed) as remote:
        folders._remote("s3://bucket/models")
    for message in (*said, str(missing.value), str(remote.value)):
        assert "cannot take it in" in message
        assert "pip" not in message
        assert "scripts/" not in message
