"""Data folders of earlier versions are opened by today's code: tests/samples/README.md."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from dlambda.domain.system.stored_form import FORM, KEY
from local.provision import own_tables
from local.template import ROOT, STACK
from tests.e2e.api import Api
from tests.e2e.service import Service
from tests.origin import Origin
from tests.stack import Stack

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.tar.xz"))
RELEASED = "of-"
"""The names of samples of releases begin so: they have all kinds of records, and an account."""


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name.partition(".")[0])
def test_a_data_folder_of_an_earlier_version_goes_on(sample: Path, tmp_path: Path, origin: Origin) -> None:
    """What it held is there: finished and failed items with their places, one that waits, a file, rules and tasks."""
    with tarfile.open(sample) as archive:
        archive.extractall(tmp_path, filter="data")
    is_released = sample.name.startswith(RELEASED)
    with Service(tmp_path / "data", {"YTP_ALLOW_INTERNAL_URLS": "true"}) as service:
        api = sign_in(service) if is_released else service.api
        done = api.get("/api/history?type=done").json()["items"]
        assert sorted(item["status"] for item in done) == ["error", "finished"]
        [finished] = [item for item in done if item["status"] == "finished"]
        assert len(api.file_of(finished)) == finished["file_size"]
        [waiting] = api.get("/api/history?type=queue").json()["items"]
        assert waiting["auto_start"] is False
        assert "kept" in {preset["name"] for preset in api.get("/api/presets?per_page=100").json()["items"]}
        assert [task["name"] for task in api.get("/api/tasks").json()["items"]] == ["Feed"]
        if is_released:
            check_all_kinds(service, api, origin)
        # And it works on: a new item, and the one that waited leaves the queue.
        api.fetch(origin.url("clip-after-upgrade.mp4"))
        assert api.request("DELETE", "/api/history", {"where": "queue", "ids": [waiting["_id"]]}).status == 200
        assert api.get("/api/history?type=done").json()["pagination"]["total"] >= 3


def sign_in(service: Service) -> Api:
    """As the account of the samples."""
    reply = service.api.post("/api/auth/login", {"username": "ada", "password": "a long word"})
    assert reply.status == 200, reply.body
    return Api(service.base, {"Cookie": reply.headers["Set-Cookie"].partition(";")[0]})


def check_all_kinds(service: Service, api: Api, origin: Origin) -> None:
    """Rules, keys, archives, and what `secret.key` has sealed."""
    for path, name in (
        ("conditions", "short"), ("dl_fields", "Quality"), ("notifications", "hook"), ("tasks/definitions", "Page"),
    ):  # fmt: skip
        assert [each["name"] for each in api.get(f"/api/{path}").json()["items"]] == [name], path
    assert [jar["site"] for jar in api.get("/api/cookies").json()["jars"]] == ["site.example"]
    assert api.get("/api/archiver?preset=default").json()["items"] == ["youtube abcdefghijk"]
    keys = Api(service.base, {"X-API-Key": "key-of-the-sample"}).get("/get_keys")
    assert (keys.status, "reader" in keys.body.decode()) == (200, True), keys.body
    # The site wants the cookie that the preset has sealed.
    assert api.fetch(origin.url("cookie/sid/preset/clip-sealed.mp4"), preset="kept")["status"] == "finished"


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
