"""Downloads beside files that no download made: architecture.md, step 7; downloads.md 5.7."""

import uuid

import pytest

from dlambda.aws import bucket
from dlambda.store import items, names
from tests.functions.working import work

PATH = "/api/history"
FOLDER = "foreign"


@pytest.fixture(autouse=True)
def no_retries(configure):
    configure(retries=0)


@pytest.fixture
def download(history, stack):
    """The name that the file of a URL gets."""

    def run(url: str) -> str:
        status, body = history.post(PATH, {"url": url, "folder": FOLDER})
        assert status == 200, body
        work(stack)
        filename = items.get(body[0]["_id"]).filename
        assert filename, items.get(body[0]["_id"])
        return filename

    return run


@pytest.fixture
def url(origin) -> str:
    """Another name for each test: the engine notices only a second later that its disk was emptied."""
    return origin.url(f"pipeline/clip-{uuid.uuid4().int % 10**9}.mp4")


@pytest.fixture
def name(download, url) -> str:
    """What the download is called where nothing is; as if it had never been."""
    found = download(url)
    bucket.delete([f"files/{FOLDER}/{found}"])
    names.forget([f"{FOLDER}/{found.removesuffix('.mp4')}"])
    return found


def put(name: str) -> None:
    bucket.put_bytes(f"files/{FOLDER}/{name}", b"somebody's")


def text(name: str) -> bytes:
    return bucket.get_bytes(f"files/{FOLDER}/{name}")


def test_somebody_elses_file_stays(download, url, name):
    put(name)
    second = name.replace(".mp4", " (2).mp4")
    assert download(url) == second
    assert text(name) == b"somebody's"
    assert len(text(second)) > 1000
    bucket.put_bytes(f"files/{FOLDER}/{second}", b"ours from before")
    assert download(url) == second
    assert len(text(second)) > 1000


def test_so_does_somebody_elses_sidecar(download, url, name):
    put(name.replace(".mp4", ".en.srt"))
    assert download(url) == name.replace(".mp4", " (2).mp4")


def test_a_longer_name_is_another_name(download, url, name):
    put(name.replace(".mp4", ".S02.mp4"))
    put(name.replace(".mp4", ".S02.en.srt"))
    assert download(url) == name


def test_what_a_crash_left_is_replaced(download, url, name):
    names.claim(f"{FOLDER}/{name.removesuffix('.mp4')}", url)
    put(name)
    assert download(url) == name
    assert len(text(name)) > 1000


def test_another_source_does_not_replace_it(download, url, name):
    names.claim(f"{FOLDER}/{name.removesuffix('.mp4')}", "https://else.example/")
    put(name)
    assert download(url) == name.replace(".mp4", " (2).mp4")
    assert text(name) == b"somebody's"


def test_a_new_name_takes_one_look(download, url, name):
    looks = []

    def look(params, **_):
        looks.append(params["query_string"].get("prefix", ""))

    events = bucket.client().meta.events
    events.register("before-call.s3.ListObjectsV2", look)
    try:
        download(url)
    finally:
        events.unregister("before-call.s3.ListObjectsV2", look)
    assert [each for each in looks if each.startswith("files/")] == [f"files/{FOLDER}/{name.removesuffix('.mp4')}."]
