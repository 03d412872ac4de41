"""Data folders of earlier versions are opened by today's code: tests/samples/README.md."""

import subprocess
import tarfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from dlambda.domain.system.stored_form import FORM, KEY
from local.provision import own_tables
from local.template import ROOT, STACK
from tests.e2e.service import Service
from tests.origin import Origin
from tests.stack import Stack

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


def test_a_data_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    engines = Stack(tmp_path / "data", "")
    engines.start()
    row = {"key": {"S": KEY}, "form": {"N": str(FORM + 1)}, "release": {"S": "99.1.0"}}
    own_tables(engines.tables_endpoint)("PutItem", {"TableName": f"{STACK}-state", "Item": row})
    engines.stop()
    service = Service(tmp_path / "data")
    ended = subprocess.run(
        service.command, cwd=ROOT, env=service.environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode, "written by dlambda 99.1.0" in ended.stderr) == (2, True), ended.stderr
