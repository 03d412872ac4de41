"""Reading a page's metadata (docs/contract/ytdlp.md 10)."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dlambda.domain.items.failure import FailureKind
from dlambda.domain.items.feed_identity import guid_of
from dlambda.media.workers.extract import Extraction, extract
from tests.origin import Origin
from tests.patience import must_end

pytestmark = pytest.mark.usefixtures("service")


def read(url: str, timeout_seconds: float = 30, **fields: object) -> Extraction:
    return extract(url, {}, allow_internal=True, timeout_seconds=timeout_seconds, **fields)  # type: ignore[arg-type]


def test_a_direct_file_is_a_video(origin: Origin) -> None:
    found = read(origin.url("/clip-1.mp4"))
    assert found.error is None
    assert found.info is not None
    assert (found.info["id"], found.info["extractor_key"], found.info["ext"]) == ("clip-1", "Generic", "mp4")
    json.dumps(found.info, allow_nan=False)
    assert not [key for key in found.info if key.startswith("__")]


def test_a_page_with_several_videos_is_a_flat_playlist(origin: Origin) -> None:
    found = read(origin.url("/feed/3.rss"))
    assert found.info is not None
    assert found.info["_type"] == "playlist"
    assert [entry["url"].startswith(origin.base) for entry in found.info["entries"]] == [True] * 3


def test_formats_of_a_stream_are_listed(origin: Origin) -> None:
    found = read(origin.url("/hls/master.m3u8"))
    assert found.info is not None
    assert len(found.info["formats"]) >= 2


def test_redirects_are_followed(origin: Origin) -> None:
    found = read(origin.url("/redirect/3/clip-1.mp4"))
    assert found.info is not None
    assert found.info["url"].endswith("/clip-1.mp4")


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("/status/404/a.mp4", "HTTP Error 404", FailureKind.GONE),
        ("/status/403/a.mp4", "HTTP Error 403", FailureKind.TRANSIENT),
        ("/status/500/a.mp4", "HTTP Error 500", FailureKind.TRANSIENT),
        ("/status/429/a.mp4", "HTTP Error 429", FailureKind.RATE_LIMITED),
        ("/redirect-loop/a.mp4", "redirect", FailureKind.OTHER),
        ("/links/1.html", "Unsupported URL", FailureKind.UNSUPPORTED),
    ],
)
def test_a_site_that_refuses_is_an_error_text_with_a_kind(
    origin: Origin, path: str, text: str, kind: FailureKind
) -> None:
    found = read(origin.url(path))
    assert found.info is None
    assert text.lower() in (found.error or "").lower()
    assert "ERROR" not in (found.error or "")
    assert found.failure is not None
    assert found.failure.kind is kind


def test_a_site_that_hangs_ends_at_the_limit(origin: Origin) -> None:
    with must_end():
        found = read(origin.url("/hang/a.mp4"), timeout_seconds=1)
    assert found.timed_out
    assert found.error == "TimeoutError: 1s reached Unable to extract info."
    assert found.failure is not None
    assert found.failure.kind is FailureKind.TIMEOUT


def test_cookies_are_sent(origin: Origin) -> None:
    cookies = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tkey\tsecret\n"
    url = origin.url("/cookie/key/secret/clip-1.mp4")
    assert read(url).info is None
    assert read(url, cookies=cookies).info is not None


def test_broken_cookies_are_an_error(origin: Origin) -> None:
    assert "cookie" in (read(origin.url("/clip-1.mp4"), cookies="no cookies").error or "").lower()


def test_an_internal_address_is_refused_at_the_connection(origin: Origin) -> None:
    found = extract(origin.url("/clip-internal.mp4"), {}, allow_internal=False)
    assert found.info is None
    assert "Access to internal urls or private networks is not allowed." in (found.error or "")
    assert found.failure is not None
    assert found.failure.kind is FailureKind.INTERNAL
    assert not [asked for asked in origin.counts if "clip-internal" in asked]


def test_many_extractions_run_at_once(origin: Origin) -> None:
    found: list[Extraction] = []
    threads = [
        threading.Thread(target=lambda number=number: found.append(read(origin.url(f"/clip-{number}.mp4"))))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.info["id"] for one in found if one.info) == [f"clip-{number}" for number in range(8)]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 4),
        ({"playlistend": 2}, 2),
        ({"playlistend": 9}, 4),
        ({"playliststart": 3}, 4),
        ({"playlist_items": "2:9"}, 4),
        ({"playlist_items": "5"}, 1),
    ],
)
def test_of_a_long_playlist_one_entry_more_than_allowed_is_read(
    origin: Origin, configure: Callable[..., None], options: dict[str, Any], count: int
) -> None:
    configure(max_playlist_entries=3)
    found = extract(origin.url("/feed/12.rss"), options, allow_internal=True, timeout_seconds=30)
    assert found.info is not None
    assert len(found.info["entries"]) == count


@pytest.mark.parametrize(
    "feed",
    [
        '<rss><channel><title>T</title><item><link>/page</link><enclosure url="/p.jpg"/>{}</item></channel></rss>'.format(
            '<enclosure url="/a.mp4?x=1&y=2" type="video/mp4"/>'
        ),
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><link href="/a.mp4?x=1&amp;y=2"/></entry></feed>',
    ],
    ids=["rss with slips", "atom"],
)
def test_a_feed_is_read_as_the_handlers_of_tasks_read_it(origin: Origin, feed: str) -> None:
    (origin.media("clip.mp4").parent / "by-hand.xml").write_text(feed)
    found = read(origin.url("/by-hand.xml"))
    assert found.info is not None
    assert (found.info["_type"], found.info["title"]) == ("playlist", "T")
    assert [entry["url"] for entry in found.info["entries"]] == [origin.url("/a.mp4?x=1&y=2")]


def test_the_entries_of_a_feed_carry_their_fields_and_their_guid(origin: Origin) -> None:
    found = read(origin.url("/feed/1.rss"))
    assert found.info is not None
    (entry,) = found.info["entries"]
    assert (entry["_type"], entry["title"], entry["timestamp"]) == ("url_transparent", "Entry 1 of 1", 1767261601)
    assert guid_of(entry["url"]) == origin.url("/clip-feed-1-1.mp4")
