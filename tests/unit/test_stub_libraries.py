"""Stubs in the places of libraries that PyAV was linked with and nothing calls."""

import ctypes
import os
import platform
import sys
from pathlib import Path

import av
import pytest

from local.stub_libraries import replace_unused, stub

MACHINES = {"x86_64": 62, "aarch64": 183}
MACHINE = MACHINES[platform.machine()]
OTHER_MACHINE = 8


def _library(machine: int = MACHINE, names: bytes = b"\0x265_api_get_7\0x265_unused\0") -> bytes:
    """The head of a library, names of functions, and much else."""
    head = b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + machine.to_bytes(2, "little")
    return head + names + os.urandom(200_000).replace(b"\0", b"\1")


def _lay(folder: Path, library: bytes) -> Path:
    (folder / "libavcodec-1.so.1").write_bytes(_library(names=b"\0x265_api_get_7\0"))
    path = folder / "libx265-1.so.7"
    path.write_bytes(library)
    return path


@pytest.mark.parametrize("answer", [0, -1])
@pytest.mark.parametrize("names", [[b"one"], [b"one", b"two", b"three_3"]])
def test_every_function_of_a_stub_answers(tmp_path: Path, answer: int, names: list[bytes]) -> None:
    path = tmp_path / "libstub.so.1"
    path.write_bytes(stub(MACHINE, answer, path.name.encode(), names))
    library = ctypes.CDLL(str(path), mode=os.RTLD_NOW)
    assert [library[name.decode()](1, 2) for name in names] == [answer] * len(names)
    with pytest.raises(AttributeError):
        library["another"]


def test_a_library_that_nothing_calls_becomes_a_stub_of_what_is_named(tmp_path: Path) -> None:
    path = _lay(tmp_path, _library())
    assert replace_unused(tmp_path) > 150_000
    library = ctypes.CDLL(str(path))
    assert library.x265_api_get_7(0) == 0
    assert not hasattr(library, "x265_unused")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["libavcodec-1.so.1", path.name]
    assert replace_unused(tmp_path) == 0


@pytest.mark.parametrize("library", [_library(OTHER_MACHINE), b"no library" * 20_000])
def test_what_is_no_library_of_a_known_processor_stays(tmp_path: Path, library: bytes) -> None:
    path = _lay(tmp_path, library)
    assert replace_unused(tmp_path) == 0
    assert path.read_bytes() == library


def test_what_does_not_work_with_a_stub_gets_its_library_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAV cannot be loaded here: a package of its name that fails lies before it."""
    library = _library()
    path = _lay(tmp_path, library)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "av.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    assert replace_unused(tmp_path) == 0
    assert path.read_bytes() == library
    assert sorted(file.name for file in tmp_path.iterdir()) == ["broken", "libavcodec-1.so.1", path.name]


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of Linux")
def test_the_installed_decoders_and_encoders_of_sound_work() -> None:
    """With stubs, where `make install` has put them."""
    for name in ("h264", "hevc", "vp8", "vp9", "libdav1d", "aac", "mp3", "opus", "flac"):
        av.codec.CodecContext.create(name, "r").open()
    sound = av.codec.CodecContext.create("aac", "w")
    sound.sample_rate, sound.layout, sound.format = 44100, "stereo", "fltp"
    sound.open()
