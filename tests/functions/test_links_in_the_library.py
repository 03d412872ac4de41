"""Links that somebody made below the library: nothing is written, listed, read or bundled behind one that leads out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dlambda.aws import bucket, growing, links, multipart, objects
from dlambda.deployment import current
from dlambda.domain.items.item import Status
from dlambda.errors import Invalid, NotFound
from dlambda.media.sandbox import landlock
from dlambda.store.items import items
from tests.functions.calls import Client
from tests.functions.working import work
from tests.origin import Origin
from tests.stack import Stack, forget_settings

SECRET = b"of somebody else"
TEXT = "is a link that leads out of the download folder."


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of somebody else, with a file."""
    folder = tmp_path / "outside"
    (folder / "below").mkdir(parents=True)
    (folder / "secret.txt").write_bytes(SECRET)
    (folder / "below" / "deep.txt").write_bytes(SECRET)
    return folder


def _chain(link: Path, outside: Path) -> None:
    link.with_name("next").symlink_to(outside)
    link.symlink_to("next")


def _below_a_folder(link: Path, outside: Path) -> None:
    link.mkdir()
    (link / "inner").symlink_to(outside)


KINDS: dict[str, Callable[[Path, Path], object]] = {
    "absolute": lambda link, outside: link.symlink_to(outside),
    "relative": lambda link, outside: link.symlink_to(Path("../" * 40) / outside.relative_to("/")),
    "above the bucket": lambda link, _: link.symlink_to("../.."),
    "chain": _chain,
    "below a folder of its own": _below_a_folder,
}


def folder_of(kind: str) -> str:
    return "files/link/inner" if kind == "below a folder of its own" else "files/link"


@pytest.fixture(params=KINDS)
def linked(request: pytest.FixtureRequest, stack: Stack, outside: Path) -> str:
    """The prefix of a link that leads out."""
    root = stack.bucket_dir / "files"
    root.mkdir()
    KINDS[request.param](root / "link", outside)
    return folder_of(request.param)


def untouched(outside: Path) -> bool:
    names = {str(path.relative_to(outside)) for path in outside.rglob("*")}
    return names == {"secret.txt", "below", "below/deep.txt"} and (outside / "secret.txt").read_bytes() == SECRET


WRITES: dict[str, Callable[[str, Path], object]] = {
    "bytes": lambda key, _: bucket.put_bytes(key, b"x"),
    "file": lambda key, path: bucket.put_file(path, key, "text/plain"),
    "copy": lambda key, _: objects.copy("files/own.txt", key),
    "parts": lambda key, _: multipart.Multipart(key, "text/plain"),
    "growing": lambda key, path: growing.GrowingUpload(path, multipart.Multipart(key, "text/plain")),
}


@pytest.mark.parametrize("name", ["new.txt", "below/deep.txt"])
@pytest.mark.parametrize("way", WRITES)
def test_nothing_is_written_behind_it(linked: str, outside: Path, way: Any, name: str, tmp_path: Path) -> None:
    bucket.put_bytes("files/own.txt", b"x")
    own = tmp_path / "own.txt"
    own.write_bytes(b"x")
    with pytest.raises(Invalid, match=TEXT):
        WRITES[way](f"{linked}/{name}", own)
    assert untouched(outside)


@pytest.fixture
def unchecked(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The engine alone: as for one who has its key, or a link that is made between the check and the write."""
    monkeypatch.setenv("DLAMBDA_LIBRARY_DIR", "")
    forget_settings()
    yield
    monkeypatch.undo()
    forget_settings()


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("name", ["secret.txt", "below/new.txt"])
def test_the_engine_by_itself_writes_and_reads_nothing_behind_it(
    linked: str, outside: Path, stack: Stack, unchecked: None, name: str
) -> None:
    key = f"{linked}/{name}"
    # One that does not try again what fails: that takes seconds.
    client = current().client("s3", config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError):
        client.put_object(Bucket="dlambda", Key=key, Body=b"x")
    with pytest.raises((NotFound, ClientError)):
        bucket.get_bytes(key)
    listed = [each.key for each in bucket.list_("files/")]
    assert not [each for each in listed if "secret" in each or "deep" in each]
    bucket.delete([key])
    assert untouched(outside)
    assert [path.name for path in stack.config.media_dir.iterdir()] == ["dlambda"]


def test_nothing_behind_it_is_read_or_listed(linked: str, outside: Path) -> None:
    for name in ("secret.txt", "below/deep.txt"):
        with pytest.raises(NotFound):
            bucket.get_bytes(f"{linked}/{name}")
        assert bucket.find(f"{linked}/{name}") is None
    assert list(bucket.list_(f"{linked}/")) == []


@pytest.mark.parametrize("target", ["secret.txt", "none"], ids=["there", "dangling"])
def test_a_linked_file_is_replaced_and_what_it_led_to_stays(stack: Stack, outside: Path, target: str) -> None:
    key = f"files/film-of-{target}"
    link = stack.bucket_dir / key
    link.parent.mkdir()
    link.symlink_to(outside / target)
    assert bucket.find(key) is None
    bucket.put_bytes(key, b"own")
    assert bucket.get_bytes(key) == b"own"
    assert not link.is_symlink()
    assert untouched(outside)


def test_a_link_inside_the_library_may_be_written_through(stack: Stack) -> None:
    (stack.bucket_dir / "files" / "real").mkdir(parents=True)
    (stack.bucket_dir / "files" / "alias").symlink_to("real")
    bucket.put_bytes("files/alias/a.txt", b"x")
    assert (stack.bucket_dir / "files" / "real" / "a.txt").read_bytes() == b"x"


def test_a_link_to_a_folder_whose_name_begins_like_the_library_leads_out(stack: Stack) -> None:
    twin = stack.bucket_dir.with_name(stack.bucket_dir.name + "-twin")
    (stack.bucket_dir / "files").mkdir()
    (stack.bucket_dir / "files" / "link").symlink_to(twin)
    with pytest.raises(Invalid, match=TEXT):
        links.check_key("files/link/a.txt")


def test_a_download_into_a_linked_folder_ends_with_the_reason(
    history: Client, stack: Stack, configure: Callable[..., None], origin: Origin, outside: Path
) -> None:
    configure(work_durable="true")
    (stack.bucket_dir / "files").mkdir()
    (stack.bucket_dir / "files" / "link").symlink_to(outside)
    status, body = history.post("/api/history", {"url": origin.url("clip-linked.mp4"), "folder": "link"})
    assert status == 200, body
    work(stack)
    item = items.get(body[0]["_id"])
    assert (item.status, item.error) == (Status.ERROR, f"'link' {TEXT}")
    assert untouched(outside)
