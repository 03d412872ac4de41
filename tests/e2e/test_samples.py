"""Data folders of earlier versions are opened by today's code: tests/samples/README.md."""

import tarfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.e2e.service import Service
from tests.origin import Origin

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.tar.xz"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name.partition(".")[0])
def test_a_data_folder_of_an_earlier_version_goes_on(sample: Path, tmp_path: Path, origin: Origin) -> None:
    """What it held is there: finished and failed items with their places, one that waits, a file, rules and tasks."""
    with tarfile.open(sample) as archive:
        archive.extractall(tmp_path, filter="data")
    with Service(tmp_path / "data", {"YTP_ALLOW_INTERNAL_URLS": "true"}) as service:
        api = service.api
        done = api.get("/api/history?type=done").json()["items"]
        assert sorted(item["status"] for item in done) == ["error", "finished"]
        [finished] = [item for item in done if item["status"] == "finished"]
        with urlopen(f"{service.base}/api/download/{finished['folder']}/{finished['filename']}") as file:
            assert len(file.read()) == finished["file_size"]
        [waiting] = api.get("/api/history?type=queue").json()["items"]
        assert waiting["auto_start"] is False
        assert "kept" in {preset["name"] for preset in api.get("/api/presets?per_page=100").json()["items"]}
        assert [task["name"] for task in api.get("/api/tasks").json()["items"]] == ["Feed"]
        # And it works on: a new item, and the one that waited leaves the queue.
        api.fetch(origin.url("clip-after-upgrade.mp4"))
        assert api.request("DELETE", "/api/history", {"where": "queue", "ids": [waiting["_id"]]}).status == 200
        assert api.get("/api/history?type=done").json()["pagination"]["total"] >= 3
