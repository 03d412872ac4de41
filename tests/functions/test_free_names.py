"""When a name is free again, and for whom (docs/contract/downloads.md 5.7 and 6)."""

import pytest

from dlambda.aws import bucket
from dlambda.domain.items.item import Status
from dlambda.store import items
from tests.functions.working import work

PATH = "/api/history"
TEMPLATE = "Clip.%(ext)s"


@pytest.fixture(autouse=True)
def settings(configure):
    configure(retries=0, remove_files=True, browser_control_enabled=True)


@pytest.fixture
def download(history, stack, origin, request):
    """Downloads an address into the test's own folder."""

    def run(path: str, cli: str = "", template: str = TEMPLATE):
        fields = {"url": origin.url(path), "folder": request.node.name, "template": template, "cli": cli}
        status, body = history.post(PATH, fields)
        assert status == 200, body
        work(stack)
        return items.get(body[0]["_id"])

    return run


@pytest.fixture
def delete(group):
    def act(path: str) -> None:
        status, done = group("file").post("/api/file/actions", [{"action": "delete", "path": path}])
        assert (status, done[0]["ok"]) == (200, True), done

    return act


def listing(folder: str) -> list[str]:
    prefix = f"files/{folder}/"
    return sorted(stored.key.removeprefix(prefix) for stored in bucket.list_(prefix))


def test_sidecars_that_the_same_address_left_are_replaced(download, delete):
    first = download("clip-free-1.mp4", "--write-info-json")
    delete(first.path)
    assert listing(first.folder) == ["Clip.info.json"]
    assert download("clip-free-1.mp4", "--write-info-json").filename == "Clip.mp4"
    assert listing(first.folder) == ["Clip.info.json", "Clip.mp4"]


def test_those_of_another_address_are_not(download, delete):
    first = download("clip-free-2.mp4", "--write-info-json")
    delete(first.path)
    assert download("clip-free-3.mp4").filename == "Clip (2).mp4"
    assert download("clip-free-2.mp4").filename == "Clip.mp4"


def test_without_sidecars_anybody_gets_the_name(download, delete):
    first = download("clip-free-4.mp4")
    delete(first.path)
    assert download("clip-free-5.mp4").filename == "Clip.mp4"


def test_a_folder_that_is_deleted_frees_its_names(download, delete):
    first = download("clip-free-6.mp4", "--write-info-json")
    delete(first.folder)
    assert download("clip-free-7.mp4").filename == "Clip.mp4"


def test_a_film_that_goes_with_its_record_frees_its_name(download, history):
    first = download("clip-free-8.mp4", "--write-info-json")
    history.delete(PATH, {"type": "done", "ids": [first.id]})
    assert listing(first.folder) == []
    assert download("clip-free-9.mp4").filename == "Clip.mp4"


def test_a_download_that_brought_nothing_frees_its_name(download):
    failed = download("truncated/clip-free-10.mp4", "--retries 0")
    assert failed.status is Status.ERROR
    assert download("clip-free-11.mp4").filename == "Clip.mp4"
