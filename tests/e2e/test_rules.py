"""Presets, conditions and notification targets made over HTTP change what a real download does (rules.md)."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.api import Api, Json, wait_until
from tests.e2e.listener import Listener
from tests.e2e.receiver import Receiver
from tests.origin import Origin

KINDS: dict[str, dict[str, Any]] = {
    "presets": {"name": "told", "cli": "--socket-timeout 30"},
    "conditions": {"name": "told", "filter": "duration > 1h", "cli": "--no-mtime"},
    "dl_fields": {"name": "told", "field": "--format"},
    "notifications": {"name": "told", "on": ["test"], "request": {"url": "http://127.0.0.1:9/"}},
}


@pytest.fixture
def made(api: Api) -> Iterator[Any]:
    """Makes resources, and removes them at the end."""
    places: list[str] = []

    def make(kind: str, **fields: Any) -> dict[str, Any]:
        reply = api.post(f"/api/{kind}", fields)
        assert reply.status == 200, (reply.status, reply.body)
        answer: dict[str, Any] = reply.json()
        places.append(f"/api/{kind}/{answer['id']}")
        return answer

    yield make
    for place in places:
        api.request("DELETE", place)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def test_a_preset_decides_format_folder_and_name(api: Api, origin: Origin, made: Any) -> None:
    made("presets", name="Sound Only", cli="-x --audio-format m4a", folder="sounds", template="%(id)s - heard.%(ext)s")
    item = api.fetch(origin.url("clip-heard.mp4"), preset="sound only")
    assert item["status"] == "finished", item
    assert (item["folder"], item["filename"]) == ("sounds", "clip-heard - heard.m4a")
    assert (item["extras"]["is_audio"], item["extras"]["is_video"]) == (True, False)


def test_a_condition_ignores_a_download(api: Api, origin: Origin, made: Any) -> None:
    made("conditions", name="not these", filter="id *= 'unwanted'", extras={"ignore_download": True}, priority=9)
    item = api.fetch(origin.url("clip-unwanted.mp4"))
    assert item["status"] == "skip"
    assert item["msg"].startswith("Ignoring download of 'clip-unwanted' as per condition 'not these'")


def test_a_condition_switches_the_preset(api: Api, origin: Origin, made: Any) -> None:
    made("presets", name="switched to", cli="-x --audio-format m4a")
    made("conditions", name="switch", filter="id *= 'switched'", extras={"set_preset": "switched to"}, priority=9)
    item = api.fetch(origin.url("clip-switched.mp4"))
    assert (item["status"], item["preset"], item["filename"]) == ("finished", "switched to", "clip-switched.m4a")


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_hears_of_every_change(api: Api, listener: Listener, kind: str) -> None:
    made = api.post(f"/api/{kind}", KINDS[kind]).json()
    place = f"/api/{kind}/{made['id']}"
    assert api.request("PATCH", place, {"name": "told again"}).status == 200
    assert api.request("DELETE", place).status == 200
    for action in ("create", "update", "delete"):

        def is_told(message: Json, action: str = action) -> bool:
            return bool(message["data"]["data"].get("action") == action)

        heard = listener.wait("config_update", is_told)
        payload = heard["data"]["data"]
        assert (payload["feature"], payload["data"]["id"], payload["id"]) == (kind, made["id"], made["id"])


def test_one_of_fifty_makes_the_name(api: Api, made: Any) -> None:
    def post(_: int) -> int:
        return api.post("/api/presets", {"name": "Only Once", "cli": ""}).status

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(post, range(50)))
    assert sorted(statuses) == [200, *[400] * 49]
    found = [each for each in api.get("/api/presets?per_page=1000").json()["items"] if each["name"] == "Only Once"]
    assert len(found) == 1
    assert api.request("DELETE", f"/api/presets/{found[0]['id']}").status == 200


def test_a_finished_download_is_told_as_json_and_as_form(
    api: Api, origin: Origin, made: Any, receiver: Receiver
) -> None:
    for kind in ("json", "form"):
        request = {"url": receiver.url(kind), "type": kind}
        made("notifications", name=f"as {kind}", on=["item_completed"], request=request)
    item = api.fetch(origin.url("clip-told.mp4"))
    wait_until(lambda: receiver.got["/json"] and receiver.got["/form"], 10, lambda: f"got {dict(receiver.got)}")
    told, form = receiver.got["/json"][0], receiver.got["/form"][0]
    assert (told["event"], told["title"]) == ("item_completed", "Download Completed")
    assert (told["data"]["_id"], told["data"]["status"]) == (item["_id"], "finished")
    assert json.loads(form["data"])["_id"] == item["_id"]


def test_a_receiver_that_fails_twice_hears_it_at_the_third_try(
    api: Api, origin: Origin, made: Any, receiver: Receiver
) -> None:
    target = made("notifications", name="stumbles", on=["item_completed"], request={"url": receiver.url("fails/2/x")})
    api.fetch(origin.url("clip-stumbles.mp4"))
    wait_until(lambda: len(receiver.got["/fails/2/x"]) >= 3, 75, lambda: f"got {dict(receiver.got)}")
    assert len(set(receiver.ids["/fails/2/x"])) == 1

    def delivered() -> bool:
        last = api.get(f"/api/notifications/{target['id']}").json()["last_delivery"]
        return bool(last and last["ok"] and last["status_code"] == 200)

    wait_until(delivered, 10, lambda: str(api.get(f"/api/notifications/{target['id']}").json()))


def test_a_hanging_receiver_among_a_hundred_delays_nobody(
    api: Api, origin: Origin, made: Any, receiver: Receiver
) -> None:
    for number in range(100):
        path = "hangs" if number == 5 else f"prompt/{number}"
        made("notifications", name=f"target {number}", on=["item_completed"], request={"url": receiver.url(path)})
    api.fetch(origin.url("clip-for-a-hundred.mp4"))
    prompt = [f"/prompt/{number}" for number in range(100) if number != 5]
    wait_until(
        lambda: all(receiver.got[path] for path in prompt),
        60,
        lambda: f"{sum(bool(receiver.got[p]) for p in prompt)} told",
    )
    wait_until(lambda: "/hangs" in receiver.order, 60, lambda: "the hanging one is not asked")
    beside = "".join(f"{path} " for path in receiver.order).partition("/hangs ")[2].partition("given up")[0]
    assert beside.count("/prompt/") > 10
