"""The tests' hub speaks the true protocol: the hub's own client works with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hub_server import COMMIT, Hub, Trouble, git_blob, sha256

LARGE = bytes(range(256)) * (48 << 10)  # 12 MiB
SMALL = b'{"hidden_size": 7}'


CLIENT = """
import sys
from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
for name in ("sub/model.bin", "config.json"):
    path = hf_hub_download("somebody/tiny", name, revision=sys.argv[1])
    about = get_hf_file_metadata(hf_hub_url("somebody/tiny", name, revision=sys.argv[1]))
    print(path, about.commit_hash, about.etag, about.size, sep="|")
"""


def client(hub: Hub, cache: Path, revision: str) -> list[list[str]]:
    environment = os.environ | {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HUB_CACHE": str(cache),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, revision],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split("|") for line in done.stdout.splitlines()]


@pytest.mark.loopback
@pytest.mark.parametrize("cache_small", [False, True])
def test_the_hubs_own_client_downloads_from_it(hub: Hub, tmp_path: Path, cache_small: bool) -> None:
    hub.cache_small = cache_small
    hub.put("somebody/tiny", "sub/model.bin", LARGE)
    hub.put("somebody/tiny", "config.json", SMALL)
    # Broken off once, after the first of its own chunks of 10 MiB, so that it asks for the rest.
    hub.plan("sub/model.bin", Trouble(cut=11 << 20))
    large, small = client(hub, tmp_path / "cache", COMMIT)
    assert Path(large[0]).read_bytes() == LARGE
    assert Path(small[0]).read_bytes() == SMALL
    assert large[1:] == [COMMIT, sha256(LARGE), str(len(LARGE))]
    assert small[1:] == [COMMIT, git_blob(SMALL), str(len(SMALL))]
    ranges = [a.headers.get("Range") for a in hub.asked if a.host == "cdn" and a.method == "GET"]
    assert ranges == [None, f"bytes={10 << 20}-"]
    # The layout of its cache, in which `nearby` looks.
    repo = tmp_path / "cache" / "models--somebody--tiny"
    assert (repo / "blobs" / sha256(LARGE)).is_file()
    assert (repo / "blobs" / git_blob(SMALL)).is_file()
    assert (repo / "snapshots" / COMMIT / "sub" / "model.bin").read_bytes() == LARGE
