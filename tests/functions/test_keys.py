"""The key API up to its queue: docs/contract/hostapi.md."""

import concurrent.futures
import json
import logging
import time

import pytest

from dlambda.aws import bucket
from dlambda.domain.orders.key import Permission
from dlambda.domain.orders.order import Kind, Order
from dlambda.store.items import leases
from dlambda.store.orders import keys as store
from dlambda.store.orders import orders, quota_usage
from dlambda.usecases.orders import keys as usecase
from dlambda.usecases.orders.sweep_orders import sweep_orders

URL = "http://127.0.0.1:9/clip.mp4"
ALL = [each.value for each in Permission]
TASKS = [kind.value for kind in Kind]


@pytest.fixture
def app(stack):
    from endpoints.keys.main import app

    return app


@pytest.fixture
def admin(app):
    return Caller(app, usecase.make_first_key())


class Caller:
    def __init__(self, app, value):
        self.app = app
        self.value = value

    def call(self, method, path, body=None, **options):
        headers = {"X-API-Key": self.value} if self.value is not None else {}
        answer = self.app.test_client().open(path, method=method, json=body, headers=headers, **options)
        self.headers = answer.headers
        return answer.status_code, answer.get_json(silent=True)

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, **body):
        return self.call("POST", path, body)

    def child(self, name, permissions):
        return Caller(self.app, self.post("/create_key", name=name, permissions=permissions)[1]["key"])


def said(answer):
    return answer[0], answer[1]["error"]


def finish(order_id, file, content, **ended):
    """What a worker does, without the work."""
    order = orders.find(order_id)
    lease = leases.acquire(order_id, "w", time.time())
    order = orders.start(order, lease, time.time(), places=9)
    bucket.put_bytes(f"orders/{order_id}/{file}", content)
    orders.end(order, order.completed(file, ended.get("at", time.time())), lease)


# Who may come in


@pytest.mark.parametrize("path", ["/get_video", "/create_key", "/check_permissions"])
def test_a_request_needs_a_key(app, path):
    assert said(Caller(app, None).post(path, url=URL)) == (401, "No API key provided")
    assert said(Caller(app, "").post(path, url=URL)) == (401, "No API key provided")
    assert said(Caller(app, "nonsense").post(path, url=URL)) == (401, "Invalid API key")


def test_the_key_is_looked_at_before_the_body(app):
    answer = app.test_client().post("/get_video", data=b"{broken")
    assert (answer.status_code, answer.get_json()["error"]) == (401, "No API key provided")


@pytest.mark.parametrize("permission", ALL)
def test_each_call_needs_its_own_permission(admin, permission):
    """A key with all the others is refused."""
    robot = admin.child("robot", [each for each in ALL if each != permission])
    calls = {
        **{kind: lambda kind=kind: robot.post(f"/{kind}", url=URL, duration=1) for kind in TASKS},
        "create_key": lambda: robot.post(
            "/create_key", name="x", permissions=ALL[-1:] if permission != ALL[-1] else ALL[:1]
        ),
        "delete_key": lambda: robot.call("DELETE", "/delete_key/robot"),
        "get_keys": lambda: robot.get("/get_keys"),
        "get_key": lambda: robot.get("/get_key/robot"),
    }
    assert said(calls.pop(permission)()) == (403, "Insufficient permissions")
    assert robot.call("DELETE", "/get_key/robot")[0] == (403 if permission == "get_key" else 200)
    assert {name: call()[0] for name, call in calls.items() if name != "delete_key"}.items() <= {
        **dict.fromkeys(TASKS, 200), "create_key": 201, "get_keys": 200, "get_key": 200,
    }.items()  # fmt: skip


def test_the_operators_key_works_from_its_first_use(app, configure):
    configure(admin_key="chosen-by-the-operator")
    assert Caller(app, "chosen-by-the-operator").get("/get_keys")[0] == 200
    assert usecase.make_first_key() is None


def test_the_operators_key_means_nothing_once_there_are_keys(admin, configure):
    configure(admin_key="chosen-too-late")
    assert said(Caller(admin.app, "chosen-too-late").get("/get_keys")) == (401, "Invalid API key")


def test_at_a_start_the_admin_key_gets_the_operators_value(admin):
    before = admin.get("/get_key/admin")[1]["key"]
    usecase.choose_admin_key("chosen-later")
    usecase.choose_admin_key("chosen-later")
    assert said(Caller(admin.app, before).get("/get_keys")) == (401, "Invalid API key")
    status, listed = Caller(admin.app, "chosen-later").get("/get_keys")
    assert (status, list(listed), listed["admin"]["key"]) == (200, ["admin"], "chosen-later")


def test_the_operators_value_takes_no_other_key_and_brings_none_back(admin):
    robot = admin.post("/create_key", name="robot", permissions=ALL)[1]["key"]
    usecase.choose_admin_key(robot)
    assert sorted(admin.get("/get_keys")[1]) == ["admin", "robot"]
    admin.call("DELETE", "/delete_key/admin")
    usecase.choose_admin_key("chosen-later")
    assert Caller(admin.app, "chosen-later").get("/get_keys")[0] == 401
    assert list(Caller(admin.app, robot).get("/get_keys")[1]) == ["robot"]


def test_a_first_key_is_made_once(stack):
    assert usecase.make_first_key()
    assert usecase.make_first_key() is None


# Keys


def test_a_key_is_made_shown_and_removed(admin):
    status, made = admin.post("/create_key", name="robot", permissions=["get_video", "get_info"])
    assert (status, made["message"], made["name"]) == (201, "API key created successfully", "robot")
    assert admin.get("/get_key/robot")[1] == {
        "message": "API key get successfully", "name": "robot", "key": made["key"],
    }  # fmt: skip
    assert admin.call("DELETE", "/get_key/robot")[1]["key"] == made["key"]
    listed = admin.get("/get_keys")[1]
    assert sorted(listed) == ["admin", "robot"]
    assert (
        listed["robot"] | {"key": made["key"], "name": "robot", "permissions": ["get_video", "get_info"]}
        == listed["robot"]
    )
    assert (listed["robot"]["memory_quota"], listed["robot"]["memory_usage"]) == (5 * 1024**3, 0)
    assert admin.call("DELETE", "/delete_key/robot") == (
        200,
        {"message": "API key deleted successfully", "name": "robot"},
    )
    assert said(Caller(admin.app, made["key"]).post("/get_info", url=URL)) == (401, "Invalid API key")
    assert said(admin.call("DELETE", "/delete_key/robot")) == (404, "Key not found")
    assert said(admin.get("/get_key/robot")) == (404, "Key not found")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "Name and permissions required"),
        ({"name": "x"}, "Name and permissions required"),
        ({"permissions": ["get_info"]}, "Name and permissions required"),
        ({"name": "x", "permissions": []}, "Name and permissions required"),
        ({"name": " ", "permissions": ["get_info"]}, "Name and permissions required"),
        ({"name": "x", "permissions": ["fly"]}, "Unknown permission: fly"),
        ({"name": "x", "permissions": "get_info"}, "permissions must be an array."),
        ({"name": "x", "permissions": [["get_info"]]}, "Unknown permission: ['get_info']"),
        ({"name": "admin", "permissions": ["get_info"]}, "Key name already exists"),
        (
            {"name": "a/b", "permissions": ["get_info"]},
            "name must be printable, without '/', and of at most 128 characters.",
        ),
        (
            {"name": "a\nb", "permissions": ["get_info"]},
            "name must be printable, without '/', and of at most 128 characters.",
        ),
    ],
)
def test_a_bad_key_is_not_made(admin, body, text):
    assert said(admin.call("POST", "/create_key", body)) == (400, text)
    assert sorted(admin.get("/get_keys")[1]) == ["admin"]


def test_a_key_hands_out_no_more_than_it_holds(admin):
    robot = admin.child("robot", ["create_key", "get_info"])
    assert said(robot.post("/create_key", name="x", permissions=["get_info", "get_video"])) == (
        403,
        "Insufficient permissions",
    )
    assert robot.post("/create_key", name="x", permissions=["get_info"])[0] == 201


def test_permissions_are_checked_for_any_key(admin):
    robot = admin.child("robot", ["get_info"])
    assert robot.post("/check_permissions", permissions=["get_info"]) == (200, {"message": "Permissions granted"})
    for wanted in (["get_video"], ["get_info", "fly"]):
        status, body = robot.post("/check_permissions", permissions=wanted)
        assert (status, body["message"], body["error"]) == (403, "Insufficient permissions", "Insufficient permissions")
    assert robot.post("/check_permissions")[0] == 400


def test_values_of_keys_are_in_no_table_and_no_log(admin, stack, caplog):
    caplog.set_level(logging.DEBUG)
    robot = admin.child("robot", ["get_info"])
    robot.post("/get_info", url=URL)
    admin.get("/get_keys")
    everything = "".join(str(stack.rows(noun)) for noun in ("keys", "orders", "state", "leases"))
    for value in (admin.value, robot.value):
        assert value not in everything
        assert value not in caplog.text


# Keys that keys made


@pytest.fixture
def maker(admin):
    """Not the operator's key, but one that may make keys."""
    return admin.child("maker", ALL)


def test_what_a_made_key_asks_for_counts_on_its_maker(maker, configure):
    configure(request_limit=3)
    first, second = maker.child("first", ["get_info"]), maker.child("second", ["get_info"])
    assert [caller.post("/get_info", url=URL)[0] for caller in (first, second, maker)] == [200] * 3
    for caller in (first, second, maker, maker.child("third", ["get_info"])):
        assert said(caller.post("/get_info", url=URL)) == (429, "Rate limit exceeded. Max 3 per 10 min")
        assert int(caller.headers["Retry-After"]) > 500


def test_keys_of_the_operator_count_for_themselves(admin, configure):
    configure(request_limit=1)
    callers = [admin, admin.child("first", ["get_info"]), admin.child("second", ["get_info"])]
    assert [caller.post("/get_info", url=URL)[0] for caller in callers] == [200] * 3
    assert [caller.post("/get_info", url=URL)[0] for caller in callers] == [429] * 3


def test_a_long_chain_of_keys_has_one_window_and_an_end(maker, configure):
    configure(request_limit=3)
    chain = [maker]
    while len(chain) < 5:
        chain.append(chain[-1].child(f"link {len(chain)}", ALL))
    assert said(chain[-1].post("/create_key", name="one more", permissions=ALL)) == (
        403, "A key made through 4 other keys cannot make keys",
    )  # fmt: skip
    assert [caller.post("/get_info", url=URL)[0] for caller in reversed(chain)] == [200, 200, 200, 429, 429]


def test_a_key_makes_no_more_keys_than_it_may(maker, admin, configure):
    configure(keys_per_key=2)
    child = maker.child("first", ALL)
    child.child("second", ["get_info"])
    for caller in (maker, child):
        answer = caller.post("/create_key", name="third", permissions=["get_info"])
        assert said(answer) == (403, "Limit of keys exceeded. A key may make 2")
    maker.call("DELETE", "/delete_key/second")
    assert maker.post("/create_key", name="third", permissions=["get_info"])[0] == 201
    assert [admin.post("/create_key", name=f"own {n}", permissions=["get_info"])[0] for n in range(4)] == [201] * 4


def test_a_name_in_use_takes_no_place(maker, configure):
    configure(keys_per_key=1)
    assert said(maker.post("/create_key", name="admin", permissions=["get_info"])) == (400, "Key name already exists")
    assert maker.post("/create_key", name="first", permissions=["get_info"])[0] == 201


def test_a_removed_key_takes_those_that_it_made_with_it(admin, maker):
    child = maker.child("child", ALL)
    grandchild = child.child("grandchild", ALL)
    stranger = admin.child("stranger", ALL)
    assert admin.call("DELETE", "/delete_key/maker")[0] == 200
    for caller in (maker, child, grandchild):
        assert said(caller.post("/get_info", url=URL)) == (401, "Invalid API key")
    assert sorted(stranger.get("/get_keys")[1]) == ["admin", "stranger"]


def test_a_key_whose_maker_went_is_refused_also_when_nobody_removed_it(maker):
    child = maker.child("child", ALL)
    store.remove("maker")
    assert said(child.post("/create_key", name="x", permissions=ALL)) == (401, "Invalid API key")


def test_parallel_orders_of_made_keys_share_the_makers_limit(maker, configure):
    configure(request_limit=10, keys_per_key=20)
    callers = [maker.child(f"child {number}", ["get_info"]) for number in range(8)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: callers[n % 8].post("/get_info", url=URL)[0], range(48)))
    assert sorted(set(answers)) == [200, 429]
    assert answers.count(200) == 10


def test_parallel_callers_make_exactly_as_many_keys_as_they_may(maker, configure):
    configure(keys_per_key=5)
    body = {"permissions": ["get_info"]}
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda n: maker.post("/create_key", name=f"k{n}", **body)[0], range(30)))
    assert (made.count(201), made.count(403)) == (5, 25)


# Tasks


@pytest.mark.parametrize("kind", TASKS)
def test_a_task_waits_and_a_worker_is_woken(admin, stack, kind):
    status, body = admin.post(f"/{kind}", url=URL, duration=5)
    assert (status, body["status"], len(body["task_id"])) == (200, "waiting", 16)
    assert stack.messages("order") == [{"id": body["task_id"]}]
    shown = admin.get(f"/status/{body['task_id']}")[1]
    assert (shown["status"], shown["task_type"], shown["url"], shown["key_name"]) == ("waiting", kind, URL, "admin")


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("/get_video", {"url": None}, "url"),
        ("/get_video", {"url": "nonsense"}, "url"),
        ("/get_video", {"video_format": "best["}, "video_format"),
        ("/get_audio", {"audio_format": ")"}, "audio_format"),
        ("/get_audio", {"output_format": "mp4"}, "output_format"),
        ("/get_video", {"start_time": "x"}, "start_time"),
        ("/get_live_video", {}, "duration"),
        ("/get_live_audio", {"duration": "x"}, "duration"),
    ],
)
def test_a_bad_task_is_refused_by_name_and_not_made(admin, stack, path, fields, named):
    status, text = said(admin.post(path, **{"url": URL} | fields))
    assert status == 400
    assert named in text
    assert stack.rows("orders") == [] == stack.messages("order")


def test_private_addresses_are_refused(admin, configure):
    configure(allow_internal_urls="false")
    assert said(admin.post("/get_info", url=URL)) == (
        400,
        "url: Access to internal urls or private networks is not allowed.",
    )


def test_a_running_task_tells_how_far_it_is(admin):
    task_id = admin.post("/get_video", url=URL)[1]["task_id"]
    now = time.time()
    orders.start(orders.find(task_id), leases.acquire(task_id, "worker", now), now, places=1)
    assert admin.get(f"/status/{task_id}")[1]["status"] == "processing"


def test_another_keys_task_is_as_unknown_as_any(admin):
    robot = admin.child("robot", ALL)
    task_id = admin.post("/get_info", url=URL)[1]["task_id"]
    unknown = (404, {"status": "error", "message": "Task not found", "error": "Task not found", "code": "NOT_FOUND"})
    assert robot.get(f"/status/{task_id}") == robot.get(f"/status/{'x' * 16}") == robot.get("/status/1") == unknown
    assert said(Caller(admin.app, None).get(f"/status/{task_id}")) == (401, "No API key provided")
    assert admin.get(f"/status/{task_id}")[0] == 200


def test_a_name_given_again_inherits_no_tasks(admin):
    task_id = admin.child("robot", ALL).post("/get_info", url=URL)[1]["task_id"]
    admin.call("DELETE", "/delete_key/robot")
    assert admin.child("robot", ALL).get(f"/status/{task_id}")[0] == 404


def test_the_limit_is_told_and_other_calls_go_on(admin, configure):
    configure(request_limit=2, task_cleanup_time=10)
    for _ in range(2):
        task_id = admin.post("/get_info", url=URL)[1]["task_id"]
    assert said(admin.post("/get_video", url=URL)) == (429, "Rate limit exceeded. Max 2 per 10 min")
    assert 590 <= int(admin.headers["Retry-After"]) <= 600
    assert admin.get(f"/status/{task_id}")[0] == 200
    assert admin.get("/get_keys")[0] == 200
    assert admin.child("robot", ["get_info"]).post("/get_info", url=URL)[0] == 200


def test_refused_bodies_do_not_count(admin, configure):
    configure(request_limit=1)
    assert admin.post("/get_info", url="nonsense")[0] == 400
    assert admin.post("/get_info", url=URL)[0] == 200


def test_parallel_requests_meet_the_limit_exactly(admin, stack, configure):
    configure(request_limit=20)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: Caller(admin.app, admin.value).post("/get_info", url=URL)[0], range(100)))
    assert (answers.count(200), answers.count(429)) == (20, 80)
    assert len(stack.rows("orders")) == 20


# Files


def test_a_file_is_answered_by_a_short_lived_link(admin):
    task_id = admin.post("/get_video", url=URL)[1]["task_id"]
    assert said(admin.get(f"/files/{task_id}/video.mp4")) == (404, "File not found")
    finish(task_id, "video.mp4", b"film")
    shown = admin.get(f"/status/{task_id}")[1]
    assert (shown["status"], shown["file"]) == ("completed", f"/files/{task_id}/video.mp4")
    anyone = Caller(admin.app, None)
    assert anyone.get(shown["file"])[0] == 302
    assert f"orders/{task_id}/video.mp4" in anyone.headers["Location"]
    assert "response-content-disposition=attachment" in anyone.headers["Location"]
    anyone.get(shown["file"] + "?raw=true")
    assert "response-content-disposition=inline" in anyone.headers["Location"]
    assert anyone.call("HEAD", shown["file"])[0] == 200
    assert anyone.headers["Content-Length"] == "4"


@pytest.mark.parametrize(
    "name", ["other.mp4", "../x/video.mp4", "..%2fvideo.mp4", "a/b", "info.json", "%2e%2e/video.mp4"]
)
def test_nothing_else_of_the_bucket_is_given(admin, name):
    task_id = admin.post("/get_video", url=URL)[1]["task_id"]
    finish(task_id, "video.mp4", b"film")
    answer = admin.get(f"/files/{task_id}/{name}")
    assert answer[0] == 404
    assert "error" in answer[1]


def test_metadata_is_answered_whole_or_in_parts(admin):
    task_id = admin.post("/get_info", url=URL)[1]["task_id"]
    info = {"title": "T", "duration": 5, "formats": [{"format_id": "1", "vcodec": "none", "acodec": "aac", "abr": 64}]}
    finish(task_id, "info.json", json.dumps(info).encode())
    file = f"/files/{task_id}/info.json"
    assert admin.get(file) == (200, info)
    assert admin.get(f"{file}?raw=true") == (200, info)
    assert admin.get(f"{file}?title&duration&") == (200, {"title": "T", "duration": 5})
    assert admin.get(f"{file}?title=whatever") == (200, {"title": "T"})
    assert admin.get(f"{file}?title&nothing") == (200, {"title": "T"})
    assert said(admin.get(f"{file}?nothing")) == (404, "No matching parameters")
    found = admin.get(f"{file}?qualities&title")[1]
    assert (list(found), list(found["qualities"]["audio"])) == (["qualities", "title"], ["1"])


def test_a_task_expires_with_its_file(admin, configure):
    configure(task_cleanup_time=1)
    task_id = admin.post("/get_info", url=URL)[1]["task_id"]
    finish(task_id, "info.json", b"{}", at=time.time() - 61)
    assert admin.get(f"/status/{task_id}")[0] == 404
    assert admin.get(f"/files/{task_id}/info.json")[0] == 404
    sweep_orders(time.time())
    assert orders.find(task_id) is None
    assert list(bucket.list_(f"orders/{task_id}/")) == []


def test_the_sweep_wakes_what_waits_and_what_lost_its_worker(admin, stack, configure):
    configure(task_max_workers=2)
    first, second, third = (admin.post("/get_info", url=URL)[1]["task_id"] for _ in range(3))
    stack.messages("order")
    lease = leases.acquire(first, "dead", time.time() - 60)
    orders.start(orders.find(first), lease, time.time() - 60, places=2)
    sweep_orders(time.time())
    assert stack.messages("order") == [{"id": first}, {"id": second}]
    assert orders.find(third).state.value == "waiting"


def test_the_sweep_forgets_bytes_that_no_quota_counts_any_more(stack):
    now = time.time()
    limits = quota_usage.Limits(1000, 1000, 60)
    quota_usage.raise_to(quota_usage.Meter.of("k", "a"), 1000, now - 3600, limits)
    sweep_orders(now)
    assert quota_usage.raise_to(quota_usage.Meter.of("k", "b"), 1000, now, limits).bytes == 1000


def test_a_place_without_its_order_is_freed(stack):
    order = Order("L" * 16, Kind.GET_INFO, URL, "k", "robot", time.time())
    orders.add(order)
    orders.start(order, leases.acquire(order.id, "w", time.time()), time.time(), places=1)
    orders.remove(order.id)
    sweep_orders(time.time())
    assert orders.read_places() == set()


# Every error is JSON


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/get_video", {}, 405),
        ("PUT", "/get_keys", {}, 405),
        ("POST", "/get_nothing", {}, 404),
        ("GET", "/files/x", {}, 404),
        ("POST", "/get_video", {"data": b"x" * 300_000, "content_type": "application/json"}, 413),
        ("POST", "/get_video", {"data": b"url=http://x", "content_type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/get_video", {"data": b"<x/>", "content_type": "text/xml"}, 415),
        ("POST", "/get_video", {"data": b"{broken", "content_type": "application/json"}, 400),
        ("POST", "/get_video", {"data": b"[]", "content_type": "application/json"}, 400),
        ("POST", "/create_key", {"data": b"5", "content_type": "application/json"}, 400),
    ],
)
def test_every_error_is_json(admin, method, path, options, status):
    answer = admin.app.test_client().open(path, method=method, headers={"X-API-Key": admin.value}, **options)
    assert answer.status_code == status
    assert answer.get_json()["error"]


def test_json_without_its_type_is_read(admin):
    body = json.dumps({"url": URL}).encode()
    answer = admin.app.test_client().post(
        "/get_info", data=body, content_type="application/x-www-form-urlencoded", headers={"X-API-Key": admin.value}
    )
    assert answer.status_code == 200


def test_the_password_of_the_other_api_is_not_wanted(admin, configure):
    configure(auth_username="u", auth_password="p")
    assert admin.get("/get_keys")[0] == 200
