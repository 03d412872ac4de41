"""ZIPs whose every part is known beforehand: any program can unpack them, and their lengths are right."""

import io
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from dlambda.domain.files.zip_layout import ZipEntry, ZipLayout

TIME = datetime(2026, 11, 29, 22, 15, 31, tzinfo=UTC)
FILES = {"a.mp4": b"film", "ordner/größe 日本語.srt": b"1\n", "empty.txt": b"", "b/c/d.bin": bytes(range(256)) * 40}


def layout_of(files: dict[str, bytes]) -> ZipLayout:
    return ZipLayout([ZipEntry(name, len(content), TIME) for name, content in files.items()])


def write(layout: ZipLayout, contents: Sequence[bytes], file: IO[bytes]) -> None:
    """Writes the whole archive; of contents that are empty where they should not be, a hole."""
    crcs = [zlib.crc32(content) for content in contents]
    for part in layout.parts():
        before = file.tell()
        if part.kind == "header":
            file.write(layout.header(part.index))
        elif part.kind == "file":
            file.write(contents[part.index])
            file.seek(before + part.size)
        elif part.kind == "checksum":
            file.write(layout.checksum(part.index, crcs[part.index]))
        else:
            file.write(layout.directory(crcs))
        assert file.tell() - before == part.size, part
    assert file.tell() == layout.size_bytes


def test_it_can_be_unpacked() -> None:
    file = io.BytesIO()
    write(layout_of(FILES), list(FILES.values()), file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        info = archive.getinfo("a.mp4")
        assert (info.date_time, info.compress_type, info.external_attr >> 16) == (
            (2026, 11, 29, 22, 15, 30), zipfile.ZIP_STORED, 0o100644,
        )  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [["unzip", "-q"], ["7z", "x", "-bd"], ["bsdtar", "-xf"], ["busybox", "unzip", "-q"]],
    ids=lambda each: each[0],
)
def test_other_programs_unpack_it(command: list[str], tmp_path: Path) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        write(layout_of(FILES), list(FILES.values()), file)
    place = tmp_path / "out"
    place.mkdir()
    subprocess.run(
        [*command, str(path)],
        cwd=place,
        check=True,
        capture_output=True,
        env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert (place / "b/c/d.bin").read_bytes() == FILES["b/c/d.bin"]
    assert len([path for path in place.rglob("*") if path.is_file()]) == len(FILES)


def test_large_files_and_those_behind_them(tmp_path: Path) -> None:
    sizes = {"a.bin": 10, "large.bin": 2**32 + 5, "just.bin": 2**32 - 1, "behind.bin": 4}
    layout = ZipLayout([ZipEntry(name, size, TIME) for name, size in sizes.items()])
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        write(layout, [b"0123456789", b"", b"", b"last"], file)
    with zipfile.ZipFile(path) as archive:
        assert {info.filename: info.file_size for info in archive.infolist()} == sizes
        assert archive.read("behind.bin") == b"last"
    path.unlink()


def test_many_files() -> None:
    files = {f"{number}.txt": b"" for number in range(70_000)}
    file = io.BytesIO()
    write(layout_of(files), list(files.values()), file)
    with zipfile.ZipFile(file) as archive:
        assert len(archive.namelist()) == 70_000


def test_its_version_changes_with_its_files() -> None:
    other = {**FILES, "a.mp4": b"films"}
    assert layout_of(FILES).version == layout_of(dict(FILES)).version
    assert layout_of(FILES).version != layout_of(other).version


@pytest.mark.parametrize("year", [1601, 1979, 2107, 2300])
def test_a_time_that_no_zip_can_say_is_the_nearest(year: int) -> None:
    file = io.BytesIO()
    write(ZipLayout([ZipEntry("a", 1, datetime(year, 6, 1, tzinfo=UTC))]), [b"x"], file)
    with zipfile.ZipFile(file) as archive:
        assert archive.infolist()[0].date_time[0] == min(max(year, 1980), 2107)
