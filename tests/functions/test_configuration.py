"""/api/ping, the configuration, pause and resume: docs/contract/system.md 4, 5."""

import time
from collections.abc import Callable

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Status
from dlambda.domain.paths.paths import object_key
from dlambda.domain.rules.resource import DL_FIELDS, PRESETS
from dlambda.store.items import items, leases, slots
from dlambda.usecases.rules import resources
from tests.functions.calls import Client, Heard
from tests.stack import Stack
from tests.store import records
from tests.store.samples import done, item, waiting

CONFIGURATION = "/api/system/configuration"
APP = {
    "download_path", "keep_archive", "output_template", "started", "remove_files", "ui_update_title", "max_workers",
    "max_workers_per_extractor", "default_preset", "instance_title", "console_enabled", "simple_mode",
    "browser_control_enabled", "file_logging", "base_path", "is_native", "app_env", "tasks_handler_timer", "app_version",
    "app_commit_sha", "app_build_date", "app_branch", "default_pagination", "check_for_updates", "new_version",
    "yt_new_version", "ytdlp_version", "version",
}  # fmt: skip


def test_ping(system: Client) -> None:
    assert system.get("/api/ping") == (200, {"status": "pong"})


def test_ready(system: Client) -> None:
    status, body = system.get("/api/system/ready")
    assert (status, {name: engine["ok"] for name, engine in body["engines"].items()}) == (
        200,
        {"tables": True, "media": True, "queues": True},
    )


class TestConfiguration:
    def test_its_parts(self, system: Client) -> None:
        status, body = system.get(CONFIGURATION)
        assert status == 200
        assert body.keys() >= {"app", "presets", "dl_fields", "paused", "folders", "history_count", "queue"}
        assert body["app"].keys() >= APP
        assert (body["paused"], body["folders"], body["history_count"], body["queue"]) == (False, [], 0, [])

    def test_a_running_download_has_its_progress(self, system: Client) -> None:
        records.add([waiting("a")])
        lease = leases.acquire("a", "w", time.time())
        assert lease
        records.save(items.get("a"), items.get("a").evolve(status=Status.DOWNLOADING), lease)
        leases.renew(lease, time.time(), {"percent": 12.5})
        [shown_item] = system.get(CONFIGURATION)[1]["queue"]
        assert shown_item["percent"] == 12.5

    def test_what_takes_long_may_be_left_out(self, system: Client) -> None:
        body = system.get(CONFIGURATION, without="queue, folders")[1]
        assert body.keys() >= {"app", "presets", "dl_fields", "paused", "history_count"}
        assert not body.keys() & {"queue", "folders"}
        assert "folders" in system.get(CONFIGURATION, without="queue")[1]
        status, body = system.get(CONFIGURATION, without="app")
        assert (status, body["error"]) == (400, "without must name some of folders, queue.")

    def test_settings_are_shown(self, system: Client, configure: Callable[..., None]) -> None:
        configure(instance_title="Mine", max_workers=3, download_path="/data")
        app = system.get(CONFIGURATION)[1]["app"]
        assert (app["instance_title"], app["max_workers"], app["download_path"]) == ("Mine", 3, "/data")
        assert (app["is_native"], app["new_version"], app["yt_new_version"]) == (False, "", "")
        assert app["version"] == app["app_version"]
        assert app["ytdlp_version"] == "2026.10.26"
        assert isinstance(app["started"], float)

    def test_no_secret_is_shown(self, system: Client, configure: Callable[..., None], stack: Stack) -> None:
        configure(auth_username="u", auth_password="hush hush", admin_key="key-key")
        resources.create(PRESETS, {"name": "Mine", "cookies": "# Netscape HTTP Cookie File\n# hush"})
        system.call("GET", CONFIGURATION, query_string={"apikey": "dTpodXNoIGh1c2g="})
        assert system.last.status_code == 200
        for secret in ("hush", "key-key", stack.environ["DLAMBDA_SECRET_KEY"]):
            assert secret not in system.last.text

    def test_presets_and_fields_are_whole(self, system: Client) -> None:
        made = resources.create(PRESETS, {"name": "Mine", "cookies": "# Netscape HTTP Cookie File\n"})
        field = resources.create(DL_FIELDS, {"name": "Subs", "field": "--write-subs"})
        body = system.get(CONFIGURATION)[1]
        mine = next(each for each in body["presets"] if each["id"] == made.id)
        assert mine.keys() >= {"id", "name", "description", "folder", "template", "cli", "default", "priority"}
        assert mine["has_cookies"] is True
        assert "default" in [each["name"] for each in body["presets"]]
        assert [each["id"] for each in body["dl_fields"]] == [field.id]

    def test_the_queue_is_a_list_and_the_history_a_number(self, system: Client) -> None:
        records.add([item("a"), waiting("b"), done("d")])
        body = system.get(CONFIGURATION)[1]
        assert [each["_id"] for each in body["queue"]] == ["a", "b"]
        assert body["history_count"] == 1

    @pytest.mark.parametrize(
        ("depth", "paths"), [(1, ["a", "z"]), (2, ["a", "z", "a/b"]), (3, ["a", "z", "a/b", "a/b/c"])]
    )
    def test_folders_down_to_a_depth(
        self, system: Client, configure: Callable[..., None], depth: int, paths: list[str]
    ) -> None:
        configure(download_path_depth=depth)
        for path in ("a/b/c/x.mp4", "z/y.mp4", "top.mp4"):
            bucket.put_bytes(object_key(path), b"x")
        folders = system.get(CONFIGURATION)[1]["folders"]
        found = [each["path"] for each in folders]
        assert sorted(found) == sorted(paths)
        assert all(found.index(path.rpartition("/")[0]) < found.index(path) for path in found if "/" in path)
        assert folders[0] == {"name": "a", "path": "a"}


class TestPause:
    def test_it_stops_new_starts_and_tells(self, system: Client, listening: Heard) -> None:
        text = "Non-active downloads have been paused."
        assert system.post("/api/system/pause") == (200, {"message": text})
        assert slots.read().paused_at
        assert system.get(CONFIGURATION)[1]["paused"] is True
        [told] = listening.of("paused")
        assert (told["title"], told["data"]["paused"], told["paused"]) == ("Downloads Paused", True, True)
        assert isinstance(told["data"]["at"], float)

    def test_twice(self, system: Client, listening: Heard) -> None:
        system.post("/api/system/pause")
        status, body = system.post("/api/system/pause")
        assert (status, body["message"]) == (406, "Non-active downloads are already paused.")
        assert listening.names == ["paused"]

    def test_resume_when_running(self, system: Client, listening: Heard) -> None:
        status, body = system.post("/api/system/resume")
        assert (status, body["message"]) == (406, "Non-active downloads are not paused.")
        assert listening.names == []

    def test_resume_wakes_what_waits(self, system: Client, stack: Stack, listening: Heard) -> None:
        records.add([waiting("a"), waiting("b", is_live=True)])
        system.post("/api/system/pause")
        assert system.post("/api/system/resume") == (200, {"message": "Resumed all downloads."})
        assert listening.names == ["paused", "resumed"]
        told = listening.of("resumed")[0]
        assert (told["title"], told["data"]["paused"]) == ("Downloads Resumed", False)
        assert sorted(message["id"] for message in stack.messages("download")) == ["a", "b"]

    def test_resume_wakes_live_items_when_all_slots_are_taken(
        self, system: Client, stack: Stack, configure: Callable[..., None]
    ) -> None:
        configure(max_workers=1, max_workers_per_extractor=1)
        records.add([waiting("busy")])
        busy = items.get("busy")
        records.save(busy, busy.evolve(status=Status.DOWNLOADING))
        system.post("/api/system/pause")
        records.add([waiting("a"), waiting("live", is_live=True)])
        system.post("/api/system/resume")
        assert stack.messages("download") == [{"id": "live"}]

    def test_adds_are_accepted_while_paused(self, system: Client, history: Client, stack: Stack) -> None:
        system.post("/api/system/pause")
        assert history.post("/api/history", {"url": "https://video.example/1"})[0] == 200
        assert len(stack.messages("intake")) == 1
