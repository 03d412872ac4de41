"""From a path in a request to a file of the download root (docs/contract/files.md 1)."""

import re
from dataclasses import dataclass

from dlambda.aws import bucket
from dlambda.aws.stored import Stored
from dlambda.domain.files.content_type import suffix
from dlambda.domain.files.sidecar import Sidecars, sidecars, stem_of, under
from dlambda.domain.paths.home import at_home, from_home
from dlambda.domain.paths.paths import object_key
from dlambda.errors import Invalid, NotFound
from dlambda.usecases.files.folders import entries_of, folder_key, is_folder, join, split

_ID_IN_NAME = re.compile(r"\[(?:youtube-)?([A-Za-z0-9_-]{11})\]")


@dataclass(frozen=True, slots=True)
class Found:
    """A file, or a folder (`stored` is None). `moved`: it is not the path that was asked for, but one to go to.

    `path` lies below the root; `home` is the folder that whoever asks is confined to.
    """

    path: str
    stored: Stored | None
    moved: bool = False
    home: str = ""

    @property
    def shown_path(self) -> str:
        """The path as the client names it."""
        return from_home(self.home, self.path)


def find_file(request_path: str, missing: str = "File '{file}' does not exist.", home: str = "") -> Found:
    """Finds the file or folder at a client's path, which begins at its `home`.

    Raises `NotFound` with the text `missing`, also outside the home.
    """
    text = missing.format(file=request_path.removeprefix("/"))
    try:
        path, key = _place_of(request_path, home)
    except Invalid:
        raise NotFound(text) from None
    file = bucket.find(key) if path else None
    if file is not None:
        return Found(path, file, home=home)
    if path == home or is_folder(path):
        return Found(path, None, home=home)
    renamed = _same_id(path)
    if renamed is None:
        raise NotFound(text)
    return Found(renamed, None, moved=True, home=home)


def find_plain(request_path: str, home: str = "", *, may_wait: bool = True) -> Found | None:
    """Finds the file that has the client's path; None for all else, which `find_file` finds or explains.

    Raises `BlockingIOError` when it would have to wait and may not.
    """
    try:
        path, key = _place_of(request_path, home)
    except Invalid:
        return None
    file = (bucket.find if may_wait else bucket.find_at_once)(key) if path else None
    return None if file is None else Found(path, file, home=home)


def _place_of(request_path: str, home: str) -> tuple[str, str]:
    """The path below the root, and the key. Raises `Invalid`."""
    path = at_home(home, request_path)
    return path, object_key(path)


def _same_id(path: str) -> str | None:
    """A file in the same folder that bears the id of `path`'s name in brackets, and its extension."""
    folder, name = split(path)
    id_match = _ID_IN_NAME.search(stem_of(name))
    if id_match is None:
        return None
    try:
        entries = entries_of(folder)
    except NotFound:
        return None
    names = sorted(entry.name for entry in entries if not entry.is_folder and not entry.name.startswith("."))
    siblings = (sibling for sibling in names if id_match[1] in sibling and suffix(sibling) == suffix(name))
    return next((join(folder, sibling) for sibling in siblings), None)


def names_beside(path: str) -> list[str]:
    """Names of the files in the folder of `path`, without empty ones: what sidecars are chosen from."""
    folder, _ = split(path)
    try:
        entries = entries_of(folder)
    except NotFound:
        return []
    return [entry.name for entry in entries if not entry.is_folder and entry.size_bytes > 0]


def sidecars_of(path: str, home: str = "") -> Sidecars:
    """The sidecars of the file at `path` (below the root) by kind, their paths as a client of `home` names them."""
    folder, name = split(path)
    return under(from_home(home, folder), sidecars(name, names_beside(path)))


def files_below(folder: str) -> list[Stored]:
    """Every object below a folder, markers included."""
    return list(bucket.list_(folder_key(folder)))
