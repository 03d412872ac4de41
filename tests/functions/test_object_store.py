"""The bucket, by its engine and as the folder that it is on one machine: both keep the same promises."""

import os
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlambda.aws import bucket, objects
from dlambda.aws.new_files import own_files
from dlambda.aws.unseen import remove_leftovers
from dlambda.errors import Invalid, NotFound
from tests.stack import Stack

NAMES = [
    "plain.mp4",
    "a 'b' \"c\" 100%25 #1 ?x&y+z.mp4",
    "película 日本語 🎬.mkv",
    "line\nbreak.txt",
    ".hidden",
    "a.",
    "x" * 200,
]


@pytest.fixture(params=["false", "true"], ids=["engine", "folder"])
def either(request: pytest.FixtureRequest, stack: Stack, configure: Callable[..., None]) -> None:
    """The tests hold for both."""
    configure(library_files=request.param)


@pytest.fixture
def folder(stack: Stack, configure: Callable[..., None]) -> Path:
    """The bucket as a folder."""
    configure(library_files="true")
    return stack.bucket_dir


@pytest.fixture
def work(stack: Stack) -> Path:
    """A folder of the same file system, with a finished file."""
    work = stack.config.data_dir / "work" / "item"
    work.mkdir(parents=True, exist_ok=True)
    (work / "film.mp4").write_bytes(b"film")
    return work


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("name", NAMES)
def test_an_object_has_any_name(name: str) -> None:
    key = f"files/one/{name}"
    bucket.put_bytes(key, b"content", "text/plain")
    assert bucket.get_bytes(key) == b"content"
    (listed,) = bucket.list_("files/one/")
    seen = bucket.find(key)
    assert seen is not None
    assert {(each.key, each.size_bytes, each.version) for each in (listed, seen)} == {(key, 7, seen.version)}
    bucket.delete([key, "files/one/none"])
    assert bucket.find(key) is None


@pytest.mark.usefixtures("either")
def test_an_object_is_replaced(tmp_path: Path, work: Path) -> None:
    key = "files/a/film.mp4"
    bucket.put_bytes(key, b"old and longer")
    bucket.place_file(work / "film.mp4", key, "video/mp4")
    assert bucket.get_bytes(key) == b"film"
    bucket.place_file(work / "film.mp4", key, "video/mp4")
    (tmp_path / "other").write_bytes(b"other")
    bucket.put_file(tmp_path / "other", key, "video/mp4")
    assert bucket.get_bytes(key) == b"other"
    assert (work / "film.mp4").read_bytes() == b"film"
    bucket.put_bytes(key, b"abbb")
    assert bucket.get_bytes(key) == b"abbb"
    bucket.get_file(key, tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"abbb"
    assert [each.key for each in bucket.list_("")] == [key]


@pytest.mark.usefixtures("either")
def test_what_is_placed_calls_back(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(20_000_000))
    calls: list[int] = []
    bucket.put_file(tmp_path / "large", "files/large", "video/mp4", lambda: calls.append(1))
    assert calls


@pytest.mark.usefixtures("either")
def test_listings_are_in_the_order_of_keys() -> None:
    keys = ["files/a.txt", "files/a/1", "files/a/2/x", "files/a-b/1", "files/b", "files/ab/1", "info/1"]
    for key in keys:
        bucket.put_bytes(key, b"x")
    assert [each.key for each in bucket.list_("files/")] == sorted(key for key in keys if key.startswith("files/"))
    files, folders = bucket.list_folder("files/")
    assert ([each.key for each in files], sorted(folders)) == (["files/a.txt", "files/b"], ["a", "a-b", "ab"])
    names = [
        sorted(name for some in bucket.walk_folder_names(place) for name in some) for place in ("files/", "files/a/")
    ]
    assert names == [["a", "a-b", "ab"], ["2"]]
    files, folders = bucket.list_folder("files/a.")
    assert ([each.key for each in files], folders) == (["files/a.txt"], [])
    assert [each.key for each in bucket.list_("files/a")] == sorted(key for key in keys if key.startswith("files/a"))
    assert [objects.has_any(prefix) for prefix in ("files/a/", "files/a/2", "files/c/", "none/")] == [
        True,
        True,
        False,
        False,
    ]
    assert [objects.has_folder(key) for key in ("files/a", "files/b", "files/c", "files/a/2")] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.usefixtures("either")
def test_a_folder_goes_with_its_last_object() -> None:
    bucket.put_bytes("files/a/b/c.txt", b"x")
    bucket.put_bytes("files/other.txt", b"x")
    bucket.delete(["files/a/b/c.txt", "files/a"])
    assert bucket.list_folder("files/")[1] == []
    assert not objects.has_folder("files/a")


@pytest.mark.usefixtures("either")
def test_a_copy_is_an_object_of_its_own() -> None:
    bucket.put_bytes("files/a", b"old")
    objects.copy("files/a", "files/b/c")
    bucket.put_bytes("files/a", b"new")
    assert (bucket.get_bytes("files/b/c"), bucket.get_bytes("files/a")) == (b"old", b"new")
    bucket.delete(["files/a"])
    objects.copy("files/b/c", "files/a")
    assert bucket.get_bytes("files/a") == b"old"
    with pytest.raises(NotFound):
        objects.copy("files/none", "files/d")


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("key", ["files/none", "files/real", "none/x/y"])
def test_what_is_not_there_is_not_found(key: str) -> None:
    bucket.put_bytes("files/real/x", b"x")
    assert bucket.find(key) is None
    for read in (bucket.get_bytes, objects.read):
        with pytest.raises(NotFound):
            read(key)


@pytest.mark.usefixtures("folder")
def test_what_has_its_place_taken_is_refused(work: Path) -> None:
    bucket.put_bytes("files/a", b"file")
    bucket.put_bytes("files/folder/x", b"x")
    ways: list[Callable[[str], Any]] = [
        lambda key: bucket.put_bytes(key, b"x"),
        lambda key: bucket.place_file(work / "film.mp4", key, "video/mp4"),
    ]
    for way in ways:
        for key in ("files/a/below", "files/folder"):
            with pytest.raises(Exception, match=r".") as failure:
                way(key)
            assert not isinstance(failure.value, Invalid)
    assert (bucket.get_bytes("files/a"), bucket.get_bytes("files/folder/x")) == (b"file", b"x")


@pytest.mark.usefixtures("either")
def test_a_program_reads_at_once_what_was_placed(work: Path) -> None:
    for content in (b"first", b"the second"):
        (work / "film.mp4").unlink()
        (work / "film.mp4").write_bytes(content)
        bucket.place_file(work / "film.mp4", "files/new/film.mp4", "video/mp4")
        assert _read_by_program(bucket.location("files/new/film.mp4", seconds=60)) == content


def _read_by_program(location: str) -> bytes:
    if not location.startswith("http"):
        return Path(location).read_bytes()
    with urllib.request.urlopen(location) as answer:
        content: bytes = answer.read()
    return content


def test_a_file_is_placed_without_a_second_copy(folder: Path, work: Path) -> None:
    bucket.place_file(work / "film.mp4", "files/film.mp4", "video/mp4")
    assert (folder / "files/film.mp4").samefile(work / "film.mp4")
    own_files(work)
    assert not (folder / "files/film.mp4").samefile(work / "film.mp4")
    assert (work / "film.mp4").read_bytes() == b"film"
    assert [path.name for path in work.iterdir()] == ["film.mp4"]


def test_a_link_in_the_work_folder_is_not_placed(folder: Path, work: Path) -> None:
    (work / "link.mp4").symlink_to("/etc/hostname")
    os.mkfifo(work / "pipe.mp4")
    for name in ("link.mp4", "pipe.mp4"):
        with pytest.raises(OSError, match=r"."):
            bucket.place_file(work / name, f"files/{name}", "video/mp4")
        (work / name).unlink()
    assert list(bucket.list_("")) == []
    assert folder.is_dir()


def test_a_file_of_another_disk_is_copied(folder: Path) -> None:
    path = Path("/dev/shm") / f"dlambda-{os.getpid()}"
    path.write_bytes(b"film")
    try:
        if path.stat().st_dev == folder.stat().st_dev:
            pytest.skip("the machine has one file system")
        bucket.place_file(path, "files/film.mp4", "video/mp4")
        assert (folder / "files/film.mp4").read_bytes() == b"film"
        assert not (folder / "files/film.mp4").samefile(path)
    finally:
        path.unlink()


def test_what_is_placed_has_the_readers_of_its_folder(folder: Path, work: Path) -> None:
    (folder / "files").mkdir()
    entries = b"".join(
        part.to_bytes(size, "little")
        for tag, rights, whom in ((1, 7, -1), (2, 5, 12345), (4, 0, -1), (16, 5, -1), (32, 0, -1))
        for part, size in ((tag, 2), (rights, 2), (whom & 0xFFFFFFFF, 4))
    )
    try:
        os.setxattr(folder / "files", "system.posix_acl_default", b"\2\0\0\0" + entries)
    except OSError:
        pytest.skip("the file system has no lists")
    bucket.place_file(work / "film.mp4", "files/placed.mp4", "video/mp4")
    bucket.put_bytes("files/written.mp4", b"x")
    lists = [os.getxattr(folder / "files" / name, "system.posix_acl_access") for name in ("placed.mp4", "written.mp4")]
    assert lists[0] == lists[1]
    assert b"\x39\x30\x00\x00" in lists[0]
    assert not (folder / "files/placed.mp4").stat().st_mode & stat.S_IXUSR


def test_what_is_being_written_is_no_object(folder: Path) -> None:
    bucket.put_bytes("files/a.txt", b"x")
    left = folder / "files" / ".incoming-0123456789abcdef"
    left.write_bytes(b"half")
    assert [each.key for each in bucket.list_("files/")] == ["files/a.txt"]
    assert bucket.find(f"files/{left.name}") is None
    remove_leftovers(folder, left.stat().st_ctime)
    assert left.exists()
    remove_leftovers(folder, left.stat().st_ctime + 1)
    assert not left.exists()


# Ends itself before the nth thing that it does to the file system, and says whether it came to its end.
_KILLED = """
import os, signal, sys
from pathlib import Path
from dlambda.aws.library import Library
EVENTS = {"open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.setxattr", "os.getxattr"}
root, source, key, way = sys.argv[1:]
library = Library(root)
for moment in range(1, 100):
    child = os.fork()
    if not child:
        left = moment
        def hook(event, arguments):
            global left
            if event in EVENTS:
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        library.place(Path(source), key, "") if way == "place" else library.put_bytes(key, b"film", "")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = [(each.key, b"".join(library.read(each.key)).decode()) for each in library.list_("")]
    print(os.WIFEXITED(status), found)
    if os.WIFEXITED(status):
        break
"""


@pytest.mark.parametrize("before", [b"", b"old one"], ids=["new", "replaced"])
@pytest.mark.parametrize("way", ["place", "write"])
def test_killed_at_any_moment_it_is_there_whole_or_as_before(folder: Path, work: Path, way: str, before: bytes) -> None:
    key = "files/a/film.mp4"
    if before:
        bucket.put_bytes(key, before)
    command = [sys.executable, "-c", _KILLED, str(folder), str(work / "film.mp4"), key, way]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    *killed, last = run.stdout.splitlines()
    assert len(killed) >= 4, run.stdout
    as_before = str([(key, before.decode())] if before else [])
    complete = str([(key, "film")])
    assert all(line in {f"False {as_before}", f"False {complete}"} for line in killed), run.stdout
    assert killed[0] == f"False {as_before}"
    assert last == f"True {complete}"
    assert (work / "film.mp4").read_bytes() == b"film"
    remove_leftovers(folder, 2**40)
    assert [path for path in folder.rglob("*") if path.is_file()] == [folder / key]
