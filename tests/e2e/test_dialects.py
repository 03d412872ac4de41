"""A client of ytptube: from an add to the history, over the paths of its own (docs/contract/dialects.md)."""

from tests.e2e.api import Api, Record
from tests.e2e.listener import Listener, Message, payload
from tests.e2e.service import Service
from tests.origin import Origin


def _item(message: Message) -> Record:
    found: Record = payload(message)
    inner: Record = found.get("item", found)
    return inner


def test_a_download_as_its_pages_follow_it(service: Service, origin: Origin) -> None:
    base = f"{service.base}/ytptube"
    api, url = Api(base), origin.url("slow/700000/dialects/clip-followed.mp4")

    with Listener(base, "_=123") as client:
        assert list(client.wait("connected")["data"]["data"]) == ["sid"]
        accepted = api.post("/api/history", {"url": url})
        assert (accepted.status, accepted.json()["count"]) == (202, 1)
        assert _item(client.wait("item_added", lambda message: _item(message)["url"] == url))["status"] is None
        running = _item(
            client.wait("item_updated", lambda message: _item(message)["url"] == url and _item(message)["speed"])
        )
        item_id = running["_id"]
        queue = api.get("/api/system/configuration").json()["queue"]
        moved = client.wait("item_moved", lambda message: _item(message)["url"] == url)

    assert isinstance(running["speed"], float)
    assert isinstance(queue, dict)
    assert (payload(moved)["from"], payload(moved)["to"]) == ("queue", "history")
    assert "from" not in moved["data"]
    assert len(client.of("item_moved", item_id)) == 1
    [listed] = [item for item in api.get("/api/history?type=done").json()["items"] if item["_id"] == item_id]
    assert (listed["status"], listed["is_live"]) == ("finished", False)
    playlist = api.get(f"/api/player/m3u8/video/{listed['filename']}.m3u8").body.decode()
    assert "\n/ytptube/api/player/segments/0/" in playlist
    assert Api(service.base).get("//ytptube//api/ping").json() == {"status": "pong"}
