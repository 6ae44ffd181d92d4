"""What every test stands on: a home of its own, no network, no screen, and where real media and
weights are. Making media is left to `media_factory`, opening libraries to the tests themselves.
"""

import os
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OFFLINE = Path(__file__).resolve().parent / "offline"

# Before anything imports Qt or opens a socket; children inherit all of it.
sys.path.insert(0, str(OFFLINE))
import closed_network  # noqa: E402
import hypothesis  # noqa: E402
import pytest  # noqa: E402

from heimdex.config.settings import ENVIRONMENT  # noqa: E402

# How long an example takes says how busy the machine is, and nothing about the code.
hypothesis.settings.register_profile(
    "anywhere", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("anywhere")

ASKED_MODELS = os.environ.get("HEIMDEX_MODELS")
ASKED_SHARED = os.environ.get("HEIMDEX_SHARED")


def pytest_configure(config: pytest.Config) -> None:
    """Take the process off the network and the screen, and away from the developer's library."""
    config.addinivalue_line("markers", "loopback: may open connections to this machine itself")
    home = tempfile.TemporaryDirectory(prefix="heimdex-tests-")
    config.add_cleanup(home.cleanup)
    inherited = os.environ.get("PYTHONPATH")
    os.environ.update(
        HEIMDEX_HOME=home.name,  # For fixtures that live longer than a test.
        QT_QPA_PLATFORM="offscreen",
        HF_HUB_OFFLINE="1",
        PYTHONPATH=os.pathsep.join(filter(None, [str(OFFLINE), inherited])),
    )
    # What a developer has set for a library of their own must not leak into a test.
    for name in (*ENVIRONMENT.values(), "HEIMDEX_MODELS", "HF_ENDPOINT", "HF_TOKEN"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, not yet made; `tmp_path` beside it stays free for media."""
    folder = tmp_path / "home"
    monkeypatch.setenv("HEIMDEX_HOME", str(folder))
    if request.node.get_closest_marker("loopback"):
        monkeypatch.setenv(closed_network.LOOPBACK, "1")
    if "starter_models" in request.fixturenames:
        models = request.getfixturevalue("starter_models")
        monkeypatch.setenv("HEIMDEX_MODELS", str(models))
    return folder


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """The folder of real media that is not a part of the repository."""
    folder = Path(ASKED_SHARED) if ASKED_SHARED else CHECKOUT.parent / "shared"
    if not (folder / "media").is_dir():
        pytest.skip("the shared media are not beside the checkout (set HEIMDEX_SHARED)")
    return folder / "media"


@pytest.fixture(scope="session")
def sample_media() -> Path:
    """The repository's own sample: short videos with speech, sights and a face."""
    return CHECKOUT / "resources" / "sample"


@pytest.fixture(scope="session")
def short_sample(sample_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven seconds of each video of the sample: for what happens to a video, however long."""
    from media_factory import cut

    folder = tmp_path_factory.mktemp("short")
    for path in sample_media.glob("*.mp4"):
        cut(path, folder / path.name, 7)
    return folder


@pytest.fixture(scope="session")
def starter_models() -> Path:
    """The weights' root with the Starter set in it; the test's HEIMDEX_MODELS points at it."""
    from heimdex.ml import manifests
    from heimdex.ml.store import ModelStore

    root = Path(ASKED_MODELS) if ASKED_MODELS else CHECKOUT / "models"
    described = manifests.load(CHECKOUT / "models")
    store = ModelStore(root, described)
    missing = [
        model.id
        for model in described.values()
        if manifests.Tier.STARTER in model.sets and not store.is_installed(model.id)
    ]
    if missing:
        reason = f"not installed: {', '.join(missing)} (heimdex models download --set starter)"
        if os.environ.get("HEIMDEX_REQUIRE_MODELS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return root
