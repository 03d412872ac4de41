"""A media tool that a stranger's file took over, in the running service: it gets nowhere, and the service goes on."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlambda.media.sandbox import landlock, seccomp
from tests.e2e.service import ROOT, Service
from tests.origin import Origin

pytestmark = pytest.mark.skipif(
    landlock.version() < landlock.SCOPES or not seccomp.is_available(seccomp.ASK),
    reason="this kernel lacks parts of the sandbox (Landlock 6, seccomp with user notification)",
)

TOOLS = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or ROOT / ".tools" / "bin")
# In place of ffmpeg: says its version as ffmpeg does, and else tries what an attacker would.
_PROGRAM = """#!{python} -I
import glob, json, os, socket, sys

if {{"-version", "-bsfs"}} & set(sys.argv):
    print("ffmpeg version 9.0.2 Copyright (c) the FFmpeg developers")
    sys.exit(0)

def outcome(attempt):
    try:
        return repr(attempt())
    except BaseException as error:
        return type(error).__name__

def bomb():
    for number in range(1000):
        try:
            if os.fork() == 0:
                os.close(release)  # so that it ends with its parent
                os.read(waiting, 1)
                os._exit(0)
        except OSError:
            os.close(release)
            raise
    return number

waiting, release = os.pipe()
data = {data!r}
results = {{
    "passwd": outcome(lambda: open("/etc/passwd").read()),
    "secret key": outcome(lambda: open(glob.escape(data) + "/secret.key").read()),
    "data folder": outcome(lambda: os.listdir(data)),
    "other items": outcome(lambda: os.listdir(data + "/work")),
    "other item": outcome(lambda: open(data + "/work/other/cookies.txt").read()),
    "environments": outcome(lambda: [open(path).read() for path in glob.glob("/proc/*/environ")] or os.listdir("/proc")),
    "own environment": outcome(lambda: [name for name in os.environ if name.startswith(("AWS", "DLAMBDA", "YTP"))]),
    "connect to the service": outcome(lambda: socket.create_connection(("127.0.0.1", {port}), 5)),
    "connect to the world": outcome(lambda: socket.create_connection(("192.0.2.1", 80), 5)),
    "unix socket": outcome(lambda: socket.socket(socket.AF_UNIX)),
    "1000 processes": outcome(bomb),
    "4 GB": outcome(lambda: bytearray(4 << 30)),
    "write elsewhere": outcome(lambda: open(data + "/media/x", "w")),
}}
print("results=" + json.dumps(results), file=sys.stderr)
sys.exit(1)
"""
_REFUSED = {
    "passwd": "PermissionError",
    "secret key": "PermissionError",
    "data folder": "PermissionError",
    "other items": "PermissionError",
    "other item": "PermissionError",
    "environments": "PermissionError",
    "own environment": "[]",
    "connect to the service": "PermissionError",
    "connect to the world": "PermissionError",
    "unix socket": "OSError",
    "1000 processes": "BlockingIOError",
    "4 GB": "MemoryError",
    "write elsewhere": "PermissionError",
}


@pytest.fixture(scope="module")
def taken_over(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose ffmpeg is not what it should be."""
    folder = tmp_path_factory.mktemp("taken-over")
    tools = folder / "tools"
    service = Service(folder / "data", {"DLAMBDA_TOOLS_DIR": str(tools)})
    shutil.copytree(TOOLS, tools, symlinks=True)
    program = tools / "ffmpeg"
    program.unlink()
    program.write_text(_PROGRAM.format(python=sys.executable, data=str(service.folder), port=service.port))
    program.chmod(0o755)
    other = service.folder / "work" / "other" / "cookies.txt"
    other.parent.mkdir(parents=True)
    other.write_text("secret")
    try:
        yield service.start()
    finally:
        service.stop()


@pytest.fixture(scope="module")
def item(taken_over: Service, origin: Origin) -> dict[str, Any]:
    """An item whose file the tool was given."""
    return taken_over.api.fetch(origin.url("clip-taken.mp4"), seconds=60, cli="--remux-video mkv")


@pytest.mark.parametrize("attempt", _REFUSED)
def test_the_tool_is_refused(item: dict[str, Any], attempt: str) -> None:
    results, _ = json.JSONDecoder().raw_decode(_text_of(item).partition("results=")[2])
    assert results[attempt] == _REFUSED[attempt]


def test_the_item_keeps_its_media_and_says_what_failed(item: dict[str, Any]) -> None:
    assert (item["status"], [warning["step"] for warning in item["warnings"]]) == ("finished", ["VideoRemuxer"])


def _text_of(item: dict[str, Any]) -> str:
    return " ".join(warning["text"] for warning in item["warnings"])


def test_the_service_goes_on(taken_over: Service, origin: Origin, item: dict[str, Any]) -> None:
    following = taken_over.api.fetch(origin.url("clip-following.mp4"), seconds=60)
    assert following["status"] == "finished"
    assert taken_over.api.file_of(following) == origin.media("clip.mp4").read_bytes()
