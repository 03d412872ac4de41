"""Events and their frames: docs/contract/websocket.md 1, 3, 5, 7."""

import json
import random
import re
from datetime import UTC, datetime

import pytest

from dlambda.domain.dialects import registry
from dlambda.domain.events import event
from dlambda.domain.events.event import INTERNAL, Event, Name, make_id
from dlambda.domain.items.progress import Progress
from tests.store.samples import done, item

CLIENTS = [
    "config_update", "connected", "log_info", "log_warning", "log_error", "log_success", "item_added", "item_updated",
    "item_cancelled", "item_deleted", "item_moved", "item_status", "paused", "resumed", "queue_reordered",
    "item_bulk_deleted", "item_progress",
]  # fmt: skip
AT = datetime(2026, 1, 1, 10, 0, 0, 120000, UTC)


def test_names_are_those_of_the_catalogue() -> None:
    assert {name.value for name in Name} - {name.value for name in INTERNAL} == set(CLIENTS)


@pytest.mark.parametrize("name", Name)
def test_internal_ones_are_not_for_clients(name: Name) -> None:
    assert Event(name, {}).for_clients is (name.value in CLIENTS)


def test_a_frame() -> None:
    frame = Event(Name.PAUSED, {"paused": True, "at": 1.5}, "T", "M", id="i" * 16, created_at=AT).frame()
    assert frame == {
        "event": "paused",
        "data": {
            "id": "i" * 16, "created_at": "2026-01-01T10:00:00.120000+00:00", "event": "paused", "title": "T",
            "message": "M", "data": {"paused": True, "at": 1.5}, "paused": True, "at": 1.5,
        },
    }  # fmt: skip


def test_an_event_without_texts_has_null() -> None:
    data = Event(Name.CONNECTED, {}).frame()["data"]
    assert (data["title"], data["message"], data["data"]) == (None, None, {})


def test_an_event_gets_its_id_and_time_when_it_is_sent() -> None:
    sent = Event(Name.CONNECTED, {}).stamped(make_id(random.choice), AT)
    assert re.fullmatch(r"[A-Za-z0-9]{16}", sent.id)
    assert sent.frame()["data"]["created_at"] == "2026-01-01T10:00:00.120000+00:00"
    assert len(make_id(random.choice, 20)) == 20


def test_beside_an_item_event_the_item_wins_id_and_title() -> None:
    made = item("a", source_id="site-id", title="T", msg="m")
    data = event.item_added(made).frame()["data"]
    assert (data["id"], data["title"], data["_id"]) == ("site-id", "T", "a")
    assert data["message"] == "Item 'T' has been added to the download queue."
    assert data["data"]["id"] == "site-id"
    assert (data["event"], data["status"]) == ("item_added", "pending")


def test_beside_a_log_the_event_wins() -> None:
    data = Event(Name.LOG_INFO, {"title": "other", "id": "x", "preset": "p"}, "T", "M").frame()["data"]
    assert (data["title"], data["message"], data["preset"]) == ("T", "M", "p")
    assert data["id"] != "x"
    assert data["data"] == {"title": "other", "id": "x", "preset": "p"}
    assert isinstance(data["timestamp"], float)


def test_a_move_says_both_forms() -> None:
    data = event.item_moved(done("a")).frame()["data"]
    assert (data["data"]["to"], data["data"]["item"]["_id"], data["data"]["preset"]) == ("history", "a", "default")
    assert (data["id"], data["from"], data["to"]) == ("a", "queue", "done")


def test_an_update_is_the_whole_item_with_its_progress() -> None:
    data = event.item_updated(item("a"), {"percent": 5.0}).frame()["data"]["data"]
    assert data.keys() == item("a").view.keys()
    assert data["percent"] == 5.0


@pytest.mark.parametrize(
    ("made", "title", "message"),
    [
        (event.item_cancelled(item("a")), "Download Cancelled", "Download 'a' has been cancelled."),
        (event.item_completed(item("a")), "Download Completed", "Completed 'a' download."),
        (event.item_held(item("a"), held=True), "Download Paused", "Download 'a' has been paused."),
        (event.item_held(item("a"), held=False), "Download Resumed", "Download 'a' has been resumed."),
        (event.download_error(item("a", error="E.")), "Download Error", "'a' failed to download. E."),
        (event.pause_changed(paused=True, at=1.0), "Downloads Paused", "Non-active downloads have been paused."),
        (event.pause_changed(paused=False, at=1.0), "Downloads Resumed", "Resumed all downloads."),
        (event.item_deleted(item("a"), "T", "M"), "T", "M"),
    ],
)
def test_the_documented_texts(made: Event, title: str, message: str) -> None:
    assert (made.title, made.message) == (title, message)


def test_a_config_update_has_the_object_beside_its_feature() -> None:
    data = event.config_update("presets", "update", {"id": 5, "name": "n"}, owner="").frame()["data"]["data"]
    assert (data["feature"], data["action"], data["data"]) == ("presets", "update", {"id": 5, "name": "n"})
    assert (data["id"], data["name"]) == (5, "n")


def test_frames_are_json_without_secrets() -> None:
    text = json.dumps(event.item_moved(done("a", cookies="hush", description="d" * 5000)).frame())
    assert "hush" not in text
    assert len(text) < 4000


def test_progress_is_told_once_to_each_kind_of_client() -> None:
    fields = Progress("downloading", 5.0, 10.0, 2.0, 3.0).fields()
    told = [
        event.item_updated(done("a"), fields),
        event.item_updated(done("a"), fields, is_progress=True),
        event.item_progress(done("a"), fields),
    ]
    names = {
        name: [frame["event"] for told_event in told for frame in registry.frames(told_event, name)]
        for name in (registry.ROOT, registry.BRIEF, "ytptube")
    }
    assert names == {
        "": ["item_updated", "item_updated"],
        "brief": ["item_updated", "item_progress"],
        "ytptube": ["item_updated", "item_updated", "item_progress"],
    }


def test_progress_alone_is_short() -> None:
    fields = Progress("downloading", 5.0, 10.0, 2097152.0, 3.0).fields()
    assert event.item_progress(done("a"), fields).data == {
        "_id": "a", "status": "downloading", "percent": 50.0, "speed": "2.0 MiB/s", "eta": "00:00:03",
        "speed_bps": 2097152.0, "eta_seconds": 3.0, "downloaded_bytes": 5.0, "total_bytes": 10.0, "msg": None,
        "postprocessor": None,
    }  # fmt: skip


def test_what_was_never_in_the_queue_moves_from_nowhere() -> None:
    assert event.item_moved(done("a"), was_queued=False).data["from"] is None
    assert event.item_moved(done("a")).data["from"] == "queue"
