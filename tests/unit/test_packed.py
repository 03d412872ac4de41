"""Programs that lie compressed until they are asked for, and pip as one archive."""

import errno
import gzip
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distribution
from pathlib import Path

import pytest

from local.packed import archive_of, pack, unpack
from local.template import ROOT
from local.zipped_pip import zip_pip

WHEEL = {
    "here.py": "NAME = 'here'",
    "here-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: here\nVersion: 1\n",
    "here-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "here-1.dist-info/RECORD": "",
}
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


@pytest.mark.parametrize("text", [b"no archive", gzip.compress(SCRIPT.encode())[:-9]])
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


def test_zipped_pip_installs(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    pip = distribution("pip")
    _copy_whole(Path(str(pip.locate_file("pip"))), packages / "pip")
    information = packages / f"pip-{pip.version}.dist-info"
    shutil.copytree(Path(str(pip.locate_file(information.name))), information)
    for _ in range(2):
        zip_pip(packages)
    files = ["__init__.py", "__pip-runner__.py", "pip.zip"]
    assert _names(packages / "pip") == files
    rows = (information / "RECORD").read_text(encoding="utf-8").splitlines()
    assert [row for row in rows if row.startswith("pip/")] == [f"pip/{name},," for name in files]
    wheel = tmp_path / "here-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for name, text in WHEEL.items():
            file.writestr(name, text)
    words = ["-m", "pip", "install", "--no-index", "--quiet", "--target", str(tmp_path / "target"), str(wheel)]
    subprocess.run([sys.executable, *words], check=True, env=os.environ | {"PYTHONPATH": str(packages)})
    assert (tmp_path / "target" / "here.py").read_text() == WHEEL["here.py"]


def _copy_whole(folder: Path, target: Path) -> None:
    """A pip as it is installed, made of the one of this environment, which may be an archive already."""
    if (archive := folder / "pip.zip").exists():
        zipfile.ZipFile(archive).extractall(target.parent)
    else:
        shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__"))
