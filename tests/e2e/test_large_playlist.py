"""Long playlists and feeds: one record for each entry. `DLAMBDA_TEST_ENTRIES=5000` for the long run."""

import json
import os
import time
from collections import Counter

from dlambda.domain.messages.queue_messages import SweepTask
from tests.e2e.api import Api, wait_until
from tests.e2e.invocation import invoke
from tests.e2e.service import Service
from tests.origin import Origin

ENTRIES = int(os.environ.get("DLAMBDA_TEST_ENTRIES", "300"))
SWEPT = ENTRIES if ENTRIES > 300 else 120  # each of which is asked for its archive id
SPARE_SECONDS = 60  # before its limit, at which a sweep begins nothing new


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


def test_a_feed_that_outlasts_its_function_is_handed_over(service: Service, api: Api, origin: Origin) -> None:
    """An invocation stops at its time limit; the message that it leaves brings the worker to what is left."""
    urls = origin.publish("long", SWEPT)
    task = {"name": "Long", "url": origin.url("watched/long.rss"), "auto_start": False}
    made = api.post("/api/tasks", task).json()
    place = f"/api/tasks/{made['id']}"
    message = SweepTask(made["id"], due=1)
    assert invoke(service, "on_sweep", SPARE_SECONDS + 1, message) == {"batchItemFailures": []}
    wait_until(
        lambda: api.get(place).json()["last_result"], 60 + SWEPT / 4, lambda: f"{_waiting(api)} are queued", pause=1
    )
    result = api.get(place).json()["last_result"]
    assert (result["status"], result["found"], result["queued"]) == ("ok", SWEPT, SWEPT)
    assert Counter(item["url"] for item in api.queue() if "clip-long-" in item["url"]) == Counter(urls)
    assert _queued_by_invocation(service) < SWEPT, "it was done in time"
    assert api.request("DELETE", place).status == 200
    _clear(api)


def _queued_by_invocation(service: Service) -> int:
    """How many of the feed's entries the invocation queued before its limit, by the log: the worker went on at once."""
    lines = map(json.loads, (service.folder / "logs/dlambda.jsonl").read_text().splitlines())
    return sum(
        "added " in line["message"] and "clip-long-" in line["message"] and line.get("request_id") == "m"
        for line in lines
    )


def _waiting(api: Api) -> int:
    total: int = api.listed("queue", per_page=1)["pagination"]["total"]
    return total


def _clear(api: Api) -> None:
    api.request("DELETE", "/api/history", {"type": "queue", "status": "pending"}, timeout=600)
    api.request("DELETE", "/api/history", {"type": "done", "status": "cancelled"}, timeout=600)
