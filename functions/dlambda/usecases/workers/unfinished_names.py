"""Names that finished files had before, by their inodes, which outlast the names."""

import os
from pathlib import Path

from dlambda.media.ytdlp.resume import StableFile


class UnfinishedNames:
    """The names that this invocation has seen in one work folder."""

    def __init__(self, workdir: Path) -> None:
        self._workdir = workdir
        self._names: dict[int, str] = {}

    def note(self, name: str, status: os.stat_result) -> None:
        """The unfinished file `name` is there, with that inode."""
        self._names[status.st_ino] = name

    def of(self, file: StableFile) -> str:
        """The name that a finished file had before; empty for an unfinished one, and for one that was not seen so."""
        try:
            return "" if file.record else self._names.get((self._workdir / file.name).stat().st_ino, "")
        except FileNotFoundError:
            return ""
