"""The address guard (docs/contract/system.md 8) and the limits of a worker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlambda.domain.web.urls import INTERNAL_TEXT
from dlambda.errors import Invalid
from dlambda.media.sandbox.guard import check_url

PUBLIC = {"video.example": ["93.184.216.34", "2606:2800:220:1::1"]}


def resolve(host: str) -> list[str]:
    table = {
        **PUBLIC,
        "mixed.example": ["93.184.216.34", "10.0.0.1"],
        "six.example": ["::ffff:169.254.169.254"],
        "meta.example": ["169.254.169.254"],
        "127.0.0.1": ["127.0.0.1"],
        "127.1": ["127.0.0.1"],
        "[::1]": ["::1"],
        "::1": ["::1"],
        "8.8.8.8": ["8.8.8.8"],
    }
    if host not in table:
        raise OSError("no such name")
    return table[host]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "URL is required."),
        ("http://[bad/", "Invalid URL."),
        ("gopher://video.example/", "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ("http://", "Invalid hostname."),
        ("http://nowhere.example/", "Invalid hostname."),
        ("http://mixed.example/", INTERNAL_TEXT),
        ("http://six.example/", INTERNAL_TEXT),
        ("http://meta.example/latest/", INTERNAL_TEXT),
        ("http://127.0.0.1/", INTERNAL_TEXT),
        ("http://127.1/", INTERNAL_TEXT),
        ("http://[::1]/", INTERNAL_TEXT),
        ("http://localhost/", INTERNAL_TEXT),
        ("http://LOCALHOST./", INTERNAL_TEXT),
        ("http://x.localhost/", INTERNAL_TEXT),
        ("http://printer.local/", INTERNAL_TEXT),
        ("http://metadata.google.internal/", INTERNAL_TEXT),
    ],
)
def test_is_refused_with_the_documented_text(url: str, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_url(url, resolve=resolve)
    assert caught.value.message == text


def test_public_addresses_pass() -> None:
    check_url("https://video.example/watch?v=1", resolve=resolve)
    check_url("http://8.8.8.8:8080/", resolve=resolve)


def test_internal_addresses_pass_where_they_are_allowed_and_nothing_is_looked_up() -> None:
    def never(_host: str) -> list[str]:
        raise AssertionError

    check_url("http://127.0.0.1:1/x", allow_internal=True, resolve=never)
    with pytest.raises(Invalid, match="scheme"):
        check_url("ftp://127.0.0.1/", allow_internal=True, resolve=never)


def run(code: str, *arguments: str) -> str:
    """What a guarded process prints: an audit hook cannot be taken out of this one again."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, check=False
    )
    return done.stdout.strip() or done.stderr


CONNECT = """
import socket, sys
from dlambda.media.sandbox import guard
guard.install(allow_internal=False)
try:
    {call}
except PermissionError as error:
    print("refused:", error)
except OSError as error:
    print("tried:", type(error).__name__)
"""


@pytest.mark.parametrize(
    "call",
    [
        "socket.create_connection(('127.0.0.1', 9), 1)",
        "socket.create_connection(('localhost', 9), 1)",
        "socket.create_connection(('::1', 9), 1)",
        "socket.create_connection(('169.254.169.254', 80), 1)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('10.0.0.1', 53))",
        "socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
        "socket.socket().connect_ex(('127.0.0.1', 9))",
        "__import__('urllib.request').request.urlopen('http://127.0.0.1:9/')",
    ],
)
def test_a_guarded_process_connects_to_no_internal_address(call: str) -> None:
    found = run(CONNECT.format(call=call))
    assert INTERNAL_TEXT in found or found.startswith("tried: URLError")


CONFINE = """
import os, pathlib, shutil, sys
from dlambda.media.sandbox import guard
inside, outside = map(pathlib.Path, sys.argv[1:])
guard.confine(inside)
(inside / "a").write_text("1")
(inside / "sub").mkdir()
os.replace(inside / "a", inside / "sub" / "b")
print("inside works")
tries = {
    "write": lambda: (outside / "x").write_text("1"),
    "append": lambda: open(outside / "secret", "a"),
    "move out": lambda: os.rename(inside / "sub" / "b", outside / "b"),
    "move in": lambda: shutil.move(outside / "secret", inside / "secret"),
    "remove": lambda: os.remove(outside / "secret"),
    "dots": lambda: (inside / ".." / outside.name / "y").write_text("1"),
    "link": lambda: os.symlink(inside, outside / "link"),
    "truncate": lambda: os.truncate(outside / "secret", 0),
}
os.path
for name, attempt in tries.items():
    try:
        attempt()
    except PermissionError:
        continue
    print("escaped:", name)
"""


def test_a_confined_process_writes_nowhere_else(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("kept")
    assert run(CONFINE, str(inside), str(outside)) == "inside works"
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "kept"
