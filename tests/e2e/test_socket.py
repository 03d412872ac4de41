"""What a WebSocket client hears (docs/contract/websocket.md)."""

import json
import re
from datetime import datetime

import pytest
from jsonschema_rs import Draft7Validator
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.e2e.api import Api, wait_until
from tests.e2e.listener import Listener, Message, about, payload
from tests.e2e.service import Service
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS


def test_the_greeting_names_the_session(service: Service) -> None:
    with Listener(service.base, "_=123") as client:
        greeting = client.wait("connected")["data"]
        assert re.fullmatch(r"[A-Za-z0-9_-]{14}", greeting["data"]["sid"])
        assert greeting["sid"] == greeting["data"]["sid"]
        assert isinstance(greeting["timestamp"], float)


@pytest.mark.parametrize(
    ("parts", "is_taken"),
    [([30_000] * 4, True), ([33_000], False), ([30_000] * 5, False)],
    ids=["whole", "frame", "message"],
)
def test_what_is_larger_than_a_gateway_takes_closes_the_socket(
    service: Service, parts: list[int], is_taken: bool
) -> None:
    url = service.base.replace("http", "ws", 1) + "/ws"
    with connect(url, open_timeout=PATIENCE_SECONDS, proxy=None) as client:
        assert json.loads(client.recv(PATIENCE_SECONDS))["event"] == "connected"
        client.send([*("x" * size for size in parts[:-1]), "x" * parts[-1]] if len(parts) > 1 else "x" * parts[0])
        if is_taken:
            client.send(json.dumps({"event": "item_cancel", "data": ""}))
            assert json.loads(client.recv(PATIENCE_SECONDS))["event"] == "log_error"
        else:
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(PATIENCE_SECONDS)
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 1009


def test_a_download_is_told_from_add_to_history(api: Api, listener: Listener, origin: Origin) -> None:
    url = origin.url("slow/700000/socket/clip-told.mp4")
    api.add(url)
    moved = payload(listener.wait("item_moved", about(url)))
    item_id = moved["item"]["_id"]
    assert moved["to"] == "history"
    assert moved["item"]["status"] == "finished"

    events = [message["event"] for message in listener.messages if _id(message) == item_id]
    assert events[0] == "item_added"
    assert events[-1] == "item_moved"
    assert set(events[1:-1]) == {"item_updated"}

    updates = [payload(message) for message in listener.of("item_updated", item_id)]
    loaded = [item["downloaded_bytes"] for item in updates if item["status"] == "downloading"]
    grown = [size for size in loaded if size]
    assert len(grown) >= 2
    assert grown == sorted(grown)
    assert "preparing" in [item["status"] for item in updates]


def test_progress_comes_as_text_and_as_number(api: Api, listener: Listener, origin: Origin) -> None:
    url = origin.url("slow/500000/socket/clip-numbers.mp4")
    api.add(url)
    item = payload(listener.wait("item_updated", lambda m: about(url)(m) and payload(m).get("speed_bps")))
    assert re.fullmatch(r"[\d.]+ ?[KMG]?i?B/s", item["speed"])
    assert 0 < item["percent"] <= 100
    assert item["progress"] == item["percent"]
    assert item["eta"] is None or re.fullmatch(r"\d\d:\d\d:\d\d", item["eta"])
    api.wait_for(url)


def test_every_message_has_the_documented_envelope(api: Api, listener: Listener, origin: Origin) -> None:
    url = origin.url("socket/clip-envelope.mp4")
    api.add(url)
    moved = listener.wait("item_moved", about(url))
    for message in listener.messages:
        event = message["data"]
        assert event["event"] == message["event"]
        assert {"id", "created_at", "event", "title", "message", "data"} <= event.keys()
        datetime.fromisoformat(event["created_at"])
        if message["event"] in ("item_added", "item_updated"):
            assert event["id"] == event["data"]["id"]  # the item's own wins beside the payload
            assert event["_id"] == event["data"]["_id"]
    assert (moved["data"]["from"], moved["data"]["to"]) == ("queue", "done")
    assert payload(moved)["to"] == "history"
    added = listener.wait("item_added", about(url))["data"]
    assert added["message"] is None or "has been added to the download queue" in added["message"]


def test_item_updates_carry_the_whole_item_and_no_cookies(api: Api, listener: Listener, origin: Origin) -> None:
    url = origin.url("socket/clip-whole.mp4")
    cookies = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsecret\tverysecret\n"
    api.add(url, cookies=cookies)
    listener.wait("item_moved", about(url))
    known = api.wait_for(url).keys() - {"ffprobe", "sidecar"}
    for message in listener.of("item_updated"):
        if about(url)(message):
            assert known <= payload(message).keys()
    assert "verysecret" not in repr(listener.messages)


def test_a_failure_is_logged_and_moved(api: Api, listener: Listener, origin: Origin) -> None:
    url = origin.url("status/404/socket-failure.mp4")
    api.add(url)
    moved = payload(listener.wait("item_moved", about(url)))
    assert moved["item"]["status"] == "error"
    assert moved["item"]["error"]
    assert listener.of("log_error")


def test_add_url_answers_its_sender_alone(service: Service, api: Api, listener: Listener, origin: Origin) -> None:
    url = origin.url("socket/clip-by-socket.mp4")
    with Listener(service.base) as other:
        other.wait("connected")
        listener.send("add_url", {"url": url})
        status = payload(listener.wait("item_status", seconds=20))
        assert status["status"] in ("ok", "queued")
        other.wait("item_added", about(url))
        assert not other.of("item_status")
    api.wait_for(url)


def test_wrong_requests_are_answered_with_log_error(listener: Listener) -> None:
    listener.send("add_url", {})
    listener.wait("log_error", lambda m: m["data"]["message"] == "No URL provided.")
    listener.send("item_cancel", 5)
    listener.wait("log_error", lambda m: m["data"]["message"] == "No item ID provided.")
    listener.send("item_start", [])
    listener.wait("log_error", lambda m: m["data"]["message"] == "No items provided to start.")
    listener.send("item_pause", [])
    listener.wait("log_error", lambda m: m["data"]["message"] == "No items provided to pause.")


def test_nonsense_is_ignored_and_the_connection_stays(service: Service, origin: Origin) -> None:
    with Listener(service.base) as client:
        client.wait("connected")
        for text in ("not json", "[1]", "{}", '{"event": 5}', '{"event":"no_such_event","data":{}}'):
            client.send_text(text)
        client.send("item_cancel", "")
        client.wait("log_error")
        assert [message["event"] for message in client.messages] == ["connected", "log_error"]


def test_holding_and_starting_by_socket(api: Api, listener: Listener, origin: Origin) -> None:
    url = origin.url("socket/clip-held.mp4")
    api.add(url, auto_start=False)
    listener.wait("item_added", about(url))
    item_id = api.wait_for(url, "pending")["_id"]
    listener.send("item_start", item_id)
    listener.wait("item_updated", about(url, auto_start=True))
    assert api.wait_for(url)["status"] == "finished"
    listener.send("item_delete", {"id": item_id, "remove_file": True})
    listener.wait("item_deleted", about(url))
    wait_until(lambda: api.find(url) is None, 5, lambda: "the record is still there")


def test_a_conversation_fits_its_document(service: Service, api: Api, origin: Origin) -> None:
    """Both directions, against `/api/docs/asyncapi.json` of the same service."""
    document = api.get("/api/docs/asyncapi.json").json()
    assert document["channels"]["ws"]["address"] == "/ws"
    finished, failing = origin.url("slow/700000/socket/clip-described.mp4"), origin.url("status/404/described.mp4")
    said: list[Message] = []
    with Listener(service.base) as client:

        def say(event: str, data: object) -> None:
            said.append({"event": event, "data": data})
            client.send(event, data)

        client.wait("connected")
        say("add_url", {"url": finished, "auto_start": False, "folder": "socket"})
        client.wait("item_status")
        held = payload(client.wait("item_added", about(finished)))["_id"]
        say("item_start", [held])
        client.wait("item_moved", about(finished))
        api.add(failing)
        client.wait("item_moved", about(failing))
        say("item_pause", held)
        say("item_cancel", "no-such-item")
        say("item_delete", {"id": held})
        client.wait("item_deleted", about(finished))
        assert api.post("/api/history/retry", {"ids": [api.wait_for(failing)["_id"]]}).status < 300
        client.wait("item_bulk_deleted")
        client.wait("item_moved", about(failing))
        preset = api.post("/api/presets", {"name": "described", "cli": "-f best"}).json()
        assert api.request("DELETE", f"/api/presets/{preset['id']}").status == 200
        client.wait("config_update", lambda message: payload(message)["action"] == "delete")
        heard = [{name: value for name, value in message.items() if name != "_at"} for message in client.messages]
    names = {message["event"] for message in heard}
    assert {
        "connected",
        "item_added",
        "item_updated",
        "item_moved",
        "item_status",
        "log_error",
        "config_update",
    } <= names
    for message in [*said, *heard]:
        schema = document["components"]["messages"][message["event"]]["payload"]
        validator = Draft7Validator({**schema, "components": document["components"]})
        assert [error.message for error in validator.iter_errors(message)] == [], message


def _id(message: Message) -> str | None:
    found = payload(message)
    item = found.get("item", found) if isinstance(found, dict) else {}
    return item.get("_id") if isinstance(item, dict) else None
