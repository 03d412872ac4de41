"""`/api/system/folders`, `/limits` and `/diagnostics`: docs/contract/system.md 5."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Status
from dlambda.domain.paths.paths import object_key
from dlambda.store.items import slots
from tests.functions.calls import Client, error
from tests.store import records
from tests.store.samples import item, waiting

Configure = Callable[..., None]
FOLDERS, LIMITS, DIAGNOSTICS = "/api/system/folders", "/api/system/limits", "/api/system/diagnostics"


class TestFolders:
    @pytest.fixture(autouse=True)
    def files(self, system: Client) -> None:
        for path in ("a/b/c.mp4", "a/d/e.mp4", "z.mp4", "ä ö/x.mp4"):
            bucket.put_bytes(object_key(path), b"x", "video/mp4")

    @pytest.mark.parametrize(
        ("path", "folder", "names"),
        [
            ("", "", ["a", "ä ö"]),
            ("/", "", ["a", "ä ö"]),
            ("a", "a", ["b", "d"]),
            ("/a/", "a", ["b", "d"]),
            ("a/x/../b", "a/b", []),
            ("ä ö", "ä ö", []),
            ("a/b/c.mp4", "a/b/c.mp4", []),
            ("nowhere", "nowhere", []),
        ],
    )
    def test_one_level_is_listed(self, system: Client, path: str, folder: str, names: list[str]) -> None:
        assert system.call("GET", FOLDERS, query_string={"path": path}) == (200, {"path": folder, "folders": names})

    def test_without_a_path_it_is_the_root(self, system: Client) -> None:
        assert system.get(FOLDERS)[1]["folders"] == ["a", "ä ö"]

    @pytest.mark.parametrize("path", ["..", "a/../../b", "//etc", "a\0b", "x" * 300])
    def test_what_is_no_folder_below_the_root_is_refused(self, system: Client, path: str) -> None:
        status, text = error(system.call("GET", FOLDERS, query_string={"path": path}))
        assert (status, text.startswith("Folder ")) == (400, True)


class TestSettings:
    def test_they_tell_value_source_and_meaning_but_no_secret(self, system: Client, configure: Configure) -> None:
        address = "https://ann:hush@pictures.example/x"
        configure(max_workers=7, max_workers_for_VIMEO=3, admin_key="hush", pictures_backends=address, tz="Asia/Tokyo")
        status, body = system.get("/api/system/settings")
        assert status == 200
        rows = {row["name"]: row for row in body["items"]}
        assert rows["max_workers"] == {
            "name": "max_workers", "setting": "YTP_MAX_WORKERS", "value": 7, "default": 20, "source": "env_override",
            "secret": False, "description": "downloads at once",
        }  # fmt: skip
        assert (rows["admin_key"]["value"], rows["auth_password"]["value"]) == ("********", "")
        assert (rows["tz"]["setting"], rows["tz"]["value"]) == ("YTP_TZ", "Asia/Tokyo")
        assert (rows["max_workers_for_vimeo"]["value"], rows["retries"]["source"]) == (3, "default")
        assert rows["archive_file"]["source"] == "default"  # though it depends on another one
        assert "hush" not in str(body)
        assert all(row["description"] for row in body["items"])


class TestLimits:
    def test_an_idle_service(self, system: Client) -> None:
        status, body = system.get(LIMITS)
        assert status == 200
        assert body["downloads"] == {
            "paused": False,
            "global": {
                "limit": 20, "source": "default", "setting": "YTP_MAX_WORKERS", "active": 0, "available": 20,
                "live_active": 0, "queued": 0,
            },
            "per_extractor": {
                "default_limit": 2, "source": "default", "setting": "YTP_MAX_WORKERS_PER_EXTRACTOR", "items": [],
            },
        }  # fmt: skip
        assert body["extraction"] == {"concurrency": 4, "timeout_seconds": 70.0, "info_cache_ttl_seconds": 10800}
        assert body["live"] == {"prevent_premiere": True, "premiere_buffer_minutes": 5}
        assert body["key_tasks"]["limit"] == 4

    def test_what_runs_and_waits_is_counted_and_live_downloads_apart(
        self, system: Client, configure: Configure
    ) -> None:
        configure(max_workers=3, max_workers_for_SITE="9", max_workers_for_OTHER="1")
        for record in [
            waiting("a", status=Status.DOWNLOADING),
            waiting("b", "tube", status=Status.PREPARING),
            waiting("c"),
            waiting("d"),
            waiting("l", status=Status.DOWNLOADING, is_live=True),
            waiting("m", is_live=True),
            item("n"),
        ]:
            records.add([record])
        slots.pause(1.0)
        downloads = system.get(LIMITS)[1]["downloads"]
        assert downloads["paused"] is True
        counts = {name: downloads["global"][name] for name in ("limit", "source", "active", "available", "queued")}
        assert counts == {"limit": 3, "source": "env_override", "active": 2, "available": 1, "queued": 2}
        assert downloads["global"]["live_active"] == 1
        rows = {row.pop("name"): row for row in downloads["per_extractor"]["items"]}
        assert list(rows) == ["other", "site", "tube"]
        assert rows["site"] == {
            "limit": 3, "source": "env_override", "setting": "YTP_MAX_WORKERS_FOR_SITE", "active": 1, "queued": 2,
            "available": 2,
        }  # fmt: skip
        assert (rows["other"]["limit"], rows["other"]["active"]) == (1, 0)
        assert rows["tube"]["setting"] == "YTP_MAX_WORKERS_PER_EXTRACTOR"


class TestDiagnostics:
    def test_each_check_has_a_status_and_words(self, system: Client) -> None:
        status, body = system.get(DIAGNOSTICS)
        assert status == 200
        checks = {check["id"]: check for check in body["checks"]}
        assert checks.keys() >= {
            "tables", "media", "queues", "yt_dlp_package", "ffmpeg", "ffprobe", "deno", "disk", "temp_path", "sandbox",
            "settings", "updates",
        }  # fmt: skip
        assert all(check["message"] and check["description"] for check in body["checks"])
        assert {check["status"] for check in body["checks"]} <= {"pass", "fail", "warn", "skip"}
        assert [checks[name]["status"] for name in ("tables", "media", "queues", "disk")] == ["pass"] * 4
        assert checks["settings"]["message"] == "All settings have their effect."
        counts = {name: sum(check["status"] == name for check in body["checks"]) for name in ("pass", "fail", "skip")}
        assert {name: body["summary"][name] for name in counts} == counts
        assert body["summary"]["total"] == len(body["checks"])
        assert body["requirements"]["python"]["supported"] is True
        assert body["runtime"]["platform"] == "linux"

    def test_a_setting_without_effect_is_a_warning(self, system: Client, configure: Configure) -> None:
        configure(max_wokers="3")
        body = system.get(DIAGNOSTICS)[1]
        check = next(check for check in body["checks"] if check["id"] == "settings")
        assert check["status"] == "warn"
        assert "did you mean YTP_MAX_WORKERS?" in check["message"]
        assert body["status"] in ("degraded", "error")

    def test_a_required_part_that_is_missing_is_an_error(
        self, system: Client, monkeypatch: pytest.MonkeyPatch, configure: Configure, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("DLAMBDA_WORK_DIR", str(tmp_path / "none"))
        configure()
        body = system.get(DIAGNOSTICS)[1]
        check = next(check for check in body["checks"] if check["id"] == "temp_path")
        assert (check["status"], body["status"]) == ("fail", "error")
        assert body["summary"]["required_failed"] >= 1

    def test_no_secret_is_shown(self, system: Client, configure: Configure) -> None:
        configure(auth_username="u", auth_password="hush hush", admin_key="key-key")
        system.call("GET", DIAGNOSTICS, query_string={"apikey": "dTpodXNoIGh1c2g="})
        assert system.last.status_code == 200
        assert not any(secret in system.last.text for secret in ("hush", "key-key", os.environ["DLAMBDA_SECRET_KEY"]))


def test_a_page_gets_no_error_for_checks_that_are_off(system: Client, configure: Configure) -> None:
    configure(check_for_updates="false")
    path = "/api/system/check-updates"
    status, body = system.call("POST", path, headers={"Referer": "http://localhost/ytptube/"})
    assert (status, body["app"]["status"]) == (200, "disabled")
    assert system.call("POST", path)[0] == 400
