"""A playlist's entries become one record each, however many there are. `DLAMBDA_TEST_ENTRIES=5000` for the long run."""

import os
import time
from collections import Counter

from tests.e2e.api import Api, wait_until
from tests.origin import Origin

ENTRIES = int(os.environ.get("DLAMBDA_TEST_ENTRIES", "300"))


def test_each_entry_exactly_once(api: Api, origin: Origin) -> None:
    feed = origin.url(f"feed/{ENTRIES}.rss")
    expected = [origin.url(f"clip-feed-{ENTRIES}-{number}.mp4") for number in range(1, ENTRIES + 1)]
    before = _waiting(api)
    began = time.monotonic()
    assert api.add(feed, auto_start=False).status == 200
    # The entries, without the feed's own record; a glance a second, which costs next to nothing.
    wait_until(
        lambda: _waiting(api) == before + ENTRIES and api.find_in_queue(feed) is None,
        60 + ENTRIES / 10,
        lambda: f"{_waiting(api)} of {ENTRIES} entries",
        pause=1,
    )
    expanded = time.monotonic()
    print(f"{ENTRIES} entries in {expanded - began:.0f} s")
    found = [item["url"] for item in api.queue() if item["url"] in set(expected)]
    assert Counter(found) == Counter(expected)
    assert found == expected
    _clear(api)
    print(f"cancelled and cleared in {time.monotonic() - expanded:.0f} s")


def _waiting(api: Api) -> int:
    total: int = api.listed("queue", per_page=1)["pagination"]["total"]
    return total


def _clear(api: Api) -> None:
    api.request("DELETE", "/api/history", {"type": "queue", "status": "pending"}, timeout=600)
    api.request("DELETE", "/api/history", {"type": "done", "status": "cancelled"}, timeout=600)
