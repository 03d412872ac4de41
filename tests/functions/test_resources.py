"""What all kinds of resources share: docs/contract/rules.md 1, tasks.md 0."""

import importlib
import json
import time

import pytest

from dlambda.aws import queue
from dlambda.domain.messages.queue_messages import QueueName
from dlambda.domain.secrets.mask import MASK
from dlambda.store import connections
from dlambda.store.rules import deliveries
from tests.functions.deployment import deployment
from tests.stack import Stack

MINIMAL = {
    "presets": {"name": "a"},
    "conditions": {"name": "a", "cli": "-x"},
    "dl_fields": {"name": "a", "field": "--a"},
    "notifications": {"name": "a", "request": {"url": "https://hooks.example/in"}},
}
FAILED = {
    "presets": "Failed to validate preset.",
    "conditions": "Failed to validate condition.",
    "dl_fields": "Failed to validate dl field.",
    "notifications": "Failed to validate notification.",
}
TAKEN = {
    "presets": "Preset with name 'a' already exists.",
    "conditions": "Condition with name 'a' already exists.",
    "dl_fields": "DL field with name 'a' already exists.",
    "notifications": "Notification target with name 'a' already exists.",
}
MISSING = {
    "presets": ("Preset not found", "Preset not found"),
    "conditions": ("Condition not found", "Condition '999' not found."),
    "dl_fields": ("DL field not found", "DL field '999' not found."),
    "notifications": ("Notification not found", "Notification target '999' not found."),
}
KINDS = sorted(MINIMAL)


@pytest.fixture(scope="module")
def tables(engines: Stack):
    with pytest.MonkeyPatch.context() as patch, deployment(engines, patch):
        yield engines


@pytest.fixture
def table(tables: Stack):
    yield
    tables.empty()


@pytest.fixture
def heard(table, monkeypatch):
    """What a client that is connected gets."""
    frames = []
    connections.add("c1", "s1")
    monkeypatch.setattr("dlambda.aws.socket.push", lambda _, frame: frames.append(json.loads(frame)) or True)
    return frames


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def group(kind, table, heard):
    return Group(kind)


class Group:
    def __init__(self, kind):
        self.kind = kind
        self.client = importlib.import_module(f"endpoints.{kind}.main").app.test_client()

    def call(self, method, path="", body=None, **headers):
        answer = self.client.open(f"/api/{self.kind}{path}", method=method, json=body, headers=headers)
        return answer.status_code, answer.get_json()

    def make(self, **fields):
        status, made = self.call("POST", body={**MINIMAL[self.kind], **fields})
        assert status == 200, made
        return made


def names(listed):
    return [each["name"] for each in listed["items"] if not each.get("default")]


def test_a_resource_is_made_read_and_listed(group):
    made = group.make()
    assert made.items() >= {"name": "a"}.items()
    assert group.call("GET", f"/{made['id']}") == (200, made)
    status, listed = group.call("GET", "/")
    assert status == 200
    assert made in listed["items"]


def test_ids_come_from_the_service_and_are_never_used_again(group):
    first = group.make(name="1", id=5000)
    assert first["id"] != 5000
    second = group.make(name="2")
    group.call("DELETE", f"/{second['id']}")
    assert group.make(name="3")["id"] > second["id"] > first["id"]


def test_a_change_keeps_what_is_not_sent(group):
    made = group.make()
    status, changed = group.call("PATCH", f"/{made['id']}", {"name": "b"})
    assert (status, changed) == (200, {**made, "name": "b"})
    assert group.call("GET", f"/{made['id']}")[1] == changed


def test_a_replacement_puts_defaults_back(group):
    made = group.make()
    group.call("PATCH", f"/{made['id']}", {"description": "x", "enabled": False})
    assert group.call("PUT", f"/{made['id']}", MINIMAL[group.kind]) == (200, made)


def test_what_is_removed_is_answered_and_gone(group):
    made = group.make()
    assert group.call("DELETE", f"/{made['id']}") == (200, made)
    assert group.call("GET", f"/{made['id']}")[0] == 404
    group.make()


@pytest.mark.parametrize(("method", "place"), [("GET", 0), ("PATCH", 0), ("PUT", 0), ("DELETE", 1)])
def test_what_is_not_there(group, method, place):
    body = MINIMAL[group.kind] if method in ("PATCH", "PUT") else None
    status, answer = group.call(method, "/999", body)
    assert (status, answer["error"]) == (404, MISSING[group.kind][place])


@pytest.mark.parametrize("path", ["/abc", "/-1", "/1.5"])
def test_an_id_is_digits(group, path):
    assert group.call("GET", path)[0] == 404


def test_an_id_beyond_all_bounds(group):
    assert group.call("GET", f"/{10**40}")[0] == 404


def test_a_name_in_use_on_post(group):
    group.make()
    status, answer = group.call("POST", body=MINIMAL[group.kind])
    assert (status, answer["error"], answer["code"]) == (400, TAKEN[group.kind], "ALREADY_EXISTS")


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_name_in_use_on_change(group, method):
    group.make()
    other = group.make(name="b")
    status, answer = group.call(method, f"/{other['id']}", MINIMAL[group.kind])
    assert (status, answer["error"]) == (400 if group.kind == "notifications" else 409, TAKEN[group.kind])


def test_keeping_its_own_name_is_no_conflict(group):
    made = group.make()
    assert group.call("PUT", f"/{made['id']}", MINIMAL[group.kind])[0] == 200


def test_a_name_is_free_again_after_a_change(group):
    made = group.make()
    group.call("PATCH", f"/{made['id']}", {"name": "b"})
    group.make()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_body_that_does_not_fit(group, method):
    made = group.make()
    path = "" if method == "POST" else f"/{made['id']}"
    status, answer = group.call(method, path, {**MINIMAL[group.kind], "name": ""})
    assert (status, answer["error"], answer["code"]) == (400, FAILED[group.kind], "VALIDATION_FAILED")
    assert answer["detail"] == [{"loc": ["name"], "msg": "Value error, Name cannot be empty.", "type": "value_error"}]


@pytest.mark.parametrize("body", [[], 5, True, [{"name": "a"}]])
def test_a_body_that_is_no_object(group, body):
    text = (
        "Invalid request body expecting list with dicts."
        if group.kind == "conditions"
        else ("Invalid request body expecting dict.")
    )
    assert group.call("POST", body=body) == (400, {"error": text, "code": "INVALID", "params": {"field": "request"}})
    made = group.make()
    assert group.call("PATCH", f"/{made['id']}", body)[0] == 400


def test_a_body_that_is_no_json(group):
    answer = group.client.post(f"/api/{group.kind}", data="{", content_type="application/json")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "Invalid JSON in request body.")


def test_pages(group):
    before = group.call("GET", "")[1]["pagination"]["total"]
    for name in "abcd":
        group.make(name=name)
    status, listed = group.call("GET", "?page=1&per_page=2")
    total = before + 4
    assert status == 200
    assert len(listed["items"]) == 2
    assert listed["pagination"] == {
        "page": 1, "per_page": 2, "total": total, "total_pages": -(-total // 2), "has_next": True, "has_prev": False,
    }  # fmt: skip
    beyond = group.call("GET", "?page=99&per_page=2")[1]["pagination"]
    assert (beyond["page"], beyond["has_next"], beyond["has_prev"]) == (beyond["total_pages"], False, True)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("page=0", "page must be >= 1."),
        ("per_page=0", "per_page must be between 1 and 1000."),
        ("per_page=1001", "per_page must be between 1 and 1000."),
        ("page=x", "page and per_page must be valid integers."),
    ],
)
def test_pages_that_are_none(group, query, text):
    status, answer = group.call("GET", f"?{query}")
    assert (status, answer["error"]) == (400, text)


def test_every_change_is_told(group, heard):
    made = group.make()
    changed = group.call("PATCH", f"/{made['id']}", {"name": "b"})[1]
    group.call("DELETE", f"/{made['id']}")
    told = [frame["data"]["data"] for frame in heard]
    assert [(each["feature"], each["action"], each["data"]) for each in told] == [
        (group.kind, "create", made),
        (group.kind, "update", changed),
        (group.kind, "delete", changed),
    ]


def test_a_version_is_changed_once(group):
    made = group.make()
    answer = group.client.get(f"/api/{group.kind}/{made['id']}")
    tag = {"If-Match": answer.headers["ETag"]}
    assert group.call("PATCH", f"/{made['id']}", {"name": "b"}, **tag)[0] == 200
    status, problem = group.call("PATCH", f"/{made['id']}", {"name": "c"}, **tag)
    assert (status, problem["code"]) == (412, "PRECONDITION_FAILED")
    assert group.call("DELETE", f"/{made['id']}", **tag)[0] == 412
    assert group.call("DELETE", f"/{made['id']}", **{"If-Match": "nonsense"})[0] == 412
    assert group.call("DELETE", f"/{made['id']}", **{"If-Match": "*"})[0] == 200


def test_null_in_a_change_means_the_default(group):
    made = group.make(description="x", priority=5, order=5, enabled=False)
    sent = dict.fromkeys(("description", "priority", "order", "enabled"))
    assert group.call("PATCH", f"/{made['id']}", sent)[0] == 200
    group.call("DELETE", f"/{made['id']}")
    plain = group.make()
    assert {**plain, "id": 0} == {**group.call("GET", f"/{plain['id']}")[1], "id": 0}


# Presets


@pytest.fixture
def presets(table, heard):
    return Group("presets")


def test_own_presets_stand_among_the_system_ones(presets):
    presets.make(name="A", priority=1)
    presets.make(name="B", priority=1)
    presets.make(name="C", priority=2)
    listed = presets.call("GET", "")[1]["items"]
    assert [each["name"] for each in listed][:4] == ["C", "A", "B", "1080p"]
    assert sum(each["default"] for each in listed) == 9


def test_names_of_presets_are_compared_in_one_form(presets):
    assert presets.make(name=" My  Preset ")["name"] == "My  Preset"
    status, answer = presets.call("POST", body={"name": "my_preset"})
    assert (status, answer["error"]) == (400, "Preset with name 'my_preset' already exists.")
    assert presets.call("POST", body={"name": "Audio Only"})[0] == 400


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("PATCH", "Default presets cannot be modified."),
        ("PUT", "Default presets cannot be modified."),
        ("DELETE", "Default presets cannot be deleted."),
    ],
)
def test_system_presets_stay_as_they_are(presets, method, text):
    status, answer = presets.call(method, "/1", {} if method != "DELETE" else None)
    assert (status, answer["error"]) == (400, text)
    assert presets.call("GET", "/1")[1]["default"]


def test_no_client_can_make_a_system_preset(presets):
    assert presets.make(default=True)["default"] is False


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=priority,name&order=asc,desc&exclude_defaults=1", ["Bravo", "Alpha", "Charlie"]),
        ("sort=name&exclude_defaults=true", ["Alpha", "Bravo", "Charlie"]),
        ("sort=id&order=desc&exclude_defaults=x", ["Bravo", "Alpha", "Charlie"]),
        ("exclude_defaults=1", ["Charlie", "Alpha", "Bravo"]),
    ],
)
def test_presets_can_be_sorted(presets, query, expected):
    presets.make(name="Charlie", priority=2)
    presets.make(name="Alpha", priority=1)
    presets.make(name="Bravo", priority=1)
    listed = presets.call("GET", f"?{query}")[1]
    assert [each["name"] for each in listed["items"]] == expected
    assert listed["pagination"]["total"] == 3


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("sort=cli", "sort must use supported fields: id, name, priority, default, created_at, updated_at."),
        ("order=asc", "sort is required when order is provided."),
        ("sort=name&order=sideways", "order must be 'asc' or 'desc'."),
        ("sort=id,name&order=asc,asc,asc", "order must provide one direction or match the number of sort fields."),
    ],
)
def test_presets_cannot_be_sorted_by_anything(presets, query, text):
    status, answer = presets.call("GET", f"?{query}")
    assert (status, answer["error"]) == (400, text)


def test_cookies_are_shown_to_their_owner_alone(presets, heard):
    made = presets.make(cookies="# jar", cli="--proxy http://me:pw@proxy.example:80")
    assert (made["cookies"], made["has_cookies"]) == (MASK, True)
    listed = presets.call("GET", "?exclude_defaults=1")[1]["items"][0]
    assert (listed["cookies"], listed["cli"]) == (MASK, f"--proxy http://me:{MASK}@proxy.example:80")
    own = presets.call("GET", f"/{made['id']}")[1]
    assert (own["cookies"], own["cli"]) == ("# jar", "--proxy http://me:pw@proxy.example:80")
    assert "# jar" not in str(heard)


def test_a_mask_that_comes_back_changes_nothing(presets):
    made = presets.make(cookies="# jar")
    presets.call("PUT", f"/{made['id']}", {**made, "description": "new"})
    own = presets.call("GET", f"/{made['id']}")[1]
    assert (own["cookies"], own["description"]) == ("# jar", "new")


def test_a_folder_outside_is_refused(presets):
    for fields in ({"folder": "../x"}, {"template": "/etc/%(title)s"}):
        assert presets.call("POST", body={"name": "a", **fields})[0] == 400


# Notifications


@pytest.fixture
def targets(table, heard):
    return Group("notifications")


def test_a_part_of_the_request_changes(targets):
    headers = [{"key": "Authorization", "value": "Bearer abc"}]
    made = targets.make(request={"url": "https://a.example", "headers": headers, "data_key": "d"})
    assert made["request"]["headers"] == [{"key": "Authorization", "value": MASK}]
    targets.call("PATCH", f"/{made['id']}", {"request": {"url": "https://b.example"}})
    own = targets.call("GET", f"/{made['id']}")[1]
    assert own["request"] == {
        "type": "json", "method": "POST", "url": "https://b.example", "headers": headers, "data_key": "d",
    }  # fmt: skip


def test_a_secret_is_never_shown(targets):
    made = targets.make(secret="whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")
    own = targets.call("GET", f"/{made['id']}")[1]
    assert own["has_secret"]
    assert "secret" not in own
    assert own["last_delivery"] is None


def test_names_that_nobody_knows_are_refused(targets):
    status, answer = targets.call("POST", body={**MINIMAL["notifications"], "on": ["nonsense"]})
    assert (status, answer["error"]) == (400, "Invalid notification target. Invalid events 'nonsense' found.")
    made = targets.make(presets=["audio_only", "nobody"])
    assert made["presets"] == ["audio_only"]
    status, answer = targets.call("PATCH", f"/{made['id']}", {"presets": ["nobody"]})
    assert (status, answer["error"]) == (400, "Invalid notification target. Invalid presets 'nobody' found.")


def test_the_events_of_targets(targets):
    status, answer = targets.call("GET", "/events/")
    assert (status, answer["events"][:2]) == (200, ["test", "item_added"])


def test_the_test_event_wakes_a_delivery_to_each_enabled_target(targets):
    targets.make()
    targets.make(name="b", on=["paused"], presets=["audio_only"])
    targets.make(name="c", enabled=False)
    assert targets.call("POST", "/test") == (200, {})
    planned = [deliveries.acquire(id_, time.time(), 60) for id_ in deliveries.list_due(time.time())]
    assert len(planned) == 2
    assert {planned[0].event[name] for name in ("event", "title", "message")} == {
        "test", "Test Notification", "This is a test notification.",
    }  # fmt: skip
    assert queue.depth(QueueName.NOTIFY) == 2


# Conditions


@pytest.fixture
def conditions(table, heard):
    return Group("conditions")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ([], "Invalid request body expecting dict."),
        ({}, "url is required."),
        ({"url": "https://a.example"}, "condition is required."),
        ({"url": "https://a.example", "condition": "a &"}, "Expected ATOM"),
        ({"url": "ftp://a.example", "condition": "a"}, "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ({"url": "http://127.0.0.1/", "condition": "a"}, "Access to internal urls or private networks is not allowed."),
    ],
)
def test_trials_that_are_refused(conditions, body, text):
    status, answer = conditions.call("POST", "/test", body)
    assert (status, answer["error"]) == (400, text)
