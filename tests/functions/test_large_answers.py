"""No answer is larger than a function's may be (docs/contract/downloads.md 4.1, 4.2)."""

from typing import Any

import pytest

from dlambda.deployment import current
from dlambda.domain.items.archive import archive_key
from dlambda.domain.web.answer_size import MOST_ANSWER_BYTES
from dlambda.entry.http import make_app, make_routes, text
from dlambda.store.items import archive
from dlambda.store.items.commit import BATCH
from tests.functions.calls import Client, error
from tests.store import records
from tests.store.samples import T0, done, waiting

_FUNCTION_BYTES = 6 * 1024 * 1024


def _add(count: int, size_bytes: int, made: Any = waiting) -> None:
    at_once = min(BATCH, 3_000_000 // size_bytes)  # a transaction takes 4 MB
    for start in range(0, count, at_once):
        names = [f"i{number:04d}" for number in range(start, min(start + at_once, count))]
        records.add([made(name, extras={"notes": "x" * size_bytes}) for name in names])


@pytest.mark.parametrize(("count", "size_bytes"), [(330, 20_000), pytest.param(5000, 400, marks=pytest.mark.nightly)])
def test_a_long_queue_is_cut_and_says_so(history: Client, count: int, size_bytes: int) -> None:
    _add(count, size_bytes)
    status, live = history.call("GET", "/api/history/live")
    assert status == 200
    assert (live["truncated"], live["queue_count"]) == (True, count)
    assert 0 < live["queue_loaded"] == len(live["queue"]) < count
    assert next(iter(live["queue"])) == "i0000"
    assert len(history.last.data) <= MOST_ANSWER_BYTES
    status, everything = history.call("GET", "/api/history", query_string={"type": "all"})
    assert (status, history.last.headers["X-Truncated"]) == (200, "true")
    assert len(everything["queue"]) > 0
    assert len(history.last.data) <= MOST_ANSWER_BYTES


def test_a_page_of_large_items_is_cut_and_the_next_size_is_whole(history: Client) -> None:
    _add(20, 350_000, done)
    query = {"type": "done", "per_page": "20", "order": "ASC"}
    status, page = history.call("GET", "/api/history", query_string=query)
    assert (status, page["truncated"], page["pagination"]["total"]) == (200, True, 20)
    assert [entry["_id"] for entry in page["items"]] == [f"i{number:04d}" for number in range(len(page["items"]))]
    assert 10 < len(page["items"]) < 20
    assert history.last.headers["X-Truncated"] == "true"
    assert len(history.last.data) <= MOST_ANSWER_BYTES
    status, page = history.call("GET", "/api/history", query_string=query | {"per_page": "10", "page": "2"})
    assert (status, len(page["items"])) == (200, 10)
    assert "truncated" not in page
    status, everything = history.call("GET", "/api/history", query_string={"type": "all"})
    assert (status, history.last.headers["X-Truncated"]) == (200, "true")
    assert everything["history"][0]["_id"] == "i0019"
    assert len(history.last.data) <= MOST_ANSWER_BYTES


@pytest.mark.nightly
def test_a_long_archive_shows_its_newest(archiver: Client) -> None:
    ids = [f"site {number:06d}{'x' * 1000}" for number in range(5600)]
    archive.add(archive_key(current().settings.archive_file, ""), ids, T0, again=True)
    status, answer = archiver.call("GET", "/api/archiver", query_string={"preset": "default"})
    assert (status, answer["count"], answer["truncated"]) == (200, 5600, True)
    assert answer["items"] == ids[-len(answer["items"]) :]
    assert len(archiver.last.data) <= MOST_ANSWER_BYTES
    status, answer = archiver.call("GET", "/api/archiver", query_string={"preset": "default", "ids": ids[0]})
    assert (status, answer["items"], "truncated" in answer) == (200, [ids[0]], False)


@pytest.mark.parametrize(
    ("kind", "byte_count", "status"),
    [
        ("text/plain", MOST_ANSWER_BYTES, 200),
        ("text/plain", MOST_ANSWER_BYTES + 1, 400),
        ("application/vnd.apple.mpegurl", MOST_ANSWER_BYTES * 3 // 4, 200),
        ("application/vnd.apple.mpegurl", MOST_ANSWER_BYTES, 400),
        ("video/mp2t", MOST_ANSWER_BYTES + 1, 200),
    ],
)
def test_what_has_no_place_in_an_answer_is_refused(stack: object, kind: str, byte_count: int, status: int) -> None:
    from flask import Response

    routes = make_routes("system")

    @routes.get("/api/ping", responses={200: text(kind)})
    def answer() -> Response:
        return Response(b"x" * byte_count, content_type=kind)

    client = Client(make_app(routes).test_client())
    answered = client.call("GET", "/api/ping")
    assert answered[0] == status
    if status == 400:
        assert error(answered) == (400, "The answer would be larger than 5.5 MB: ask for less of it.")
        assert answered[1]["code"] == "ANSWER_TOO_LARGE"
