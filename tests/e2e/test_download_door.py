"""GET and HEAD /api/download: a redirect to storage, which keeps the rules of HTTP (docs/contract/files.md 3)."""

from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest

from tests.e2e.api import Api, Record
from tests.origin import Origin

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
    "asked", ["bytes=0-1,4-5", "rubbish", "bytes=", "bytes=-", "bytes=x-y", "bytes=5-2", "lines=1-2", "bytes=0-1-2"]
)
def test_a_range_that_cannot_be_given_is_ignored(api: Api, origin: Origin, path: str, asked: str) -> None:
    reply = api.follow("GET", path, headers={"Range": asked})
    assert (reply.status, reply.headers["Content-Range"]) == (200, None)
    assert reply.body == origin.media("clip.mp4").read_bytes()


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
