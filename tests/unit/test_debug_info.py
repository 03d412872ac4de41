"""Libraries without what a debugger reads: they load as before, and weigh less."""

import secrets
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from regex import _regex

from local.debug_info import strip, strip_all

MB = 1024 * 1024
JUNK = secrets.token_bytes(MB)


def _library(path: Path, segments: list[tuple[int, bytes]], size: int) -> Path:
    """A file of `size` bytes with the head of a library; its segments are (offset, bytes), and the rest is junk."""
    table = b"".join(struct.pack("<IIQQQQQQ", 1, 4, offset, 0, 0, len(text), len(text), 1) for offset, text in segments)
    head = b"\x7fELF\x02\x01".ljust(32, b"\0") + struct.pack("<QQ", 64, size - 64)
    head = head.ljust(54, b"\0") + struct.pack("<HHHHH", 56, len(segments), 64, 1, 0)
    data = bytearray((JUNK * (size // MB + 1))[:size])
    data[: 64 + len(table)] = head + table
    for offset, text in segments:
        data[offset : offset + len(text)] = text
    path.write_bytes(data)
    path.chmod(0o755)
    return path


def test_segments_stay_and_the_rest_goes(tmp_path: Path) -> None:
    path = _library(tmp_path / "a.so", [(4096, b"one"), (2 * MB, b"two")], 3 * MB)
    assert strip(path) > 2 * MB
    data = path.read_bytes()
    assert len(data) == 2 * MB + 3
    assert (data[4096:4099], data[2 * MB :]) == (b"one", b"two")
    assert not any(data[8192 : 2 * MB])
    assert struct.unpack_from("<Q", data, 40) == (0,), "the table of sections is gone"
    assert path.stat().st_mode & 0o777 == 0o755
    assert strip(path) == 0


def test_a_real_library_works_without(tmp_path: Path) -> None:
    path = tmp_path / "_regex.so"
    path.write_bytes(Path(str(_regex.__file__)).read_bytes() + JUNK)
    assert strip_all(tmp_path) >= MB
    code = (
        "import importlib.util as u; s = u.spec_from_file_location('regex._regex', 'FILE'); m = u.module_from_spec(s); "
        "s.loader.exec_module(m); print(m.MAGIC)"
    ).replace("FILE", str(path))
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert answer.strip() == str(_regex.MAGIC)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", [b"", b"no library", b"\x7fELF\x01\x01" + JUNK, b"!<arch>\n" + JUNK])
def test_other_files_stay(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "a.so"
    path.write_bytes(text)
    assert strip_all(tmp_path) == 0
    assert path.read_bytes() == text


def test_a_library_of_segments_alone_stays(tmp_path: Path) -> None:
    path = _library(tmp_path / "a.so", [(4096, JUNK)], 4096 + MB)
    before = path.read_bytes()
    assert strip(path) == 0
    assert path.read_bytes() == before
