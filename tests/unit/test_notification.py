"""docs/contract/rules.md 6."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from standardwebhooks import Webhook

from dlambda.domain.events.event import Event, Name
from dlambda.domain.rules.body import read, read_change
from dlambda.domain.rules.notification import (
    EVENTS,
    Call,
    Target,
    TargetInput,
    known_names,
    masked,
    merged,
    unmasked,
    wanted_by,
)
from dlambda.domain.rules.notification_message import (
    RETRY_SECONDS,
    is_worth_retrying,
    message_for,
    payload,
    plain_text,
    wait_seconds,
)
from dlambda.domain.secrets.mask import MASK
from dlambda.errors import Invalid, ValidationFailed

TEXT = "Failed to validate notification."
NOW = datetime(2026, 2, 17, 16, tzinfo=UTC)
HOOK = Call("https://hooks.example.net/in")
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
OPS = {
    "name": "Ops hook", "on": ["item_completed", "log_error"], "presets": ["audio_only"], "enabled": True, "secret": "",
    "request": {
        "type": "json", "method": "POST", "url": "https://hooks.example.net/in", "data_key": "data",
        "headers": [{"key": "Authorization", "value": "Bearer abc"}],
    },
}  # fmt: skip


def event(name=Name.ITEM_COMPLETED, **data):
    return Event(name, data, "Download Completed", "Completed 'A' download.", id="Zk3a8aaaaaaaaaaa", created_at=NOW)


def target(id_=1, **fields):
    return Target(id_, f"t{id_}", HOOK, **fields)


@pytest.mark.parametrize(
    ("fields", "sent", "wanted"),
    [
        ({}, event(), True),
        ({"on": ("item_completed",)}, event(), True),
        ({"on": ("log_error",)}, event(), False),
        ({"enabled": False}, event(), False),
        ({"presets": ("Audio Only",)}, event(preset="audio_only"), True),
        ({"presets": ("audio_only",)}, event(preset="default"), False),
        ({"presets": ("audio_only",)}, event(), False),
        ({"presets": ("audio_only",), "on": ("log_error",)}, event(Name.TEST), True),
        ({"enabled": False}, event(Name.TEST), False),
        ({}, event(Name.ITEM_UPDATED), False),
        ({}, event(Name.CONFIG_UPDATE), False),
    ],
)
def test_who_hears_of_an_event(fields, sent, wanted):
    assert target(**fields).wants(sent) is wanted


def test_all_that_want_an_event():
    assert [each.id for each in wanted_by([target(1), target(2, on=("paused",)), target(3)], event())] == [1, 3]


def test_the_events_are_in_the_documented_order():
    assert EVENTS[:3] == ("test", "item_added", "item_completed")
    assert len(EVENTS) == 16
    assert EVENTS[-1] == "task_dispatched"


def test_a_json_webhook():
    sent = message_for(target(), payload(event(_id="7", preset="audio_only")), version="1.2", now=NOW)
    assert sent.method == "POST"
    assert json.loads(sent.body) == {
        "id": "Zk3a8aaaaaaaaaaa",
        "created_at": "2026-02-17T16:00:00+00:00",
        "event": "item_completed",
        "title": "Download Completed",
        "message": "Completed 'A' download.",
        "data": {"_id": "7", "preset": "audio_only"},
    }
    assert sent.headers == {
        "User-Agent": "dlambda/1.2",
        "X-Event-Id": "Zk3a8aaaaaaaaaaa",
        "X-Event": "item_completed",
        "Content-Type": "application/json",
    }


def test_a_form_webhook_has_its_data_as_json_text():
    hook = Target(1, "t", Call("https://a.example", type="form", method="PUT", data_key="payload"))
    sent = message_for(hook, payload(event(_id="7")), version="1", now=NOW)
    form = {name: values[0] for name, values in parse_qs(sent.body.decode()).items()}
    assert json.loads(form.pop("payload")) == {"_id": "7"}
    assert form["event"] == "item_completed"
    assert sent.method == "PUT"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_the_targets_own_headers_win():
    hook = Target(1, "t", Call("https://a.example", headers=(("user-agent", "me"), ("X-Own", "1"))))
    headers = message_for(hook, payload(event()), version="1", now=NOW).headers
    assert headers["user-agent"] == "me"
    assert "User-Agent" not in headers
    assert headers["X-Own"] == "1"


def test_a_secret_signs_as_standard_webhooks_says():
    now = datetime.now(UTC)
    sent = message_for(target(secret=SECRET), payload(event(a=1)), version="1", now=now)
    assert Webhook(SECRET).verify(sent.body, dict(sent.headers))["data"] == {"a": 1}


@pytest.mark.parametrize(
    ("title", "message", "expected"),
    [
        ("T", "M", ("T", "M")),
        (None, "M", ("dlambda Event: paused", "M")),
    ],
)
def test_services_for_people_get_a_text(title, message, expected):
    assert plain_text(payload(Event(Name.PAUSED, {}, title, message))) == expected


def test_a_service_gets_the_event_when_it_has_no_message():
    assert json.loads(plain_text(payload(Event(Name.PAUSED, {"a": 1})))[1])["data"] == {"a": 1}


@pytest.mark.parametrize(
    ("status", "again"),
    [
        (None, True),
        (500, True),
        (503, True),
        (408, True),
        (429, True),
        (400, False),
        (401, False),
        (404, False),
        (410, False),
    ],
)
def test_what_is_tried_again(status, again):
    assert is_worth_retrying(status) is again


def test_waits_grow_and_end():
    waits = [wait_seconds(tries) for tries in range(1, len(RETRY_SECONDS) + 2)]
    assert waits[-1] is None
    assert waits[:-1] == sorted(set(waits[:-1]))
    assert max(waits[:-1]) <= 900


# What a client sends


def posted(**body):
    return read(TargetInput, {"name": "t", "request": {"url": "https://a.example"}, **body}, text=TEXT)


def test_a_target_as_documented_is_kept_whole():
    assert read(TargetInput, OPS, text=TEXT) == OPS


def test_defaults():
    assert posted() == {
        "name": "t", "on": [], "presets": [], "enabled": True, "secret": "",
        "request": {"type": "json", "method": "POST", "url": "https://a.example", "headers": [], "data_key": "data"},
    }  # fmt: skip


def test_lenient_input():
    request = {"type": " JSON", "method": "put", "url": "tgram://token/chat"}
    fields = posted(on="item_added", presets=["a", " ", ""], request=request)
    assert (fields["on"], fields["presets"]) == (["item_added"], ["a"])
    assert (fields["request"]["type"], fields["request"]["method"]) == ("json", "PUT")
    assert posted(on=None)["on"] == []


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"name": ""}, ["name"]),
        ({"enabled": "x"}, ["enabled"]),
        ({"request": None}, ["request"]),
        ({"request": {}}, ["request", "url"]),
        ({"request": {"url": ""}}, ["request", "url"]),
        ({"request": {"url": "http://"}}, ["request", "url"]),
        ({"request": {"url": "hooks.example.net/in"}}, ["request", "url"]),
        ({"request": {"url": "http://a", "type": "xml"}}, ["request", "type"]),
        ({"request": {"url": "http://a", "method": "GET"}}, ["request", "method"]),
        ({"request": {"url": "http://a", "data_key": " "}}, ["request", "data_key"]),
        ({"request": {"url": "http://a", "headers": [{"key": "", "value": "x"}]}}, ["request", "headers", 0, "key"]),
        ({"request": {"url": "http://a", "headers": [{"key": "X", "value": ""}]}}, ["request", "headers", 0, "value"]),
        (
            {"request": {"url": "http://a", "headers": [{"key": "X", "value": "a\x1bb"}]}},
            ["request", "headers", 0, "value"],
        ),
        (
            {"request": {"url": "http://a", "headers": [{"key": "X", "value": "a\nB: c"}]}},
            ["request", "headers", 0, "value"],
        ),
        ({"secret": "not base64!"}, ["secret"]),
    ],
)
def test_refusals(body, loc):
    with pytest.raises(ValidationFailed) as caught:
        posted(**body)
    assert caught.value.message == TEXT
    assert [each["loc"] for each in caught.value.extra["detail"]] == [loc]


def test_unknown_names_go_while_one_is_known():
    fields = {"on": ["item_added", "nonsense"], "presets": ["nobody", "Audio Only"]}
    assert known_names(fields, {"audio_only"}) == {"on": ["item_added"], "presets": ["Audio Only"]}
    assert known_names({"on": []}, set()) == {"on": []}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"on": ["a", "b"]}, "Invalid notification target. Invalid events 'a, b' found."),
        ({"presets": ["nobody"]}, "Invalid notification target. Invalid presets 'nobody' found."),
    ],
)
def test_names_that_nobody_knows(fields, text):
    with pytest.raises(Invalid) as caught:
        known_names(fields, {"default"})
    assert caught.value.message == text


def test_a_change_may_be_anything_that_a_client_may_set():
    assert read_change(TargetInput, {"name": "new", "enabled": False}, text=TEXT) == {"name": "new", "enabled": False}


def test_header_values_are_masked_and_come_back():
    known = read(TargetInput, {**OPS, "secret": SECRET}, text=TEXT)
    shown = masked(known)
    assert shown["request"]["headers"] == [{"key": "Authorization", "value": MASK}]
    assert shown["secret"] == MASK
    sent = {
        "request": {
            **shown["request"],
            "headers": [{"key": "authorization", "value": MASK}, {"key": "X", "value": "1"}],
        }
    }
    assert unmasked(sent, known)["request"]["headers"] == [
        {"key": "authorization", "value": "Bearer abc"},
        {"key": "X", "value": "1"},
    ]
    assert unmasked({"secret": MASK}, known) == {"secret": SECRET}


def test_a_mask_of_nothing_is_refused():
    sent = {"request": {"url": "http://a", "headers": [{"key": "X", "value": MASK}]}}
    with pytest.raises(Invalid, match="The value of header 'X' is masked"):
        unmasked(sent, {})


def test_the_password_of_an_address_is_masked_and_comes_back():
    known = posted(request={"url": "mailto://me:pw@example.com"})
    assert masked(known)["request"]["url"] == f"mailto://{MASK}"
    assert unmasked(masked(known), known) == known


def test_a_part_of_the_request_may_be_sent():
    body = {"name": "n", "request": {"url": "https://new.example", "type": None}}
    assert merged(body, OPS)["request"] == {**OPS["request"], "url": "https://new.example", "type": None}
    assert merged({"name": "n"}, OPS) == {"name": "n"}


def test_secrets_are_not_shown_in_logs():
    shown = repr(Target.from_fields(1, read(TargetInput, {**OPS, "secret": SECRET}, text=TEXT)))
    assert "Bearer" not in shown
    assert SECRET not in shown
