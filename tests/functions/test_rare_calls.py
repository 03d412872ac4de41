"""What functions ask of the cloud in rare cases, each once: the template lets them, and needs to."""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import quote

import pytest

from dlambda.aws import bucket
from dlambda.domain.files.listing import Entry
from dlambda.domain.items.failure import classify
from dlambda.domain.items.item import Status
from dlambda.domain.items.request import Request
from dlambda.domain.messages.queue_messages import MakeSegment
from dlambda.errors import Invalid
from dlambda.store.files import listings
from dlambda.store.items import items, leases
from dlambda.usecases.items.add_items import new_item
from dlambda.usecases.items.keep_files import _describe_object
from dlambda.usecases.items.try_again import schedule_retry
from events.on_socket.main import lambda_handler as on_socket
from tests.functions.calls import Client, Heard
from tests.functions.permissions import acting_as
from tests.functions.working import handle
from tests.origin import Origin
from tests.origin.media import media_folder
from tests.stack import Stack, new_deployment
from tests.store import records

GROUP = "/aws/lambda/a-stack"


def test_a_picture_of_a_site_is_fetched_once(
    group: Callable[[str], Client], origin: Origin, configure: Callable[..., None]
) -> None:
    configure(allow_internal_urls="true", pictures_backends=origin.url("thumbnail.jpg"))
    images = group("images")
    for _ in range(2):
        assert images.get("/api/thumbnail", url=origin.url("thumbnail.jpg"))[0] == 200
        assert images.get("/api/random/background")[0] == 200


class CloudWatch(BaseHTTPRequestHandler):
    """Answers with one line of the log, whatever is asked."""

    asked: ClassVar[list[dict[str, object]]] = []

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        event = {"eventId": "1", "timestamp": 1, "message": json.dumps({"message": "Hello", "level": "INFO"})}
        body = json.dumps({"events": [event]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def log_of_the_cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, object]]]:
    """What CloudWatch is asked for."""
    with ThreadingHTTPServer(("127.0.0.1", 0), CloudWatch) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DLAMBDA_LOG_GROUP", GROUP)
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", f"http://127.0.0.1:{server.server_address[1]}")
        CloudWatch.asked.clear()
        yield CloudWatch.asked
        server.shutdown()


def test_the_log_is_read_from_the_group_of_all_functions(
    group: Callable[[str], Client], log_of_the_cloud: list[dict[str, object]]
) -> None:
    with new_deployment():
        status, log = group("logs").get("/api/logs", limit=1)
    assert (status, log["logs"][0]["message"]) == (200, "Hello")
    assert {asked["logGroupName"] for asked in log_of_the_cloud} == {GROUP}


def test_a_folder_that_is_gone_leaves_the_index_when_it_is_played(group: Callable[[str], Client]) -> None:
    name = "film [abcdefghijk].mp4"
    listings.change("gone", [Entry(name, 1, time.time())])
    assert group("player").get(f"/api/player/playlist/gone/{quote(name)}.m3u8")[0] == 404
    assert listings.read("gone").entries == []


@pytest.mark.parametrize(
    ("is_entry", "queue"), [(False, "intake"), (True, "entries")], ids=lambda value: str(value).lower()
)
def test_a_download_whose_addresses_have_expired_is_extracted_anew(stack: Stack, is_entry: bool, queue: str) -> None:
    added = new_item(Request("https://video.example/expired"))
    (item,) = records.add([added.evolve(extras={"source_handler": "x"}) if is_entry else added])
    lease = leases.acquire(item.id, "w1", time.time())
    assert lease is not None
    with acting_as("on_download"):
        assert schedule_retry(item, lease, "HTTP Error 403", classify("HTTP Error 403: Forbidden"), 0.0) is not None
    assert stack.messages(queue) == [{"id": item.id}]


@pytest.mark.usefixtures("stack", "permitted")
def test_an_object_that_holds_no_media_goes() -> None:
    bucket.put_bytes("files/none.mp4", b"<html>")
    with acting_as("on_download"), pytest.raises(Invalid):
        _describe_object("files/none.mp4")
    assert bucket.find("files/none.mp4") is None


@pytest.mark.usefixtures("stack", "permitted")
def test_a_segment_is_made_before_it_is_watched() -> None:
    bucket.put_file(media_folder() / "clip.mp4", "files/clip.mp4", "video/mp4")
    segment = MakeSegment("clip.mp4", index=0, start=0.0, length=2.0, video=True, audio=True, until=time.time() + 60)
    assert handle(segment) == {"batchItemFailures": []}
    assert [*bucket.list_("cache/")]


def test_an_item_that_waits_for_its_client_ends_by_socket(listening: Heard) -> None:
    """Its lease goes with others, by the two dozen (`permissions._leases_end_together`)."""
    [item] = records.add([new_item(Request("https://video.example/held")).evolve(extracted=True, auto_start=False)])
    body = json.dumps({"event": "item_cancel", "data": item.id})
    event = {"requestContext": {"routeKey": "$default", "connectionId": listening.connection_id}, "body": body}
    with acting_as("on_socket"):
        assert on_socket(event, None) == {"statusCode": 200}
    assert items.get(item.id).status is Status.CANCELLED
