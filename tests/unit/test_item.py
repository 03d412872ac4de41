"""The item as a value: docs/contract/downloads.md 2.2, 2.4, 9."""

import json
from dataclasses import asdict, fields
from typing import Any

import pytest

from dlambda.domain.events.event import item_updated
from dlambda.domain.items.item import ACTIVE, IN_HISTORY, IN_QUEUE, LIVE_LANE, Shelf, Status
from dlambda.domain.items.item_codec import hidden_part, restore
from dlambda.domain.items.request import Request
from dlambda.domain.secrets.mask import MASK
from tests.store.samples import T0, done, filled, item, waiting


@pytest.mark.parametrize("status", Status)
def test_a_status_decides_the_list(status: Status) -> None:
    queued = status in ("pending", "preparing", "downloading", "postprocessing")
    assert item("a", status=status).shelf is (Shelf.QUEUE if queued else Shelf.DONE)
    assert (status in IN_QUEUE) is queued
    assert (status in IN_HISTORY) is not queued
    assert (status in ACTIVE) is (queued and status is not Status.PENDING)


def test_what_is_stored_comes_back() -> None:
    before = filled("a")
    view, hidden = (json.loads(json.dumps(part)) for part in (before.view, hidden_part(before)))
    assert restore(view, hidden, seq=before.seq, version=before.version, cookies=before.cookies) == before


def test_its_request_has_all_that_a_client_may_ask_for() -> None:
    made = filled("a")
    request = made.request()
    assert asdict(request) == {each.name: getattr(made, each.name) for each in fields(Request)} | {"folder": "side"}
    assert all(asdict(request)[each.name] != each.default for each in fields(Request))


def test_the_view_has_the_documented_keys_and_no_other() -> None:
    assert set(item("a").view) == set(filled("a").view) - {"owner", "owner_position"} == {
        "_id", "archive_id", "attempts", "auto_start", "cli", "cookies", "datetime", "description", "download_dir",
        "download_skipped", "downloaded_bytes", "error", "eta", "eta_seconds", "extras", "failure", "file_size", "filename", "folder", "force_start",
        "has_cookies", "id", "is_archivable", "is_archived", "is_live", "live_in", "msg", "options", "percent",
        "postprocessor", "preset", "progress", "queue_position", "sidecar", "speed", "speed_bps", "status", "temp_dir", "template",
        "template_chapter", "timestamp", "title", "tmpfilename", "total_bytes", "total_bytes_estimate", "url", "warnings",
    }  # fmt: skip


def test_neither_stored_part_holds_cookies() -> None:
    before = filled("a")
    assert before.cookies not in json.dumps([before.view, hidden_part(before)])
    assert before.cookies not in repr(before)


@pytest.mark.parametrize(("cookies", "shown"), [("", ""), ("x", MASK)])
def test_cookies_are_masked(cookies: str, shown: str) -> None:
    view = item("a", cookies=cookies).view
    assert (view["cookies"], view["has_cookies"]) == (shown, bool(cookies))


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({}, True),
        ({"extracted": False}, False),
        ({"auto_start": False}, False),
        ({"status": Status.PREPARING}, False),
        ({"status": Status.CANCELLED}, False),
    ],
)
def test_who_waits_for_a_slot(changes: dict[str, Any], waits: bool) -> None:
    assert waiting("a").evolve(**changes).is_waiting is waits


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("live", [True, False, None])
def test_who_holds_a_slot(status: Status, live: bool | None) -> None:
    assert item("a", status=status, is_live=live).holds_slot is (status in ACTIVE and not live)


@pytest.mark.parametrize(
    ("archive_id", "live", "extractor", "lane"),
    [
        ("site a", None, "site", "site"),
        ("site a b", False, "site", "site"),
        (None, None, "unknown", "unknown"),
        ("", None, "unknown", "unknown"),
        ("site a", True, "site", LIVE_LANE),
    ],
)
def test_extractor_and_lane(archive_id: str | None, live: bool | None, extractor: str, lane: str) -> None:
    made = item("a", archive_id=archive_id, is_live=live)
    assert (made.extractor, made.lane) == (extractor, lane)


@pytest.mark.parametrize(
    ("folder", "filename", "path"),
    [("", "x.mp4", "x.mp4"), ("sea", "x.mp4", "sea/x.mp4"), ("/sea/", "a/x.mp4", "sea/a/x.mp4"), ("sea", None, None)],
)
def test_the_path_of_the_file(folder: str, filename: str | None, path: str | None) -> None:
    assert done("a", folder=folder, filename=filename).path == path


def test_the_start_time_is_dropped_when_finished() -> None:
    upcoming = item("a", live_in="Fri, 13 Feb 2009 23:31:30 GMT")
    assert upcoming.ended(Status.FINISHED, T0).live_in is None
    assert upcoming.ended(Status.NOT_LIVE, T0).live_in
    assert upcoming.ended(Status.FINISHED, T0 + 5).stored_at == T0 + 5


def test_the_date_is_derived_from_the_stored_time() -> None:
    assert item("a").view["datetime"] == "Thu, 01 Jan 2026 10:00:00 +0000"
    assert "datetime" not in hidden_part(item("a"))


@pytest.mark.parametrize(
    ("status", "percent"), [(Status.FINISHED, 100.0), (Status.ERROR, None), (Status.PENDING, None)]
)
def test_what_is_finished_is_whole(status: Status, percent: float | None) -> None:
    view = item("a", status=status).view
    assert (view["percent"], view["progress"]) == (percent, percent)


def test_urls_of_an_item() -> None:
    assert item("a", posted_url="").urls == {"https://video.example/a"}
    assert item("a", posted_url="https://s.example/a").urls == {"https://video.example/a", "https://s.example/a"}
    assert item("a", hinted_url="https://video.example/a#x").source_url == "https://video.example/a#x"
    assert item("a").source_url == "https://video.example/a"


def test_a_view_is_rendered_once() -> None:
    before = item("a")
    assert before.view is before.view
    assert item_updated(before).data["extras"] is before.view["extras"]
    assert before.evolve(title="T").view["title"] == "T"
