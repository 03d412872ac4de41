"""The built page: what `python -m local.web_page` left in the folder `built` (page/README.md)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dlambda.errors import Unavailable

FOLDER = Path(__file__).parent / "built"
_INDEX = "manifest.json"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page. `encodings` maps a content coding (`br`, `gzip`) to the file that has it.

    `is_hashed`: its name changes with its content.
    """

    type: str
    etag: str
    is_hashed: bool
    encodings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The built page: `files` by path, `screens` by the first segment of their addresses.

    The entry, `scripts` and `styles` are loaded at once.
    """

    files: Mapping[str, File]
    screens: frozenset[str]
    entry: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]


def manifest() -> Manifest:
    """The page that was built last. Raises `Unavailable` where there is none."""
    path = FOLDER / _INDEX
    try:
        version = path.stat().st_mtime_ns
    except FileNotFoundError:
        raise Unavailable("The web page has not been built. Run `make install`.") from None
    return _read(version)


def read(name: str) -> bytes:
    """The bytes of one file of the folder, by a name that the manifest has."""
    return (FOLDER / name).read_bytes()


@lru_cache(maxsize=1)
def _read(_version: int) -> Manifest:
    document = json.loads((FOLDER / _INDEX).read_text(encoding="utf-8"))
    return Manifest(
        files={path: File(**fields) for path, fields in document["files"].items()},
        screens=frozenset(document["screens"]),
        entry=document["entry"],
        scripts=tuple(document["scripts"]),
        styles=tuple(document["styles"]),
    )
