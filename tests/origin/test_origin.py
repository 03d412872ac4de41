"""The origin keeps its promises, so that a failing test elsewhere is about the service."""

import http.client
import json

import pytest

from tests.origin import Origin
from tests.origin.live import Broadcast, segment, sequence_numbers
from tests.origin.media import media_folder

Got = tuple[int, http.client.HTTPMessage, bytes]


def get(origin: Origin, path: str, method: str = "GET", **headers: str) -> Got:
    connection = http.client.HTTPConnection(origin.base.removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_every_clip_has_the_same_bytes(origin: Origin) -> None:
    expected = origin.media("clip.mp4").read_bytes()
    assert get(origin, "/clip-1.mp4")[2] == get(origin, "/a/clip-x.mp4")[2] == expected


def test_a_range_is_answered_with_206(origin: Origin) -> None:
    status, headers, body = get(origin, "/clip-1.mp4", Range="bytes=10-19")
    expected = origin.media("clip.mp4").read_bytes()
    assert (status, body) == (206, expected[10:20])
    assert headers["Content-Range"] == f"bytes 10-19/{len(expected)}"


def test_a_range_behind_the_end_is_answered_with_416(origin: Origin) -> None:
    assert get(origin, "/clip-1.mp4", Range="bytes=99999999-")[0] == 416


def test_no_range_ignores_the_range(origin: Origin) -> None:
    assert get(origin, "/no-range/clip-1.mp4", Range="bytes=10-19")[0] == 200


def test_truncated_promises_more_than_it_sends(origin: Origin) -> None:
    with pytest.raises(http.client.IncompleteRead):
        get(origin, "/truncated/clip-1.mp4")


def test_changing_content_has_another_etag_each_time(origin: Origin) -> None:
    first, second = get(origin, "/changing/a.mp4"), get(origin, "/changing/a.mp4")
    assert first[1]["ETag"] != second[1]["ETag"]
    assert first[2] != second[2]


@pytest.mark.parametrize(("path", "status"), [("/nothing.mp4", 404), ("/status/500", 500), ("/status/403/x.mp4", 403)])
def test_failures(origin: Origin, path: str, status: int) -> None:
    assert get(origin, path)[0] == status


def test_limited_asks_to_come_back_and_then_works(origin: Origin) -> None:
    status, headers, _ = get(origin, "/limited/1/clip-1.mp4")
    assert (status, headers["Retry-After"]) == (429, "1")
    assert get(origin, "/limited/1/clip-1.mp4")[0] == 200


def test_a_loop_leads_to_itself(origin: Origin) -> None:
    assert get(origin, "/redirect-loop/x.mp4")[1]["Location"] == "/redirect-loop/x.mp4"


def test_one_name_two_contents(origin: Origin) -> None:
    assert get(origin, "/same/a/video.mp4")[2] != get(origin, "/same/b/video.mp4")[2]


@pytest.mark.parametrize("kind", ["rss", "json", "html"])
def test_a_watched_source_grows(origin: Origin, kind: str) -> None:
    for count in (1, 2):
        urls = origin.publish(f"grows-{kind}", count)
        text = get(origin, f"/watched/grows-{kind}.{kind}")[2].decode()
        assert text.count("Entry ") == len(urls) == count
        assert all(url.rpartition("/")[2] in text for url in urls)


def test_requests_are_counted(origin: Origin) -> None:
    get(origin, "/clip-counted.mp4", "HEAD")
    assert json.loads(get(origin, "/__counts")[2])["HEAD /clip-counted.mp4"] == 1


def test_a_live_playlist_grows_and_ends() -> None:
    stream = Broadcast(started=100.0, segment_seconds=1.0, count=8)
    assert "0.ts" in stream.playlist(100.0)
    assert "ENDLIST" not in stream.playlist(106.5)
    assert "#EXT-X-MEDIA-SEQUENCE:2" in stream.playlist(200.0)
    assert "#EXT-X-ENDLIST" in stream.playlist(200.0)


def test_live_segments_say_their_number() -> None:
    recording = b"".join(segment(media_folder(), number) for number in (5, 6, 7))
    assert sequence_numbers(recording) == [5, 6, 7]


def test_a_path_is_faulty_so_many_times(origin: Origin) -> None:
    clip = origin.media("clip.mp4").read_bytes()
    with pytest.raises(ConnectionResetError):
        get(origin, "/reset/1x5000/clip-r.mp4")
    with pytest.raises(http.client.IncompleteRead):
        get(origin, "/claims/1x7/clip-r.mp4")
    assert get(origin, "/reset/1x5000/clip-r.mp4")[2] == get(origin, "/claims/1x7/clip-r.mp4")[2] == clip
    assert get(origin, "/claims/1x7/clip-s.mp4", "HEAD")[1]["Content-Length"] == str(len(clip))
