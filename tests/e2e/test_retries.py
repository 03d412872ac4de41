"""What fails for something that passes by itself is tried again by itself."""

import time

from tests.e2e.api import Api, Record, wait_until
from tests.e2e.listener import Listener
from tests.origin import Origin


def wait_until_put_off(api: Api, url: str) -> Record:
    def found() -> Record | None:
        item = api.find_in_queue(url)
        return item if item and item["failure"] and item["failure"]["retry_at"] else None

    return wait_until(found, 20, lambda: f"{url} is {api.find(url)}")


def test_a_source_that_asks_for_time_is_given_it(api: Api, origin: Origin) -> None:
    url = origin.url("limited/1x3/clip-slowly.mp4")
    began = time.time()
    api.add(url)
    item = wait_until_put_off(api, url)
    assert item["status"] == "pending"
    assert item["failure"]["kind"] == "rate_limited"
    assert began + 3 <= item["failure"]["retry_at"] <= time.time() + 3
    assert "429" in item["error"]
    done = api.wait_for(url, seconds=40)
    assert done["status"] == "finished", done
    assert (done["error"], done["failure"]) == (None, None)
    assert time.time() - began >= 3


def test_a_source_that_is_out_of_order_for_a_moment_is_downloaded(api: Api, origin: Origin) -> None:
    done = api.fetch(origin.url("flaky/1/clip-moment.mp4"), seconds=40)
    assert done["status"] == "finished", done


def test_an_item_that_waits_for_its_next_try_can_be_cancelled(api: Api, origin: Origin) -> None:
    url = origin.url("limited/9x60/clip-cancelled.mp4")
    api.add(url)
    item = wait_until_put_off(api, url)
    assert api.post("/api/history/cancel", {"ids": [item["_id"]]}).json()[item["_id"]] == "ok"
    ended = api.wait_for(url, seconds=5)
    assert ended["status"] == "cancelled"
    assert ended["failure"]["retry_at"] is None


def test_what_is_gone_for_good_is_not_asked_for_again(api: Api, listener: Listener, origin: Origin) -> None:
    ended = api.fetch(origin.url("status/404/for-good.mp4"))
    assert ended["status"] == "error"
    assert ended["failure"] == {"kind": "gone", "advice": ended["failure"]["advice"], "retry_at": None}
    assert not listener.of("log_warning")
