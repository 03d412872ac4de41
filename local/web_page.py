"""Builds the web page into its function's folder: `python -m local.web_page` (page/README.md).

What builds it lies beside the other tools, in `.tools/page`, until `make install` is done; nothing is written when
nothing has changed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from local.template import ROOT

SOURCE = ROOT / "page"
TARGET = ROOT / "functions" / "endpoints" / "page" / "built"
_STAMP = "sources.sha256"
_BUILT_OF = ("build.mjs", "index.html", "package-lock.json", "public", "src")


def tools() -> Path:
    """Where npm put what builds and checks the page."""
    folder = Path(os.environ.get("DLAMBDA_TOOLS_DIR") or ROOT / ".tools" / "bin").parent / "page"
    if not (folder / "node_modules").is_dir():
        sys.exit(f"{folder} is missing. Run `make install`.")
    return folder


def link() -> None:
    """Lets the sources find their packages as node, TypeScript and editors look for them: in `page/node_modules`."""
    place, target = SOURCE / "node_modules", tools() / "node_modules"
    if place.is_symlink() and place.resolve() != target.resolve():
        place.unlink()
    if not place.is_symlink():
        place.symlink_to(target)


def build() -> bool:
    """Builds the page; False when it is up to date. Raises `CalledProcessError` for sources that do not build."""
    with (SOURCE / "build.mjs").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests of several processes want it at once
        return _build_changed()


def _build_changed() -> bool:
    checksum = _checksum()
    stamp = TARGET / _STAMP
    if stamp.is_file() and stamp.read_text() == checksum:
        return False
    link()
    node = shutil.which("node")
    if node is None:
        sys.exit("node is missing: the web page is built with it. On Debian: apt install npm")
    subprocess.run([node, "build.mjs", str(TARGET)], cwd=SOURCE, check=True)
    stamp.write_text(checksum)
    return True


def _checksum() -> str:
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(SOURCE)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for name in _BUILT_OF:
        path = SOURCE / name
        yield from (path,) if path.is_file() else (inner for inner in path.rglob("*") if inner.is_file())


if __name__ == "__main__":
    build()
