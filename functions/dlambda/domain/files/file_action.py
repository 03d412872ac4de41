"""Actions of `POST /api/file/actions`: read, and checked before anything runs (docs/contract/files.md 3)."""

import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args
from urllib.parse import unquote

from dlambda.domain.files.plain_name import has_hidden_characters, plain_path
from dlambda.domain.paths.home import at_home, from_home
from dlambda.errors import Invalid

Verb = Literal["rename", "delete", "move", "directory"]
_LONGEST_NAME_BYTES = 255
_ARGUMENTS = {
    "rename": ("new_name", "New name is required for rename action."),
    "move": ("new_path", "New path is required for move action."),
    "directory": ("new_dir", "New directory name is required for directory action."),
}
NO_PATH = "no_path"


class Refused(Exception):
    """An action cannot be done; the text is its result's `error`. The others go on."""


@dataclass(frozen=True, slots=True)
class FileAction:
    """An element of the body: `argument` is the new name, the target folder or the new folder, by verb.

    Paths begin at `home`, the folder that whoever asks is confined to.
    """

    verb: Verb
    path: str | None
    argument: str = ""
    home: str = ""

    @property
    def shown_path(self) -> str:
        """The path in its result: as requested, without a leading slash; `/` for the root."""
        if self.path is None or (self.path == "" and self.verb != "directory"):
            return NO_PATH
        return self.path.strip("/") or "/"


def read_actions(body: object, home: str = "") -> list[FileAction]:
    """The actions of a body, whose paths begin at `home`.

    Raises `Invalid` with the documented text for the first element that is wrong.
    """
    if not isinstance(body, list) or not body or not all(isinstance(element, dict) for element in body):
        raise Invalid("Invalid parameters expecting list of dicts.")
    return [_read(element, home) for element in body]


def _read(element: Mapping[str, Any], home: str) -> FileAction:
    action = element.get("action")
    verb = action.strip().lower() if isinstance(action, str) else ""
    if verb not in get_args(Verb):
        raise Invalid(f"Invalid action '{action}'. Must be one of {', '.join(get_args(Verb))}.")
    argument = ""
    if verb in _ARGUMENTS:
        key, text = _ARGUMENTS[verb]
        value = element.get(key)
        # For a move, "" is the root.
        if not isinstance(value, str) or (not value and verb != "move"):
            raise Invalid(text)
        argument = value
    path = element.get("path")
    return FileAction(cast("Verb", verb), path if isinstance(path, str) else None, argument, home)


def target_of(action: FileAction) -> str:
    """The path below the root that an action means, percent-escapes decoded. Raises `Refused`."""
    if action.shown_path == NO_PATH:
        raise Refused("Path is required.")
    assert action.path is not None
    return _check_path(action, unquote(action.path))


def sources_of(action: FileAction) -> list[str]:
    """The paths that an action may mean, best first: its path percent-decoded, and as it was sent, since a file may be
    called `100%25.mp4` or `%2e%2e%2fx`. Raises `Refused` when neither can be a path.
    """
    raw = action.path or ""
    texts = [unquote(raw), raw]
    if any(part != unquote(part) in (".", "..") for part in raw.split("/")):
        texts.reverse()  # nobody escapes a dot: it is a name rather than a way to another folder
    sources = []
    for text in texts:
        with suppress(Refused):
            sources.append(_check_path(action, text))
    return list(dict.fromkeys(sources)) or [target_of(action)]


def _check_path(action: FileAction, path: str) -> str:
    if "\0" in path:
        raise Refused("Invalid path.")
    resolved = inside(path, "Path outside download root.", action.home)
    if resolved == action.home and action.verb != "directory":
        raise Refused("Cannot operate on root directory.")
    return resolved


def inside(path: str, text: str, home: str) -> str:
    """The path below the root of what a client of `home` calls `path`. Raises `Refused` with `text` if it leads out."""
    try:
        return at_home(home, path)
    except Invalid:
        raise Refused(text) from None


def checked_folder(path: str, name: str, home: str) -> str:
    """The path of a new folder `name`, which may have several parts, in the folder `path`. Raises `Refused`.

    It stays in `home`.
    """
    if not name.strip():
        raise Refused("New directory name is required.")
    if "\0" in name:
        raise Refused("Invalid directory path.")
    if _has_control_characters(name):
        raise Refused("New directory name must not contain control characters.")
    if has_hidden_characters(name):
        raise Refused("New directory name must not contain invisible characters.")
    if plain_path(f"{path}/{name}") != f"{path}/{name}":
        raise Refused("Invalid directory path.")
    inner = from_home(home, path)
    folder = inside(f"{inner}/{name}" if inner else name.lstrip("/"), "Destination outside root.", home)
    if folder == path:
        raise Refused("Invalid directory path.")
    return folder


def _has_control_characters(name: str) -> bool:
    """Line breaks and their like, which no URL leads to."""
    return any(unicodedata.category(character) == "Cc" for character in name)


def checked_name(name: str) -> str:
    """A new name for something in its folder. Raises `Refused`."""
    if "/" in name or "\\" in name or "\0" in name or name.strip() in ("", ".", ".."):
        raise Refused("New name must not contain path separators.")
    if _has_control_characters(name):
        raise Refused("New name must not contain control characters.")
    if has_hidden_characters(name):
        raise Refused("New name must not contain invisible characters.")
    try:
        too_long = len(name.encode()) > _LONGEST_NAME_BYTES
    except UnicodeEncodeError:
        raise Refused("The new name is no valid text.") from None
    if too_long:
        raise Refused("The new name is too long.")
    return name
