"""GET and HEAD /api/download: a redirect to storage, which keeps the rules of HTTP (docs/contract/files.md 3)."""

import contextlib
import socket
from datetime import timedelta
from email import message_from_bytes
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from tests.e2e.api import Api, Record
from tests.origin import Origin
from tests.patience import PATIENCE_SECONDS

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def clip(service, origin: Origin) -> Record:  # type: ignore[no-untyped-def]
    """A finished item."""
    item: Record = service.api.fetch(origin.url("door/clip-door.mp4"))
    assert item["status"] == "finished", item
    return item


@pytest.fixture
def path(api: Api, clip: Record) -> str:
    """The address of its file."""
    return api.download_path(clip)


def test_get_redirects_to_the_host_that_was_asked(api: Api, path: str) -> None:
    for host in ("127.0.0.1", "localhost"):
        asked = Api(api.base.replace("127.0.0.1", host))
        reply = asked.get(path)
        assert reply.status == 302
        assert reply.headers["Location"].startswith("/dlambda/files/")
        assert asked.get(reply.headers["Location"]).status == 200


def test_a_range_is_answered_with_206(api: Api, origin: Origin, path: str) -> None:
    reply = api.follow("GET", path, headers={"Range": "bytes=100-199"})
    expected = origin.media("clip.mp4").read_bytes()
    assert reply.status == 206
    assert reply.headers["Content-Range"] == f"bytes 100-199/{len(expected)}"
    assert reply.body == expected[100:200]


def test_the_last_bytes_can_be_asked_for(api: Api, origin: Origin, path: str) -> None:
    reply = api.follow("GET", path, headers={"Range": "bytes=-100"})
    assert (reply.status, reply.body) == (206, origin.media("clip.mp4").read_bytes()[-100:])


def test_a_range_behind_the_end_is_answered_with_416(api: Api, origin: Origin, path: str) -> None:
    size = origin.media("clip.mp4").stat().st_size
    for method in ("GET", "HEAD"):
        reply = api.follow(method, api.get(path).headers["Location"], headers={"Range": "bytes=999999999-"})
        assert (reply.status, reply.headers["Content-Range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-9999999999,4-5", "rubbish", "bytes=", "bytes=-", "bytes=x-y", "bytes=5-2", "lines=1-2", "bytes=0-1-2"],
)
def test_a_range_that_cannot_be_given_is_ignored(api: Api, origin: Origin, path: str, asked: str) -> None:
    reply = api.follow("GET", path, headers={"Range": asked})
    assert (reply.status, reply.headers["Content-Range"]) == (200, None)
    assert reply.body == origin.media("clip.mp4").read_bytes()


def test_several_ranges_come_in_parts(api: Api, origin: Origin, path: str) -> None:
    reply = api.follow("GET", path, headers={"Range": "bytes=0-1,-3"})
    film = origin.media("clip.mp4").read_bytes()
    assert reply.status == 206
    kind, _, boundary = str(reply.headers["Content-Type"]).partition("; boundary=")
    assert (kind, reply.headers["Content-Length"]) == ("multipart/byteranges", str(len(reply.body)))
    message = message_from_bytes(f"Content-Type: multipart/x; boundary={boundary}\r\n\r\n".encode() + reply.body)
    parts = [(part["Content-Range"], part.get_payload(decode=True)) for part in message.walk() if part["Content-Range"]]
    size = len(film)
    assert parts == [(f"bytes 0-1/{size}", film[:2]), (f"bytes {size - 3}-{size - 1}/{size}", film[-3:])]


def test_another_version_than_this_one_is_refused(api: Api, path: str) -> None:
    etag = str(api.follow("GET", path).headers["ETag"])
    for headers, status in (
        ({"If-Match": etag}, 200),
        ({"If-Match": f'"older", {etag}'}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": '"older"'}, 412),
        ({"If-Unmodified-Since": "Fri, 13 Feb 2009 23:31:30 GMT"}, 412),
        ({"If-Unmodified-Since": "rubbish"}, 200),
    ):
        target = str(api.get(path).headers["Location"])
        assert api.request("GET", target, headers=headers).status == status, headers


def test_a_client_that_goes_and_one_that_is_slow_disturb_nobody(api: Api, origin: Origin, path: str) -> None:
    target = str(api.get(path).headers["Location"])
    film = origin.media("clip.mp4").read_bytes()
    place = urlsplit(api.base)
    request = f"GET {target} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode()
    with contextlib.ExitStack() as connections:
        slow = []
        for number in range(30):
            connection = connections.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((place.hostname, place.port))
            connection.sendall(request)
            if number % 2:
                connection.close()
            else:
                slow.append(connection)
        assert api.get(target).body == film
        for connection in slow[:3]:
            connection.settimeout(PATIENCE_SECONDS)
            received = b""
            while not received.endswith(film[-1000:]):
                received += connection.recv(1 << 20)
            assert received.partition(b"\r\n\r\n")[2] == film


@pytest.mark.parametrize("asked", ["Bytes=10-19", "bytes = 10-19", " bytes=10-19 "])
def test_a_range_may_be_written_otherwise(api: Api, path: str, asked: str) -> None:
    reply = api.follow("GET", path, headers={"Range": asked})
    assert (reply.status, len(reply.body)) == (206, 10)


def test_a_range_of_an_older_version_is_answered_with_the_whole(api: Api, origin: Origin, path: str) -> None:
    size = origin.media("clip.mp4").stat().st_size
    for asked in ("bytes=10-19", "bytes=999999999-"):
        reply = api.follow("GET", path, headers={"Range": asked, "If-Range": '"older"'})
        assert (reply.status, len(reply.body)) == (200, size)


def test_head_says_length_type_and_ranges(api: Api, origin: Origin, path: str) -> None:
    reply = api.request("HEAD", path)
    assert reply.status == 200
    assert int(reply.headers["Content-Length"]) == origin.media("clip.mp4").stat().st_size
    assert reply.headers["Content-Type"] == "video/mp4"
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.body == b""


def test_an_etag_sent_back_is_answered_with_304(api: Api, path: str) -> None:
    etag = api.follow("GET", path).headers["ETag"]
    assert etag
    assert api.follow("GET", path, headers={"If-None-Match": etag}).status == 304


def test_what_is_known_is_answered_with_304_at_once(api: Api, path: str) -> None:
    head = api.request("HEAD", path).headers
    etag, modified = head["ETag"], parsedate_to_datetime(head["Last-Modified"])
    earlier, later = (format_datetime(modified + each, usegmt=True) for each in (-HOUR, HOUR))
    for method in ("GET", "HEAD"):
        missed = 302 if method == "GET" else 200
        for headers, status in (
            ({"If-None-Match": etag}, 304),
            ({"If-None-Match": f"W/{etag}"}, 304),
            ({"If-None-Match": f'"other", {etag}'}, 304),
            ({"If-None-Match": "*"}, 304),
            ({"If-None-Match": '"other"'}, missed),
            ({"If-None-Match": '"other"', "If-Modified-Since": later}, missed),
            ({"If-Modified-Since": head["Last-Modified"]}, 304),
            ({"If-Modified-Since": later}, 304),
            ({"If-Modified-Since": earlier}, missed),
            ({"If-Modified-Since": "rubbish"}, missed),
        ):
            assert api.request(method, path, headers=headers).status == status, (method, headers)


def test_the_type_is_the_one_of_the_name(api: Api, path: str) -> None:
    assert api.follow("GET", path).headers["Content-Type"] == "video/mp4"


def test_a_range_that_is_resumed_with_if_range_stays_206(api: Api, path: str) -> None:
    etag = api.follow("GET", path).headers["ETag"]
    reply = api.follow("GET", path, headers={"Range": "bytes=10-", "If-Range": etag})
    assert reply.status == 206


@pytest.mark.parametrize("name", ["nothing.mp4", "kinds", "..%2f..%2fetc%2fpasswd", "%2e%2e/secret", "a//b"])
def test_what_is_no_file_is_404(api: Api, name: str) -> None:
    assert api.follow("GET", f"/api/download/{name}").status in (400, 404)


def test_storage_refuses_what_is_not_signed(api: Api, clip: Record) -> None:
    assert api.get(f"/dlambda/files/{clip['filename']}").status == 403


def test_storage_refuses_a_changed_signature(api: Api, path: str) -> None:
    target = api.get(path).headers["Location"]
    last = "0" if target[-1] != "0" else "1"
    assert api.get(target[:-1] + last).status == 403
