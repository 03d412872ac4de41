"""Releases of yt-dlp in folders of their own, and the file that says which of them serves.

    <folder>/releases.json    what `domain.system.ytdlp_releases` decides about
    <folder>/2026.11.20/      the packages of a release, complete: a folder gets this name when all is in it
    <folder>/new-.../         an installation under way, or what a killed one left

All processes of a machine read the file; a change of it is a rename, made under a lock that ends with its process.
"""

import fcntl
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dlambda.deployment import current, per_deployment
from dlambda.domain.system.ytdlp_releases import Releases, from_document, to_document

log = logging.getLogger(__name__)

INSTALLED: Final = ""
"""The version, and the folder, of the release that the service was installed with."""
_FILE: Final = "releases.json"
_CHANGING: Final = "changing.lock"
_UPDATING: Final = "updating.lock"
_NEW: Final = "new-"
_PRIVATE: Final = 0o700


class ReleaseFolder:
    """The releases below `folder`; `installed` is the version that the service was installed with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: tuple[tuple[int, ...], Releases] = ((), Releases())

    def read(self) -> Releases:
        """The state as it is now. A file that nobody can read counts as none: the installed release serves."""
        path = self._folder / _FILE
        try:
            status = path.stat()
            # Two changes may have one time; each is a file of its own.
            identity = (status.st_mtime_ns, status.st_ino, status.st_size)
            if self._read[0] != identity:
                self._read = (identity, self._load())
        except FileNotFoundError:
            return Releases()
        except (OSError, ValueError, KeyError, TypeError):
            log.warning("The state of yt-dlp's releases cannot be read: the installed one serves", exc_info=True)
            return Releases()
        return self._read[1]

    def _load(self) -> Releases:
        return from_document(json.loads((self._folder / _FILE).read_text(encoding="utf-8")))

    def change(self, step: Callable[[Releases], Releases]) -> Releases:
        """Stores what `step` makes of the state, on the disk, and answers it."""
        return self._change(step, is_durable=True)

    def _change(self, step: Callable[[Releases], Releases], *, is_durable: bool) -> Releases:
        with self._lock(_CHANGING):
            self._read = ((), Releases())
            before = self.read()
            after = step(before)
            if after != before:
                new = self._folder / f"{_NEW}{_FILE}"
                with new.open("w", encoding="utf-8") as file:
                    json.dump(to_document(after), file)
                    file.flush()
                    if is_durable:
                        os.fsync(file.fileno())
                new.replace(self._folder / _FILE)
        return after

    def note_outcome(self, version: str, site: str, *, succeeded: bool) -> None:
        """Counts what became of an item. Not worth waiting for the disk: one that a power failure takes is no harm."""
        self._change(lambda releases: releases.note(version, site, succeeded=succeeded), is_durable=False)

    def path_of(self, version: str) -> str:
        """The folder from which `version` is imported; `""` for the installed one, and for one that is not there."""
        path = self._folder / version
        return str(path) if version and path.is_dir() else ""

    def serving(self) -> str:
        """The version that serves; `""` for the installed one."""
        version = self.read().serving
        return version if self.path_of(version) else ""

    @contextmanager
    def new_release(self) -> Iterator[Path]:
        """An empty folder to install into, for `accept`; it goes when it was not accepted."""
        folder = self._folder / f"{_NEW}{current().new_uuid().hex}"
        folder.mkdir(mode=_PRIVATE)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def accept(self, folder: Path, version: str) -> None:
        """Gives an installation its name, with everything in it on the disk."""
        os.sync()
        target = self._folder / version
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)

    def remove_unused(self) -> None:
        """Removes releases that nothing uses, and what killed installations left. Only under `updating`."""
        in_use = self.read().in_use
        for path in self._folder.iterdir():
            if path.is_dir() and path.name not in in_use:
                shutil.rmtree(path, ignore_errors=True)

    @contextmanager
    def updating(self) -> Iterator[bool]:
        """Holds the one update of this machine; False when another process, or thread, is at it."""
        with self._lock(_UPDATING, waits=False) as is_locked:
            yield is_locked

    def is_updating(self) -> bool:
        """True while an update is under way."""
        with self._lock(_UPDATING, waits=False) as is_locked:
            return not is_locked

    @contextmanager
    def _lock(self, name: str, *, waits: bool = True) -> Iterator[bool]:
        self._folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        with (self._folder / name).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


@per_deployment
def release_folder() -> ReleaseFolder | None:
    """The folder of this deployment; None in the cloud, where a function's image has its one release."""
    folder = current().settings.releases_dir
    return ReleaseFolder(Path(folder)) if folder else None


def path_of_release(version: str | None = None) -> str:
    """The folder from which a release is imported; `""` for the installed one. None: the release that serves."""
    folder = release_folder()
    if folder is None:
        return ""
    return folder.path_of(folder.serving() if version is None else version)


def folders_in_use() -> set[str]:
    """The folders of the releases that serve or are on trial; `""` for the installed one."""
    folder = release_folder()
    if folder is None:
        return {""}
    return {folder.path_of(folder.serving()), folder.path_of(folder.read().trial)}
