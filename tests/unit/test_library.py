"""The bucket as a folder: what can be read of it, and that nothing else can."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dlambda.aws.library import Library, OpenFile
from dlambda.errors import NotFound

_TRIES = 20


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A library with a film and links, beside something that is not its own."""
    root = tmp_path / "library"
    (root / "files" / "real").mkdir(parents=True)
    (root / "files" / "real" / "a.mp4").write_bytes(b"film")
    (tmp_path / "library-twin").mkdir()
    (tmp_path / "library-twin" / "b.mp4").write_bytes(b"secret")
    (root / "files" / "alias").symlink_to("real")
    (root / "files" / "link.mp4").symlink_to(root / "files" / "real" / "a.mp4")
    (root / "files" / "out").symlink_to(tmp_path / "library-twin")
    (root / "files" / "out.mp4").symlink_to(tmp_path / "library-twin" / "b.mp4")
    (root / "files" / "up").symlink_to("../..")
    os.mkfifo(root / "files" / "pipe.mp4")
    return root


def _open_waiting(library: Library, key: str) -> OpenFile:
    return library.open(key)


def _open_at_once(library: Library, key: str) -> OpenFile:
    """Where the kernel knows the path by now, as it does once somebody looked and nobody renames anything meanwhile."""
    for _ in range(_TRIES):
        with contextlib.suppress(NotFound):
            library.open(key).close()
        with contextlib.suppress(BlockingIOError):
            return library.open_at_once(key)
    return library.open_at_once(key)


WAYS = pytest.mark.parametrize("open_file", [_open_waiting, _open_at_once])


@WAYS
@pytest.mark.parametrize("key", ["files/real/a.mp4", "files/alias/a.mp4", "files/link.mp4"])
@pytest.mark.parametrize("is_linked", [False, True])
def test_a_file_is_read_by_each_of_its_names(
    root: Path, key: str, is_linked: bool, open_file: Callable[[Library, str], OpenFile]
) -> None:
    folder = root
    if is_linked:
        folder = root.with_name("elsewhere")
        folder.symlink_to(root)
    file = open_file(Library(str(folder)), key)
    try:
        assert (file.stored.size_bytes, os.pread(file.descriptor, 10, 0)) == (4, b"film")
    finally:
        file.close()


@pytest.mark.parametrize(
    "key",
    [
        "", "files", "files/", "files/real", "files/real/", "files/none.mp4", "files//real/a.mp4", "files/./real/a.mp4",
        "files/real/../real/a.mp4", "../library-twin/b.mp4", "/etc/passwd", "files/out/b.mp4", "files/out.mp4",
        "files/up/library-twin/b.mp4", "files/pipe.mp4", "files/a\0.mp4", "files/\ud800.mp4", "files/" + "a" * 300,
    ],
)  # fmt: skip
@WAYS
def test_nothing_else_is(root: Path, key: str, open_file: Callable[[Library, str], OpenFile]) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises((NotFound, BlockingIOError)):
        open_file(Library(str(root)), key)
    assert len(os.listdir("/proc/self/fd")) == before
