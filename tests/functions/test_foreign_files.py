"""Downloads beside files that no download made: architecture.md, step 7; downloads.md 5.7."""

import importlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dlambda.aws import bucket, s3_client
from dlambda.domain.items.item import Status
from dlambda.store.files import filename_claims
from dlambda.store.items import items
from tests.functions.calls import Client
from tests.functions.working import work
from tests.origin import Origin
from tests.stack import Stack
from tests.store import records
from tests.store.samples import item as queued

PATH = "/api/history"
FOLDER = "foreign"


@pytest.fixture(autouse=True)
def no_retries(configure: Callable[..., None]) -> None:
    configure(retries=0)


@pytest.fixture
def download(history: Client, stack: Stack) -> Any:
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
def url(origin: Origin) -> str:
    """Another name for each test: the engine notices only a second later that its disk was emptied."""
    return origin.url(f"pipeline/clip-{uuid.uuid4().int % 10**9}.mp4")


@pytest.fixture
def name(download: Callable[[str], str], url: str) -> str:
    """What the download is called where nothing is; as if it had never been."""
    found = download(url)
    bucket.delete([f"files/{FOLDER}/{found}"])
    filename_claims.release([f"{FOLDER}/{found.removesuffix('.mp4')}"])
    return found


def put(name: str) -> None:
    bucket.put_bytes(f"files/{FOLDER}/{name}", b"somebody's")


def text(name: str) -> bytes:
    return bucket.get_bytes(f"files/{FOLDER}/{name}")


def test_somebody_elses_file_stays(download: Callable[[str], str], url: str, name: str) -> None:
    put(name)
    second = name.replace(".mp4", " (2).mp4")
    assert download(url) == second
    assert text(name) == b"somebody's"
    assert len(text(second)) > 1000
    bucket.put_bytes(f"files/{FOLDER}/{second}", b"ours from before")
    assert download(url) == second
    assert len(text(second)) > 1000


def test_so_does_somebody_elses_sidecar(download: Callable[[str], str], url: str, name: str) -> None:
    put(name.replace(".mp4", ".en.srt"))
    assert download(url) == name.replace(".mp4", " (2).mp4")


def test_a_longer_name_is_another_name(download: Callable[[str], str], url: str, name: str) -> None:
    put(name.replace(".mp4", ".S02.mp4"))
    put(name.replace(".mp4", ".S02.en.srt"))
    assert download(url) == name


def test_what_a_crash_left_is_replaced(download: Callable[[str], str], url: str, name: str) -> None:
    filename_claims.claim(f"{FOLDER}/{name.removesuffix('.mp4')}", url)
    put(name)
    assert download(url) == name
    assert len(text(name)) > 1000


def test_another_source_does_not_replace_it(download: Callable[[str], str], url: str, name: str) -> None:
    filename_claims.claim(f"{FOLDER}/{name.removesuffix('.mp4')}", "https://else.example/")
    put(name)
    assert download(url) == name.replace(".mp4", " (2).mp4")
    assert text(name) == b"somebody's"


@pytest.fixture
def act(configure: Callable[..., None]) -> Callable[[dict[str, str]], dict[str, Any]]:
    """The result of one action on files, as a client asks for it."""
    configure(browser_control_enabled="true")
    client = Client(importlib.import_module("endpoints.file.main").app.test_client(), "file")

    def run(action: dict[str, str]) -> dict[str, Any]:
        status, results = client.post("/api/file/actions", [action])
        assert status == 200, results
        result: dict[str, Any] = results[0]
        return result

    return run


@pytest.fixture
def rename(act: Callable[[dict[str, str]], dict[str, Any]]) -> Callable[[str, str], str]:
    """Renames a file; answers the error, `""` without."""

    def run(old: str, new: str) -> str:
        return act({"action": "rename", "path": f"{FOLDER}/{old}", "new_name": new})["error"] or ""

    return run


def claim(name: str, url: str) -> None:
    assert filename_claims.claim(f"{FOLDER}/{name.removesuffix('.mp4')}", url)


def test_a_rename_leaves_the_name_of_a_running_download_alone(name: str, rename: Callable[[str, str], str]) -> None:
    url = "https://else.example/"
    records.add([queued("a", url=url, folder=FOLDER)])
    claim(name, url)
    put("mine.mp4")
    assert rename("mine.mp4", name) == f"Destination '{FOLDER}/{name.removesuffix('.mp4')}' is being downloaded."
    assert text("mine.mp4") == b"somebody's"
    assert filename_claims.is_of(f"{FOLDER}/{name.removesuffix('.mp4')}", url)


@pytest.mark.parametrize("owner", [None, "https://else.example/"])
def test_a_download_that_ended_without_a_file_does_not_replace_what_was_renamed(
    download: Callable[[str], str], url: str, name: str, rename: Callable[[str, str], str], owner: str | None
) -> None:
    claim(name, url)
    put("mine.mp4")
    if owner:
        claim("mine.mp4", owner)
    assert rename("mine.mp4", name) == ""
    assert download(url) == name.replace(".mp4", " (2).mp4")
    assert text(name) == b"somebody's"


def test_a_second_download_of_a_renamed_file_leaves_the_other_of_that_name_alone(
    download: Callable[[str], str], origin: Origin, url: str, name: str, rename: Callable[[str, str], str]
) -> None:
    """`rename` gave it the name of the other, with another extension."""
    first = download(url)
    other = origin.url(f"pipeline/clip-{uuid.uuid4().int % 10**9}.mp4")
    second = download(other)
    assert rename(second, first.replace(".mp4", ".mkv")) == ""
    put(first)  # what tells the first from any other
    record = records.find_by_url(other)
    assert record
    records.remove(record)
    assert download(other) not in (first, first.replace(".mp4", ".mkv"))
    assert text(first) == b"somebody's"


def test_a_folder_leaves_the_name_of_a_running_download_alone(
    name: str, act: Callable[[dict[str, str]], dict[str, Any]]
) -> None:
    source = "https://else.example/"
    records.add([queued("a", url=source, folder=FOLDER)])
    claim(name, source)
    told = f"Destination '{FOLDER}/{name.removesuffix('.mp4')}' is being downloaded."
    put("sub/x.txt")
    assert act({"action": "directory", "path": FOLDER, "new_dir": name})["error"] == told
    assert act({"action": "rename", "path": f"{FOLDER}/sub", "new_name": name})["error"] == told


def test_a_download_beside_a_folder_of_its_name_has_another(
    download: Callable[[str], str], url: str, name: str
) -> None:
    put(f"{name}/inside.txt")
    assert download(url) == name.replace(".mp4", " (2).mp4")


def test_a_file_where_the_folder_should_be_is_told_at_once(
    history: Client, stack: Stack, configure: Callable[..., None], url: str
) -> None:
    configure(work_durable="true")
    bucket.put_bytes("files/plainfile", b"x")
    status, body = history.post(PATH, {"url": url, "folder": "plainfile"})
    assert status == 200, body
    work(stack)
    item = items.get(body[0]["_id"])
    assert (item.status, item.error) == (Status.ERROR, "'plainfile' is a file, not a folder.")


def test_a_rename_and_a_download_never_share_a_name(url: str, name: str, rename: Callable[[str, str], str]) -> None:
    """Of the two that are at it at once, the name is one's."""
    for turn in range(4):
        new = f"{turn}-{name}"
        put(f"{turn}.mp4")
        records.add([queued(f"i{turn}", url=f"{url}?{turn}", folder=FOLDER)])
        with ThreadPoolExecutor(2) as pool:
            error = pool.submit(rename, f"{turn}.mp4", new)
            took = pool.submit(filename_claims.claim, f"{FOLDER}/{new.removesuffix('.mp4')}", f"{url}?{turn}")
        assert took.result() == bool(error.result())


def test_another_extension_is_the_same_name(
    download: Callable[[str], str], url: str, name: str, rename: Callable[[str, str], str]
) -> None:
    found = download(url)
    assert rename(found, found.replace(".mp4", ".mkv")) == ""
    assert filename_claims.is_of(f"{FOLDER}/{found.removesuffix('.mp4')}", url)


def test_a_new_name_takes_one_look(download: Callable[[str], str], url: str, name: str) -> None:
    looks = []

    def look(params: dict[str, Any], **_: object) -> None:
        looks.append(params["query_string"].get("prefix", ""))

    events = s3_client.client().meta.events
    events.register("before-call.s3.ListObjectsV2", look)
    try:
        download(url)
    finally:
        events.unregister("before-call.s3.ListObjectsV2", look)
    assert [each for each in looks if each.startswith("files/")] == [f"files/{FOLDER}/{name.removesuffix('.mp4')}."]
