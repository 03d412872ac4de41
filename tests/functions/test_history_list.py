"""GET /api/history and /api/history/live: docs/contract/downloads.md 4.1, 4.2, 9."""

from collections.abc import Callable
from typing import Any

import pytest

from dlambda.domain.items.item import Shelf, Status
from dlambda.store.items import items, leases
from dlambda.store.items.commit import BATCH
from tests.functions.calls import Client, error
from tests.store import records
from tests.store.samples import T0, done, item, waiting

NEVER = {"thumbnail", "quality", "format", "ytdlp_cookies", "ytdlp_config", "output_template", "output_template_chapter",
         "config", "temp_path"}  # fmt: skip
ALWAYS = {
    "_id", "id", "error", "title", "description", "url", "preset", "folder", "download_dir", "temp_dir", "status",
    "cookies", "template", "template_chapter", "timestamp", "is_live", "datetime", "live_in", "file_size", "options",
    "extras", "cli", "auto_start", "is_archivable", "is_archived", "archive_id", "sidecar", "tmpfilename", "filename",
    "total_bytes", "total_bytes_estimate", "downloaded_bytes", "msg", "percent", "progress", "speed", "eta", "speed_bps",
    "eta_seconds", "postprocessor", "failure",
}  # fmt: skip


def finish(count: int, status: Status = Status.FINISHED, prefix: str = "d") -> list[str]:
    names = [f"{prefix}{number:03d}" for number in range(count)]
    for start in range(0, count, BATCH):
        records.add([done(name, status) for name in names[start : start + BATCH]])
    return names


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"type": "x"}, "type must be one of all, queue, done."),
        ({"type": "history", "page": "x"}, "type must be one of all, queue, done."),
        ({"page": "x"}, "page and per_page must be valid integers."),
        ({"per_page": "1.5", "page": "0"}, "page and per_page must be valid integers."),
        ({"page": "0", "per_page": "0"}, "page must be >= 1."),
        ({"page": "-1"}, "page must be >= 1."),
        ({"per_page": "0", "order": "x"}, "per_page must be between 1 and 1000."),
        ({"per_page": "-10"}, "per_page must be between 1 and 1000."),
        ({"per_page": "1001"}, "per_page must be between 1 and 1000."),
        ({"order": "INVALID"}, "order must be ASC or DESC."),
    ],
)
def test_a_bad_query_is_refused_in_the_documented_order(history: Client, query: dict[str, str], text: str) -> None:
    assert error(history.get("/api/history", **({"type": "done"} | query))) == (400, text)


@pytest.mark.parametrize("kind", ["done", "DONE", "Queue"])
@pytest.mark.parametrize("order", ["asc", "DESC"])
def test_type_and_order_are_read_in_any_case(history: Client, kind: str, order: str) -> None:
    assert history.get("/api/history", type=kind, order=order)[1]["type"] == kind.lower()


def test_a_page_has_the_documented_shape(history: Client) -> None:
    finish(14)
    status, body = history.get("/api/history", type="done", page=2, per_page=10)
    assert status == 200
    assert list(body) == ["type", "pagination", "items"]
    assert body["type"] == "done"
    assert body["pagination"] == {
        "page": 2, "per_page": 10, "total": 14, "total_pages": 2, "has_next": False, "has_prev": True,
    }  # fmt: skip
    assert [each["_id"] for each in body["items"]] == ["d003", "d002", "d001", "d000"]


def test_an_item_has_all_its_fields_and_none_of_the_old_ones(history: Client) -> None:
    finish(1)
    [shown] = history.get("/api/history", type="done")[1]["items"]
    assert shown.keys() >= ALWAYS
    assert not shown.keys() & NEVER


def test_lists_are_ordered_by_creation(history: Client) -> None:
    records.add([item(name) for name in "abc"])
    assert [each["_id"] for each in history.get("/api/history", type="queue", order="ASC")[1]["items"]] == [
        "a",
        "b",
        "c",
    ]
    assert [each["_id"] for each in history.get("/api/history", type="queue")[1]["items"]] == ["c", "b", "a"]


def test_an_edit_moves_nothing(history: Client) -> None:
    finish(3)
    history.post("/api/history/d000", {"title": "New"})
    assert [each["_id"] for each in history.get("/api/history", type="done")[1]["items"]] == ["d002", "d001", "d000"]


@pytest.mark.parametrize(
    ("page", "per_page", "expected"),
    [(1, 10, (10, 100, 1, 10)), (10, 10, (10, 100, 10, 10)), (4, 30, (10, 100, 4, 4)), (999, 10, (10, 100, 10, 10))],
)
def test_pages_of_a_hundred(history: Client, page: int, per_page: int, expected: tuple[int, int, int, int]) -> None:
    finish(100)
    body = history.get("/api/history", type="done", page=page, per_page=per_page)[1]
    paging = body["pagination"]
    assert (len(body["items"]), paging["total"], paging["page"], paging["total_pages"]) == expected


@pytest.mark.parametrize("count", [0, 1])
def test_a_list_of_none_or_one_has_one_page(history: Client, count: int) -> None:
    finish(count)
    body = history.get("/api/history", type="done", page=7)[1]
    assert len(body["items"]) == count
    assert body["pagination"] | {"per_page": 0} == {
        "page": 1, "per_page": 0, "total": count, "total_pages": 1, "has_next": False, "has_prev": False,
    }  # fmt: skip


def test_the_page_size_defaults_to_the_setting(history: Client, configure: Callable[..., None]) -> None:
    configure(default_pagination=3)
    finish(5)
    assert len(history.get("/api/history", type="done")[1]["items"]) == 3


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("finished", ["d000"]),
        ("FINISHED", ["d000"]),
        ("!finished", ["s000", "e000"]),
        ("finished,skip", ["s000", "d000"]),
        ("!finished,!skip", ["e000"]),
        ("! error", ["s000", "d000"]),
        ("pending", []),
        ("nonsense", []),
        ("!nonsense", ["s000", "e000", "d000"]),
        ("", ["s000", "e000", "d000"]),
    ],
)
def test_a_status_filters(history: Client, status: str, found: list[str]) -> None:
    finish(1)
    finish(1, Status.ERROR, "e")
    finish(1, Status.SKIP, "s")
    body = history.get("/api/history", type="done", status=status)[1]
    assert [each["_id"] for each in body["items"]] == found
    assert body["pagination"]["total"] == len(found)
    assert body["pagination"]["total_pages"] == 1


def test_the_queue_is_filtered_as_well(history: Client) -> None:
    records.add([waiting("a"), waiting("b")])
    found = items.get("b")
    records.save(found, found.evolve(status=Status.PREPARING))
    for status, names in {"pending": ["a"], "!pending": ["b"], "preparing": ["b"], "finished": []}.items():
        assert [each["_id"] for each in history.get("/api/history", type="queue", status=status)[1]["items"]] == names


def test_all_gives_queue_and_history_without_paging(history: Client) -> None:
    finish(3)
    records.add([item("a"), item("b")])
    status, body = history.get("/api/history", page="x", per_page="y", order="z")
    assert status == 200
    assert list(body) == ["queue", "history"]
    assert [each["_id"] for each in body["queue"]] == ["a", "b"]
    assert [each["_id"] for each in body["history"]] == ["d002", "d001", "d000"]
    assert "X-Truncated" not in history.last.headers


def test_all_is_cut_at_a_limit_and_says_so(history: Client, configure: Callable[..., None]) -> None:
    configure(history_all_limit=2)
    finish(3)
    body = history.get("/api/history", type="all")[1]
    assert [each["_id"] for each in body["history"]] == ["d002", "d001"]
    assert history.last.headers["X-Truncated"] == "true"


def test_cookies_are_masked_in_lists(history: Client) -> None:
    records.add([item("a", cookies="secret"), done("b", cookies="secret")])
    for path in ("/api/history", "/api/history?type=done", "/api/history?type=queue", "/api/history/live"):
        history.call("GET", path)
        assert "secret" not in history.last.text
        assert '"cookies": "********"' in history.last.text.replace('":"', '": "')


def test_what_runs_shows_its_progress(history: Client) -> None:
    records.add([waiting("a")])
    found = items.get("a")
    records.save(found, found.evolve(status=Status.PREPARING))
    lease = leases.acquire("a", "w", T0)
    assert lease
    leases.renew(lease, T0, {"status": "downloading", "percent": 45.6, "speed": "2.5 MiB/s", "eta": "00:05:23"})
    for shown in (
        history.get("/api/history", type="queue")[1]["items"][0],
        history.get("/api/history")[1]["queue"][0],
        history.get("/api/history/live")[1]["queue"]["a"],
        history.get("/api/history/a")[1],
    ):
        assert (shown["status"], shown["percent"], shown["speed"], shown["eta"]) == (
            "downloading", 45.6, "2.5 MiB/s", "00:05:23",
        )  # fmt: skip


def test_live_maps_the_queue_by_id_in_its_order(history: Client) -> None:
    records.add([item(name) for name in ("b", "a", "c")])
    finish(2)
    status, body = history.get("/api/history/live")
    assert status == 200
    assert list(body["queue"]) == ["b", "a", "c"]
    assert body["queue"]["a"]["_id"] == "a"
    assert body["history_count"] == 2


def test_live_of_nothing(history: Client) -> None:
    counts = {"history_count": 0, "queue_count": 0, "queue_loaded": 0, "queue_limit": 0, "truncated": False}
    assert history.get("/api/history/live") == (200, {"queue": {}} | counts)


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        ("2", ["b", "r"]),
        ("1", ["r"]),
        ("4", ["b", "a", "r", "c"]),
        ("0", ["b", "a", "r", "c"]),
        (" 3 ", ["b", "a", "r"]),
    ],
)
def test_live_up_to_a_limit_with_those_that_run(history: Client, limit: str, shown: list[str]) -> None:
    records.add([item("b"), item("a"), waiting("r"), item("c")])
    records.save(items.get("r"), items.get("r").evolve(status=Status.PREPARING))
    body = history.get("/api/history/live", limit=limit)[1]
    assert list(body["queue"]) == shown
    assert (body["queue_count"], body["queue_loaded"], body["queue_limit"]) == (4, len(shown), int(limit))
    assert body["truncated"] is False


def test_the_limit_of_the_setting(history: Client, configure: Callable[..., None]) -> None:
    configure(queue_display_limit=1)
    records.add([item("a"), item("b")])
    assert list(history.get("/api/history/live")[1]["queue"]) == ["a"]
    assert list(history.get("/api/history/live", limit=0)[1]["queue"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("limit", "text"),
    [(bad, "limit must be a valid integer.") for bad in ("", "x", "1.5", "--1", "1e3", "-", "1 2", "9" * 5000)]
    + [("-1", "limit must be >= 0.")],
)
def test_bad_limits(history: Client, limit: Any, text: Any) -> None:
    assert error(history.get("/api/history/live", limit=limit)) == (400, text)


def test_no_answer_grows_beyond_its_bytes(history: Client) -> None:
    """Each of 20 items has 300 kB; the answer of a function has 6 MB."""
    for number in range(20):
        records.add([item(f"i{number:02d}", extras={"text": "x" * 300_000})])
    body = history.get("/api/history/live")[1]
    assert len(history.last.data) < 5_500_000
    assert (body["queue_count"], body["queue_loaded"], body["truncated"]) == (20, 17, True)
    assert list(body["queue"]) == [f"i{number:02d}" for number in range(17)]
    assert len(history.get("/api/history")[1]["queue"]) < 17
    assert history.last.headers["X-Truncated"] == "true"
    assert len(history.last.data) < 5_500_000


def test_an_item_is_in_exactly_one_list(history: Client) -> None:
    records.add([item("a")])
    found = items.get("a")
    records.save(found, found.ended(Status.CANCELLED, T0))
    body = history.get("/api/history")[1]
    assert (len(body["queue"]), len(body["history"])) == (0, 1)
    assert items.count(Shelf.QUEUE) == 0


@pytest.mark.parametrize("path", ["/api/history/", "/api/history"])
def test_a_trailing_slash_is_no_other_place(history: Client, path: str) -> None:
    assert history.get(path, type="done")[0] == 200
