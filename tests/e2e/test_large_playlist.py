"""A playlist's entries become one record each, however many there are. `DLAMBDA_TEST_ENTRIES=5000` for the long run."""

import os
from collections import Counter

from tests.e2e.api import Api, wait_until
from tests.origin import Origin

ENTRIES = int(os.environ.get("DLAMBDA_TEST_ENTRIES", "300"))


def test_each_entry_exactly_once(api: Api, origin: Origin) -> None:
    feed = origin.url(f"feed/{ENTRIES}.rss")
    expected = {origin.url(f"clip-feed-{ENTRIES}-{number}.mp4") for number in range(1, ENTRIES + 1)}
    assert api.add(feed, auto_start=False).status == 200
    wait_until(
        lambda: api.find_in_queue(feed) is None and len(_urls(api, expected)) >= ENTRIES,
        60 + ENTRIES / 10,
        lambda: f"{len(_urls(api, expected))} of {ENTRIES} entries",
    )
    assert Counter(_urls(api, expected)) == Counter(expected)
    _clear(api)


def _urls(api: Api, expected: set[str]) -> list[str]:
    return [item["url"] for item in api.queue() if item["url"] in expected]


def _clear(api: Api) -> None:
    api.request("DELETE", "/api/history", {"type": "queue", "status": "pending"}, timeout=120)
    api.request("DELETE", "/api/history", {"type": "done", "status": "cancelled"}, timeout=120)
