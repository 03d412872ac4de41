"""Tasks over HTTP, run by the clock: sources are watched and nothing is fetched twice (docs/contract/tasks.md)."""

import time

from tests.e2e.api import Api, wait_until
from tests.origin import Origin


def test_a_feed_is_watched_by_a_timer(api: Api, origin: Origin) -> None:
    """Its items are downloaded within two minutes, and the next run fetches none of them again."""
    feed = origin.url("feed/3.rss")
    made = api.post("/api/tasks", {"name": "Watched", "url": feed, "timer": "* * * * *", "folder": "watched"})
    assert made.status == 200, made.body
    place = f"/api/tasks/{made.json()['id']}"
    try:
        clips = [origin.url(f"clip-feed-3-{number}.mp4") for number in (1, 2, 3)]
        began = time.monotonic()
        for clip in clips:
            assert api.wait_for(clip, seconds=120)["status"] == "finished"
        assert time.monotonic() - began < 120
        first = api.get(place).json()
        assert first["last_result"]["error"] is None
        assert first["next_run"] > first["last_run"]

        fetched = {path: origin.counts[path] for path in (f"GET /clip-feed-3-{number}.mp4" for number in (1, 2, 3))}

        def ran_again() -> bool:
            return bool(api.get(place).json()["last_run"] > first["last_run"])

        wait_until(ran_again, 75, lambda: str(api.get(place).json()), pause=0.5)
        time.sleep(5)
        assert api.listed("queue")["pagination"]["total"] == 0
        assert len([item for item in api.everything() if item["url"] in clips]) == 3
        assert {path: origin.counts[path] for path in fetched} == fetched
    finally:
        api.request("DELETE", place)


def test_a_definition_finds_links_on_a_page_and_in_json(api: Api, origin: Origin) -> None:
    definition = {"parse": {"link": {"type": "css", "expression": "a", "attribute": "href"}}}
    page = origin.url("links/4.html")
    made = api.post("/api/tasks/definitions/", {"name": "Links", "match_url": [page], "definition": definition})
    assert made.status == 201, made.body
    try:
        found = api.post("/api/tasks/inspect", {"url": page}, timeout=30)
        assert found.status == 200, found.body
        assert found.json()["handler"] == "GenericTaskHandler"
        assert len(found.json()["items"]) == 4
    finally:
        assert api.request("DELETE", f"/api/tasks/definitions/{made.json()['id']}").status == 200


def test_a_source_that_fails_shows_its_error(api: Api, origin: Origin) -> None:
    made = api.post("/api/tasks", {"name": "Broken", "url": origin.url("status/500/feed.rss"), "timer": "* * * * *"})
    place = f"/api/tasks/{made.json()['id']}"
    try:
        wait_until(lambda: api.get(place).json()["last_run"], 75, lambda: str(api.get(place).json()), pause=0.5)
    finally:
        assert api.request("DELETE", place).status == 200
