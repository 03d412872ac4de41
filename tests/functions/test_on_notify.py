"""Targets are told: docs/contract/rules.md 6.3, against a receiver that really listens."""

import base64
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from standardwebhooks import Webhook

from dlambda.aws import queue
from dlambda.domain.events.event import Event, Name
from dlambda.domain.messages.queue_messages import Deliver
from dlambda.domain.rules.notification_message import RETRY_SECONDS
from dlambda.domain.rules.resource import NOTIFICATIONS
from dlambda.store.rules import deliveries
from dlambda.usecases.events.announce import wake_deliveries
from dlambda.usecases.events.publish import publish
from dlambda.usecases.rules import resources
from events.on_notify.main import lambda_handler
from tests.functions.deployment import deployment
from tests.stack import Stack, forget_settings

DONE = Event(Name.ITEM_COMPLETED, {"_id": "7", "preset": "audio_only"}, "Download Completed", "Completed 'A' download.")
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


class Receiver(ThreadingHTTPServer):
    """Answers with the statuses it is given, then with 200; keeps what it got."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got = []
        self.statuses = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def _take(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append((self.command, self.path, dict(self.headers), body))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.send_response(status)
        if status in (302, 307):
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT = do_GET = _take  # noqa: N815 names of the base class

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    with Receiver() as server:
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def tables(engines: Stack):
    with (
        pytest.MonkeyPatch.context() as patch,
        deployment(engines, patch, DLAMBDA_SOCKET_ENDPOINT="", YTP_ALLOW_INTERNAL_URLS="true"),
    ):
        yield engines


@pytest.fixture(autouse=True)
def table(tables: Stack):
    yield
    tables.empty()


@pytest.fixture
def guarded(monkeypatch):
    monkeypatch.setenv("YTP_ALLOW_INTERNAL_URLS", "false")
    forget_settings()
    yield
    monkeypatch.undo()
    forget_settings()


def add(receiver, *, url=None, **fields):
    request = {"url": url or receiver.url, **fields.pop("request", {})}
    return resources.create(NOTIFICATIONS, {"name": str(time.time_ns()), "request": request, **fields}).id


def work():
    """The queue as the function sees it: every message that is visible now, once."""
    messages = []
    while found := queue.client().receive_message(QueueUrl=queue.queue_url("notify")).get("Messages"):
        for each in found:
            messages.append({"messageId": each["MessageId"], "body": each["Body"]})
            queue.client().delete_message(QueueUrl=queue.queue_url("notify"), ReceiptHandle=each["ReceiptHandle"])
    return lambda_handler({"Records": messages}, None)


def last_delivery(id_):
    return resources.view(NOTIFICATIONS, resources.get_document(NOTIFICATIONS, id_))["last_delivery"]


def pending():
    return deliveries.list_due(time.time() + 10_000)


def test_a_webhook_is_told(receiver):
    id_ = add(receiver, request={"headers": [{"key": "Authorization", "value": "Bearer abc"}]})
    publish(DONE)
    assert work() == {"batchItemFailures": []}
    ((method, path, headers, body),) = receiver.got
    assert (method, path) == ("POST", "/")
    assert json.loads(body)["data"] == {"_id": "7", "preset": "audio_only"}
    assert headers["X-Event"] == "item_completed"
    assert re.fullmatch(r"[0-9A-Za-z]{16}", headers["X-Event-Id"])
    assert json.loads(body)["id"] == headers["X-Event-Id"]
    assert headers["Authorization"] == "Bearer abc"
    assert headers["User-Agent"].startswith("dlambda/")
    last = last_delivery(id_)
    assert (last["ok"], last["status_code"], last["error"]) == (True, 200, None)
    assert pending() == []


@pytest.mark.parametrize("value", ["Fertig 🎉 für dich", "für", "готово", "a\tb \u00a0c"])
def test_a_header_beyond_ascii_is_sent_as_utf_8(receiver, value):
    id_ = add(receiver, request={"headers": [{"key": "Title", "value": value}]})
    publish(DONE)
    assert work() == {"batchItemFailures": []}
    ((_, _, headers, _),) = receiver.got
    assert headers["Title"].encode("latin-1").decode() == value
    assert last_delivery(id_)["ok"] is True


def test_a_form_by_put_under_its_own_key(receiver):
    add(receiver, request={"type": "form", "method": "PUT", "data_key": "payload"})
    publish(DONE)
    work()
    ((method, _, headers, body),) = receiver.got
    assert (method, headers["Content-Type"]) == ("PUT", "application/x-www-form-urlencoded")
    assert json.loads(parse_qs(body.decode())["payload"][0]) == {"_id": "7", "preset": "audio_only"}


def test_a_signed_webhook_can_be_verified(receiver):
    add(receiver, secret=SECRET)
    publish(DONE)
    work()
    ((_, _, headers, body),) = receiver.got
    assert Webhook(SECRET).verify(body, headers)["id"] == headers["X-Event-Id"] != ""


def test_only_those_who_want_it_are_told(receiver):
    add(receiver, on=["log_error"])
    add(receiver, presets=["default"])
    add(receiver, enabled=False)
    wanted = add(receiver, on=["item_completed"], presets=["Audio Only"])
    publish(DONE)
    work()
    assert len(receiver.got) == 1
    assert last_delivery(wanted)["ok"]


def test_progress_is_no_notification(receiver):
    add(receiver)
    publish(Event(Name.ITEM_UPDATED, {"_id": "7"}))
    assert pending() == []


def test_what_fails_for_now_is_tried_again_under_the_same_id(receiver):
    id_ = add(receiver)
    receiver.statuses = [500, 429]
    publish(DONE)
    work()
    assert (last_delivery(id_)["ok"], last_delivery(id_)["error"]) == (False, "HTTP status 500")
    (delivery,) = pending()
    for wait in RETRY_SECONDS[:2]:
        assert deliveries.list_due(time.time() + wait - 2) == []
        assert deliveries.list_due(time.time() + wait + 2) == [delivery]
        make_due(delivery)
        wake_deliveries(time.time())
        work()
    assert last_delivery(id_)["ok"]
    first, *later = [headers["X-Event-Id"] for _, _, headers, _ in receiver.got]
    assert later == [first, first]
    assert pending() == []


def make_due(id_):
    """As if its wait were over."""
    row = deliveries._Row(deliveries._KIND, id_)
    row.update([deliveries._Row.due_at.set(0)])


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_plain_no_is_not_asked_again(receiver, status):
    id_ = add(receiver)
    receiver.statuses = [status]
    publish(DONE)
    work()
    last = last_delivery(id_)
    assert (last["ok"], last["status_code"], last["error"]) == (False, status, f"HTTP status {status}")
    assert pending() == []


def test_after_the_last_try_it_is_a_dead_letter(receiver):
    add(receiver)
    receiver.statuses = [500] * 20
    publish(DONE)
    work()
    for _ in RETRY_SECONDS:
        make_due(pending()[0])
        wake_deliveries(time.time())
        work()
    assert pending() == []
    assert len(receiver.got) == len(RETRY_SECONDS) + 1
    (dead,) = queue.client().receive_message(QueueUrl=queue.queue_url("notify-dead"))["Messages"]
    assert {json.loads(dead["Body"])["event"]["id"]} == {headers["X-Event-Id"] for _, _, headers, _ in receiver.got}


def test_a_doubled_message_tells_once(receiver):
    add(receiver)
    publish(DONE)
    (id_,) = pending()
    queue.send(Deliver(id_))
    work()
    assert len(receiver.got) == 1


def test_a_lost_message_is_made_up_for(receiver):
    add(receiver)
    publish(DONE)
    while found := queue.client().receive_message(QueueUrl=queue.queue_url("notify")).get("Messages"):
        queue.client().delete_message(QueueUrl=queue.queue_url("notify"), ReceiptHandle=found[0]["ReceiptHandle"])
    wake_deliveries(time.time())
    work()
    assert len(receiver.got) == 1


def test_a_target_that_is_gone_is_not_told(receiver):
    id_ = add(receiver)
    publish(DONE)
    resources.remove(NOTIFICATIONS, id_)
    work()
    assert receiver.got == []
    assert pending() == []


def test_a_redirect_is_followed(receiver):
    id_ = add(receiver)
    receiver.statuses = [307]
    publish(DONE)
    work()
    assert [path for _, path, _, _ in receiver.got] == ["/", "/elsewhere"]
    assert receiver.got[1][3] == receiver.got[0][3]
    assert last_delivery(id_)["ok"]


def test_nobody_leads_the_service_into_its_own_network(receiver, guarded):
    id_ = add(receiver)
    publish(DONE)
    work()
    assert receiver.got == []
    assert last_delivery(id_)["error"] == "Access to internal urls or private networks is not allowed."
    assert pending() == []


@pytest.mark.slow
def test_services_are_told_in_one_go(receiver):
    ids = [add(receiver, url=f"json://127.0.0.1:{receiver.server_port}/{path}") for path in "ab"]
    unknown = add(receiver, url="nonsense://x")
    publish(DONE)
    work()
    assert sorted(path for _, path, _, _ in receiver.got) == ["/a", "/b"]
    assert json.loads(receiver.got[0][3])["message"] == "Completed 'A' download."
    assert all(last_delivery(id_)["ok"] for id_ in ids)
    assert last_delivery(unknown)["error"] == "The URL names no service that is known."
    assert pending() == []


@pytest.mark.slow
def test_services_are_guarded_too(receiver, guarded):
    id_ = add(receiver, url=f"json://127.0.0.1:{receiver.server_port}/a")
    publish(DONE)
    work()
    assert receiver.got == []
    assert not last_delivery(id_)["ok"]
