"""A package index on the loopback with releases of yt-dlp that tests make: newer, broken and tampered ones.

A release is the installed yt-dlp under another version: a package of two files that takes all others from there.
"""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PACKAGE = """
from pathlib import Path
_installed = Path({installed!r})
__path__.append(str(_installed))
exec(compile((_installed / "__init__.py").read_text(encoding="utf-8"), str(_installed / "__init__.py"), "exec"))
{patch}
"""
_METADATA = "Metadata-Version: 2.1\nName: yt-dlp\nVersion: {version}\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

BROKEN = """
from yt_dlp.downloader.http import HttpFD
def _real_download(self, filename, info_dict):
    raise TypeError("this release is broken")
HttpFD.real_download = _real_download
"""
ENDLESS = """
from yt_dlp.downloader.http import HttpFD
def _real_download(self, filename, info_dict):
    import time
    time.sleep(600)
HttpFD.real_download = _real_download
"""
WITH_NEW_OPTION = """
from yt_dlp import options
_create_parser = options.create_parser
def create_parser():
    parser = _create_parser()
    parser.add_option("--brand-new", action="store_true", help="does what no option did before")
    return parser
options.create_parser = create_parser
"""


def wheel(version: str, patch: str = "") -> bytes:
    """A release of that version; `patch` is code that runs when it has been imported."""
    spec = find_spec("yt_dlp")
    assert spec is not None
    assert spec.origin is not None
    information = f"yt_dlp-{version}.dist-info"
    files = {
        "yt_dlp/__init__.py": _PACKAGE.format(installed=str(Path(spec.origin).parent), patch=patch),
        "yt_dlp/version.py": f'__version__ = "{version}"\nCHANNEL = "stable"\nORIGIN = "tests"\nVARIANT = None\nUPDATE_HINT = None\n_pkg_version = __version__\nRELEASE_GIT_HEAD = ""\n',
        f"{information}/METADATA": _METADATA.format(version=version),
        f"{information}/WHEEL": _WHEEL,
        f"{information}/RECORD": "",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


class PackageIndex:
    """The index. `stalls`: the kind of request, `page` or `wheel`, that is never answered."""

    def __init__(self) -> None:
        self._wheels: dict[str, bytes] = {}
        self._hashes: dict[str, str] = {}
        self.stalls = ""
        self.stalled = threading.Event()
        self.goes_on = threading.Event()
        self.url = ""

    def offer(self, version: str, patch: str = "", *, tampered: bool = False) -> None:
        """Adds a release; of a `tampered` one the hash is that of another file."""
        name, content = f"yt_dlp-{version}-py3-none-any.whl", wheel(version, patch)
        self._wheels[name] = content + b"\0" if tampered else content
        self._hashes[name] = hashlib.sha256(content).hexdigest()

    def environment(self) -> Mapping[str, str]:
        """The variables that lead pip here alone."""
        return {
            "PIP_INDEX_URL": f"{self.url}/simple",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_FIND_LINKS": "",
            "PIP_TRUSTED_HOST": "127.0.0.1",
            "PIP_RETRIES": "0",
        }

    def answer(self, path: str) -> bytes | None:
        """The page of the package, or one of its files."""
        if path == "/simple/yt-dlp/":
            self._wait("page")
            links = (f'<a href="/files/{name}#sha256={sha256}">{name}</a>' for name, sha256 in self._hashes.items())
            return f"<!doctype html><html><body>{''.join(links)}</body></html>".encode()
        content = self._wheels.get(path.removeprefix("/files/"))
        if content is not None:
            self._wait("wheel")
        return content

    def _wait(self, kind: str) -> None:
        if self.stalls == kind:
            self.stalled.set()
            self.goes_on.wait(60)


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, index: PackageIndex, *arguments: Any) -> None:
        self._index = index
        super().__init__(*arguments)

    def do_GET(self) -> None:
        content = self._index.answer(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def serving_index() -> Iterator[PackageIndex]:
    """A running index without any release."""
    index = PackageIndex()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, index)) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        index.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield index
        finally:
            index.goes_on.set()
            server.shutdown()
