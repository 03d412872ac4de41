"""Continuing a download where it stopped, without losing data (docs/decisions: resume).

What may be kept is `.part`, `.ytdl` and finished format files; never `*-Frag*`: a complete fragment is answered with 416
on the retry, and yt-dlp would skip it and report success. Whether the source is still the same is known from its ETag
and length, kept beside the `.part`.
"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

_FRAGMENT = re.compile(r"-Frag\d+(\.part)?$")
_STATE_SUFFIX = ".source.json"
_LEFT_BEHIND = (".temp.", "cookies.txt")


def snapshot(workdir: Path) -> list[Path]:
    """The files that let a download continue elsewhere, sorted. Take it while no worker runs."""
    found = []
    for folder in ("temp", "home"):
        for path in (workdir / folder).rglob("*"):
            if path.is_file() and not _FRAGMENT.search(path.name):
                found.append(path)
    return sorted(found)


def prepare(workdir: Path, *, keep: bool = True) -> None:
    """Removes what must not be met again: fragments always, everything with `--no-continue`."""
    for path in (workdir / "temp").rglob("*"):
        if path.is_file() and (not keep or _FRAGMENT.search(path.name)):
            path.unlink()


class SourceGuard:
    """Watches responses; filled in by the resume rules."""

    def open(self, urlopen: Callable[[Any], Any], request: Any) -> Any:
        return urlopen(request)
