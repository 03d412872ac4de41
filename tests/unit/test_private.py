"""DATA_DIR belongs to its owner alone: local/private.py, local/config.py."""

import os
import shutil
import stat
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import private
from local.config import read_config
from local.start_error import StartError

NOBODY = 65534
_LIST = "system.posix_acl_access"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def wide(path: Path, bits: int, content: str | None = None) -> Path:
    if content is None:
        path.mkdir(parents=True, exist_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    path.chmod(bits)
    return path


@pytest.mark.parametrize("bits", [0o777, 0o755, 0o750, 0o711, 0o2770])
def test_an_existing_data_folder_is_closed_at_the_start(tmp_path: Path, bits: int) -> None:
    data = wide(tmp_path / "data", bits)
    read_config({"DATA_DIR": str(data)}, tmp_path)
    assert mode(data) & 0o777 == 0o700


@pytest.mark.parametrize(
    "name",
    ["tables/tables.db", "logs/dlambda.jsonl", "config/.env", "work/a/b/part", "secret.key", "engines.key", "lock"],
)
@pytest.mark.parametrize("bits", [0o666, 0o644, 0o640, 0o604])
def test_files_of_an_earlier_version_are_closed_at_the_start(tmp_path: Path, name: str, bits: int) -> None:
    file = wide(tmp_path / "data" / name, bits, "")
    read_config({"DATA_DIR": str(tmp_path / "data")}, tmp_path)
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700


def test_a_tree_is_closed_and_links_are_not_followed(tmp_path: Path) -> None:
    other, folder = wide(tmp_path / "other", 0o755), wide(tmp_path / "media", 0o755)
    theirs = wide(other / "theirs", 0o644, "")
    files = [wide(folder / name, 0o644, "") for name in ("a", "b/c", "b/d/e")]
    (folder / "link").symlink_to(other)
    (folder / "b" / "linked").symlink_to(theirs)
    os.mkfifo(folder / "pipe", 0o644)
    private.close_tree(folder)
    assert [mode(file) for file in files] == [0o600] * 3
    assert [mode(folder / "b"), mode(folder / "b" / "d")] == [0o700] * 2
    assert (mode(other), mode(theirs)) == (0o755, 0o644)


def _list_for(user: int, bits: int) -> bytes:
    """An access control list: what `setfacl -m u:USER:BITS` makes of mode 0600."""
    entries = [(1, 6, -1), (2, bits, user), (4, 0, -1), (16, bits, -1), (32, 4, -1)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, own, who & 0xFFFFFFFF) for tag, own, who in entries)


def test_a_user_whom_the_operator_lets_in_stays_in(tmp_path: Path) -> None:
    file = wide(tmp_path / "film.mp4", 0o600, "")
    try:
        os.setxattr(file, _LIST, _list_for(NOBODY, 4))
    except OSError:
        pytest.skip("a file system without access control lists")
    assert mode(file) == 0o644
    private.close_tree(tmp_path)
    assert mode(file) == 0o640  # the group's bits are the list's mask; other users are out
    assert os.getxattr(file, _LIST)[: 4 + 16] == _list_for(NOBODY, 4)[: 4 + 16]


@pytest.mark.parametrize("bits", [0o1777, 0o1755])
def test_a_folder_of_many_users_is_refused_and_stays_open(tmp_path: Path, bits: int) -> None:
    shared = wide(tmp_path / "shared", bits)
    with pytest.raises(StartError, match="one of many users"):
        read_config({"DATA_DIR": str(shared)}, tmp_path)
    assert mode(shared) == bits
    assert not list(shared.iterdir())


@pytest.fixture
def everyones() -> Iterator[Path]:
    """A folder that every user may enter; those of pytest nobody else may."""
    folder = Path(tempfile.mkdtemp(prefix="dlambda-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_folder_of_another_user_is_told(everyones: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can act as another user")
    data = wide(everyones / "data", 0o777)
    pid = os.fork()
    if pid == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            told = read_config({"DATA_DIR": str(data)}, everyones).gaps
            right = len(told) == 1 and "belongs to another user" in told[0] and mode(data / "tables") == 0o700
            os._exit(0 if right else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
