"""Keys of the key API: nobody gets more than a key gives, nor what belongs to another key."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.api import Api, Reply, wait_until
from tests.e2e.service import Service
from tests.security.attacker import Page
from tests.security.lab import ADMIN_KEY, Lab

_ALL = ("create_key", "delete_key", "get_key", "get_keys", "get_video", "get_audio", "get_live_video", "get_live_audio",
        "get_info")  # fmt: skip


def _make(api: Api, name: object, permissions: object, key: str = ADMIN_KEY) -> Reply:
    return api.post("/create_key", {"name": name, "permissions": permissions}, headers={"X-API-Key": key})


@pytest.fixture(scope="module")
def keys(lab: Lab, service: Service) -> Iterator[dict[str, str]]:
    """A key that only makes keys, and two that only get videos."""
    wanted = {"maker": ["create_key"], "one": ["get_video"], "two": ["get_video"]}
    with lab.inside():
        api = service.api
        values = {name: _make(api, f"attempts-{name}", rights).json()["key"] for name, rights in wanted.items()}
    yield values
    with lab.inside():
        for name in wanted:
            api.request("DELETE", f"/delete_key/attempts-{name}", headers={"X-API-Key": ADMIN_KEY})


_CALLS = {
    "get_audio": ("POST", "/get_audio", {"url": "http://pub.test/k.mp4"}),
    "get_info": ("POST", "/get_info", {"url": "http://pub.test/k.mp4"}),
    "get_live_video": ("POST", "/get_live_video", {"url": "http://pub.test/k.mp4", "duration": 1}),
    "get_live_audio": ("POST", "/get_live_audio", {"url": "http://pub.test/k.mp4", "duration": 1}),
    "get_keys": ("GET", "/get_keys", None),
    "get_key": ("GET", "/get_key/admin", None),
    "delete_key": ("DELETE", "/delete_key/admin", None),
    "create_key": ("POST", "/create_key", {"name": "more", "permissions": ["get_video"]}),
}


@pytest.mark.parametrize("right", _CALLS)
def test_a_key_without_the_right_is_refused(api: Api, keys: dict[str, str], right: str) -> None:
    method, path, body = _CALLS[right]
    reply = api.request(method, path, body, headers={"X-API-Key": keys["one"]})
    assert (reply.status, reply.json()["error"]) == (403, "Insufficient permissions")


_MORE: tuple[Any, ...] = (
    ["get_video"], ["create_key", "get_video"], ["CREATE_KEY", "Get_Video"], [" get_video"], ["get_video\0"], "get_video",
    {"get_video": True}, [["get_video"]], [{"name": "get_video"}], ["*"], ["admin"], ["create_key", "create_key", "get_keys"],
    [None], [1], None, True, [], list(_ALL), ["get_vіdeo"],
)  # fmt: skip


@pytest.mark.parametrize("permissions", _MORE, ids=[json.dumps(value)[:60] for value in _MORE])
def test_a_key_hands_out_no_right_that_it_lacks(api: Api, keys: dict[str, str], permissions: Any) -> None:
    reply = _make(api, "attempts-more", permissions, keys["maker"])
    assert reply.status in (400, 403), reply.body


@pytest.mark.parametrize("name", ["admin", "Admin", " admin ", "a/b", "../x", "a\nb", "a\0b", "\x1b[2J", "x" * 129, "",
                                  " ", None, 5, ["x"], {"a": 1}])  # fmt: skip
def test_no_such_name_is_given(api: Api, name: Any) -> None:
    reply = _make(api, name, ["get_video"])
    if reply.status == 201:
        made = reply.json()["name"]
        api.request("DELETE", f"/delete_key/{made}", headers={"X-API-Key": ADMIN_KEY})
        assert name == "Admin"  # another name, as far as names are compared exactly
    else:
        assert reply.status == 400, reply.body


@pytest.mark.parametrize("key", [
    "", "x", ADMIN_KEY.upper(), ADMIN_KEY + " x", ADMIN_KEY[:-1], "A" * 60000, "admin", "%00", "null", "*", "' OR 1=1 --",
])  # fmt: skip
def test_no_wrong_key_is_taken(api: Api, key: str) -> None:
    assert api.get("/get_keys", headers={"X-API-Key": key}).status in (400, 401, 431)


def test_no_key_is_taken_from_elsewhere(api: Api) -> None:
    assert api.get(f"/get_keys?api_key={ADMIN_KEY}&X-API-Key={ADMIN_KEY}&apikey={ADMIN_KEY}").status == 401
    assert api.get("/get_keys", headers={"Authorization": f"Bearer {ADMIN_KEY}"}).status == 401
    assert api.get("/get_keys", headers={"Cookie": f"X-API-Key={ADMIN_KEY}"}).status == 401


@pytest.fixture(scope="module")
def task(lab: Lab, service: Service, keys: dict[str, str]) -> str:
    """A task of the first key."""
    lab.attacker.serve("/keys/film.mp4", Page(lab.public.mp4.read_bytes(), "video/mp4"))
    with lab.inside():
        reply = service.api.post(
            "/get_video", {"url": "http://pub.test/keys/film.mp4"}, headers={"X-API-Key": keys["one"]}
        )
    assert reply.status == 200, reply.body
    return str(reply.json()["task_id"])


def test_another_key_does_not_see_the_task(api: Api, keys: dict[str, str], task: str) -> None:
    assert api.get(f"/status/{task}", headers={"X-API-Key": keys["one"]}).status == 200
    for value in (keys["two"], keys["maker"]):
        assert api.get(f"/status/{task}", headers={"X-API-Key": value}).status == 404


@pytest.mark.parametrize("path", ["{task}/../{task}/x", "{task}/..", "{task}/../../files/library.mp4", "{task}/%2e%2e/x",
                                  "{task}/..%2f..%2ffiles%2flibrary.mp4", "{task}/info.json", "{task}/", "x/video.mp4",
                                  "../video.mp4", "{task}/%2fetc%2fpasswd"])  # fmt: skip
def test_no_file_beside_the_tasks_own_is_read(lab: Lab, api: Api, service: Service, task: str, path: str) -> None:
    lab.put_library_film(service)
    for method in ("GET", "HEAD"):
        assert api.request(method, "/files/" + path.format(task=task)).status in (400, 404)


_WISHES: tuple[dict[str, Any], ...] = (
    {"video_format": "best --exec id"}, {"video_format": "x" * 3000}, {"audio_format": "[["},
    {"output_format": "../x"}, {"output_format": "exe"}, {"output_format": "mp4 -i /etc/passwd"}, {"output_format": ["mp4"]},
    {"start_time": "nan"}, {"start_time": "inf"}, {"start_time": -1}, {"end_time": 1e300}, {"start_time": [1]},
    {"start_time": 5, "end_time": 1}, {"start_time": "0; id"}, {"url": ["http://pub.test/"]}, {"url": {"a": 1}}, {"url": None},
    {"url": ""}, {"url": "-x"}, {"url": "file:///etc/passwd"},
)  # fmt: skip


@pytest.mark.parametrize("wish", _WISHES, ids=[json.dumps(wish)[:60] for wish in _WISHES])
def test_no_odd_wish_becomes_a_task(api: Api, wish: dict[str, Any]) -> None:
    body = {"url": "http://pub.test/keys/film.mp4", "output_format": "mp4", **wish}
    reply = api.post("/get_video", body, headers={"X-API-Key": ADMIN_KEY})
    assert reply.status == 400, reply.body
    assert reply.json()["error"]


def test_a_choice_that_asks_a_person_ends(api: Api) -> None:
    headers = {"X-API-Key": ADMIN_KEY}
    body = {"url": "http://pub.test/keys/film.mp4", "video_format": "-"}
    reply = api.post("/get_video", body, headers=headers)
    if reply.status == 200:
        task = f"/status/{reply.json()['task_id']}"
        ended = ("completed", "error")
        wait_until(lambda: api.get(task, headers=headers).json()["status"] in ended, 60, lambda: task)
    else:
        assert reply.status == 400


@pytest.mark.parametrize("more", [{"cli": "--exec id"}, {"params": {"exec_cmd": "id"}}, {"cookies": "/etc/passwd"}])
def test_what_a_wish_does_not_know_has_no_effect(lab: Lab, api: Api, more: dict[str, Any]) -> None:
    body = {"url": "http://pub.test/keys/film.mp4", **more}
    reply = api.post("/get_video", body, headers={"X-API-Key": ADMIN_KEY})
    assert reply.status in (200, 400)
    if reply.status == 200:
        status = api.get(f"/status/{reply.json()['task_id']}", headers={"X-API-Key": ADMIN_KEY}).json()
        assert not more.keys() & status.keys()


def test_a_key_makes_no_more_tasks_than_its_limit(guarded_client: Api) -> None:
    """The guarded service has the limit that an operator gets by default."""
    headers = {"X-API-Key": ADMIN_KEY}
    replies = [
        guarded_client.post("/get_info", {"url": f"http://pub.test/limit/{n}"}, headers=headers) for n in range(24)
    ]
    statuses = [reply.status for reply in replies]
    assert statuses == [200] * 20 + [429] * 4
    assert replies[-1].headers["Retry-After"]


def test_no_key_stands_in_the_logs_or_tables(service: Service, keys: dict[str, str], task: str) -> None:
    content = b"".join(
        path.read_bytes() for folder in ("logs", "tables") for path in (service.folder / folder).glob("*")
    )
    assert task
    for value in (*keys.values(), ADMIN_KEY):
        assert value.encode() not in content
