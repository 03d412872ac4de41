"""A ZIP on one machine is made while it is sent: whole, in parts, and not at all when a file of it changes."""

import http.client
import io
import os
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.api import Api
from tests.e2e.service import Service

FILES = {"a.mp4": b"film" * 50_000, "a.en.srt": b"1\n", "é/b c.txt": b"", "z.bin": bytes(range(256)) * 4000}


@pytest.fixture
def folder(service: Service, request: pytest.FixtureRequest) -> Path:
    """A folder of the library with files, for one test."""
    folder: Path = service.folder / "media" / "dlambda" / "files" / request.node.name.translate({91: "-", 93: None})
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def target(api: Api, folder: Path) -> str:
    """The signed address of its ZIP."""
    token = api.post("/api/file/download", [folder.name]).json()["token"]
    reply = api.get(f"/api/file/download/{token}")
    assert reply.status == 302
    head = api.request("HEAD", f"/api/file/download/{token}")
    location = str(reply.headers["Location"])
    assert head.headers["ETag"] == api.request("HEAD", location).headers["ETag"]
    assert head.headers["Content-Length"] == api.request("HEAD", location).headers["Content-Length"]
    return location


def test_it_is_whole(api: Api, folder: Path, target: str) -> None:
    reply = api.get(target)
    assert (reply.status, reply.headers["Content-Length"]) == (200, str(len(reply.body)))
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            f"{folder.name}/{name}": content for name, content in FILES.items()
        }
    assert not list((folder.parents[1] / "zips").glob("*"))


def test_any_part_of_it_is_the_same(api: Api, target: str) -> None:
    whole = api.get(target).body
    size = len(whole)
    for first, last in ((0, 0), (5, 40), (100, 250_000), (199_000, size - 1), (size - 1, size - 1), (size - 500, size)):
        reply = api.request("GET", target, headers={"Range": f"bytes={first}-{last}"})
        assert (reply.status, reply.body) == (206, whole[first : last + 1]), (first, last)
    reply = api.request("GET", target, headers={"Range": f"bytes={size}-"})
    assert (reply.status, reply.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_a_changed_file_makes_another_zip(api: Api, folder: Path, target: str) -> None:
    before = api.get(target)
    (folder / "a.mp4").write_bytes(b"other")
    etag = str(before.headers["ETag"])
    reply = api.request("GET", target, headers={"Range": "bytes=10-", "If-Range": etag})
    assert (reply.status, reply.headers["ETag"] == etag) == (200, False)
    with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
        assert archive.read(f"{folder.name}/a.mp4") == b"other"


def test_it_does_not_end_as_if_it_were_whole_when_a_file_goes(api: Api, folder: Path) -> None:
    with (folder / "large.bin").open("wb") as file:
        file.truncate(300_000_000)
    token = api.post("/api/file/download", [f"{folder.name}/large.bin", f"{folder.name}/z.bin"]).json()["token"]
    place = urlsplit(api.base + str(api.get(f"/api/file/download/{token}").headers["Location"]))
    connection = http.client.HTTPConnection(place.netloc)
    try:
        connection.request("GET", f"{place.path}?{place.query}")
        answer: Any = connection.getresponse()
        answer.read(1000)
        (folder / "z.bin").unlink()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
    finally:
        connection.close()
        os.truncate(folder / "large.bin", 0)


def test_what_is_gone_is_left_out_and_nothing_is_no_zip(api: Api, folder: Path) -> None:
    token = api.post("/api/file/download", [f"{folder.name}/a.mp4", f"{folder.name}/z.bin"]).json()["token"]
    (folder / "z.bin").unlink()
    with zipfile.ZipFile(io.BytesIO(api.follow("GET", f"/api/file/download/{token}").body)) as archive:
        assert archive.namelist() == [f"{folder.name}/a.mp4", f"{folder.name}/a.en.srt"]
    for path in folder.glob("a.*"):
        path.unlink()
    reply = api.get(f"/api/file/download/{token}")
    assert (reply.status, reply.json()["error"]) == (400, "No valid files.")
