"""Programs that lie compressed until they are asked for."""

import errno
import gzip
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.packed import archive_of, pack, unpack
from local.template import ROOT

SCRIPT = "#!/bin/sh\necho one\n"


def _program(folder: Path, text: str = SCRIPT) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "engine"
    path.write_text(text)
    path.chmod(0o755)
    return path


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_packed_program_starts_and_is_unpacked_once(tmp_path: Path) -> None:
    program = _program(tmp_path / "bin")
    pack(program)
    assert _names(tmp_path / "bin") == ["engine.gz"]
    path = unpack(archive_of(program), [tmp_path / "unpacked"])
    assert subprocess.check_output([path], text=True) == "one\n"
    assert (path.name, stat.S_IMODE(path.stat().st_mode)) == ("engine", 0o700)
    assert unpack(archive_of(program), [tmp_path / "unpacked"]) == path
    assert len(_names(tmp_path / "unpacked")) == 1


def test_an_update_takes_the_place_of_what_was_unpacked(tmp_path: Path) -> None:
    program = _program(tmp_path / "bin")
    pack(program)
    old = unpack(archive_of(program), [tmp_path / "unpacked"])
    pack(_program(tmp_path / "bin", "#!/bin/sh\necho another\n"))
    path = unpack(archive_of(program), [tmp_path / "unpacked"])
    assert subprocess.check_output([path], text=True) == "another\n"
    assert not old.exists()


def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    program = _program(tmp_path / "bin")
    pack(program)
    (tmp_path / "file").write_text("")
    path = unpack(archive_of(program), [tmp_path / "file" / "unpacked", tmp_path / "data"])
    assert path.is_relative_to(tmp_path / "data")


def test_a_full_disk_leaves_nothing_and_is_told(tmp_path: Path) -> None:
    program = _program(tmp_path / "bin", "x" * 4_000_000)
    pack(program)
    code = (
        "import resource, signal, sys; from pathlib import Path; from local.packed import unpack\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))\n"
        "try: unpack(Path(sys.argv[1]), [Path(sys.argv[2])])\n"
        "except OSError as error: print(error.errno)"
    )
    words = [sys.executable, "-c", code, str(archive_of(program)), str(tmp_path / "unpacked")]
    answer = subprocess.check_output(words, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert int(answer) == errno.EFBIG
    assert _names(tmp_path / "unpacked") == []


@pytest.mark.parametrize("text", [b"no archive", gzip.compress(SCRIPT.encode())[:-9]], ids=["other", "cut"])
def test_a_damaged_archive_is_no_program(tmp_path: Path, text: bytes) -> None:
    archive = tmp_path / "engine.gz"
    archive.write_bytes(text)
    with pytest.raises((OSError, EOFError)):
        unpack(archive, [tmp_path / "unpacked"])
    assert _names(tmp_path / "unpacked") == []


def test_many_ask_at_once(tmp_path: Path) -> None:
    program = _program(tmp_path / "bin", SCRIPT + "#" * 3_000_000)
    pack(program)
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: unpack(archive_of(program), [tmp_path / "unpacked"]), range(16)))
    assert len(paths) == 1
    assert subprocess.check_output([paths.pop()], text=True) == "one\n"
