"""Records are removed with or without their files (docs/contract/downloads.md 4.5, 5.9)."""

import pytest

from tests.e2e.api import Api, wait_until
from tests.e2e.listener import Listener
from tests.origin import Origin


@pytest.mark.parametrize(("remove_file", "status"), [(True, 404), (False, 200)])
def test_a_record_goes_and_its_file_as_asked(
    api: Api, listener: Listener, origin: Origin, remove_file: bool, status: int
) -> None:
    item = api.fetch(origin.url(f"clip-delete-{remove_file}.mp4"))
    reply = api.request("DELETE", "/api/history", {"type": "done", "ids": [item["_id"]], "remove_file": remove_file})
    assert reply.json()["items"] == {item["_id"]: "ok"}
    assert reply.json()[item["_id"]] == "ok"
    assert reply.json()["deleted"] == 1
    assert api.get(f"/api/history/{item['_id']}").status == 404
    assert api.follow("GET", api.download_path(item)).status == status
    deleted = listener.wait("item_deleted", lambda message: message["data"]["data"]["_id"] == item["_id"])
    assert deleted["data"]["message"].startswith("Removed" if remove_file else "Cleared")


def test_an_unknown_id_is_said_and_not_counted(api: Api) -> None:
    reply = api.request("DELETE", "/api/history", {"type": "done", "ids": ["nobody"]}).json()
    assert reply["items"]["nobody"] != "ok"
    assert reply["deleted"] == 0
    assert reply["status"] == "error"


def test_all_of_a_status_go_at_once(api: Api, origin: Origin) -> None:
    urls = [origin.url(f"status/404/delete-{number}") for number in range(3)]
    api.add(*urls)
    for url in urls:
        assert api.wait_for(url)["status"] == "error"
    reply = api.request("DELETE", "/api/history", {"type": "done", "status": "error"}).json()
    assert reply["deleted"] >= 3
    wait_until(
        lambda: api.listed("done", status="error")["pagination"]["total"] == 0, 5, lambda: "errors are still listed"
    )
    again = api.request("DELETE", "/api/history", {"type": "done", "status": "error"})
    assert (again.status, again.json()) == (200, {"items": {}, "deleted": 0})


def test_deleting_from_the_queue_cancels(api: Api, origin: Origin) -> None:
    url = origin.url("slow/60000/clip-delete-queue.mp4")
    api.add(url)
    item = api.wait_for(url, "downloading")
    reply = api.request("DELETE", "/api/history", {"type": "queue", "ids": [item["_id"]]})
    assert reply.json()["items"] == {item["_id"]: "ok"}
    assert api.wait_for(url, seconds=5)["status"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"ids": ["x"]}, "type is required."),
        ({"type": "all", "ids": ["x"]}, "type must be 'queue' or 'done'."),
        ({"type": "done"}, "either 'ids' or 'status' filter is required."),
        ({"type": "done", "ids": []}, "either 'ids' or 'status' filter is required."),
    ],
)
def test_what_is_missing_is_named(api: Api, body: dict[str, object], text: str) -> None:
    reply = api.request("DELETE", "/api/history", body)
    assert (reply.status, reply.json()["error"]) == (400, text)
