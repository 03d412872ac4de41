"""Names of files that show what they are: without characters that are invisible, turn the direction of text, or
separate folders on another system (docs/contract/files.md 5).
"""

import re

# Controls (C0, C1), direction, zero width, line and paragraph separators, interlinear notes. No script needs them in a
# name: what is written from right to left is shown so without them.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0001]"
)
# The two joiners belong between letters of some scripts and between parts of an emoji, never beside ASCII.
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
# Tags spell the region of a flag, and are invisible behind anything else.
_STRAY_TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]+")
_DRIVE = re.compile(r"^([A-Za-z]):")
_BACKSLASH, _LIKE_BACKSLASH, _LIKE_COLON = "\\", "\u29f9", "\uff1a"


def has_hidden_characters(name: str) -> bool:
    """True if a person would see less, or something else, than what the name is."""
    return _visible(name) != name


def plain_path(path: str) -> str:
    """`path` with plain names: hidden characters removed, backslashes replaced by a character that looks like them."""
    return "/".join(_plain_name(part) for part in path.split("/"))


class PortableNames:
    """Entry names of one archive, as every system may unpack them."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name_of(self, path: str) -> str:
        """The plain form of `path`, without drive letters (`C:x`); two that become the same are told apart."""
        portable = "/".join(_DRIVE.sub(rf"\1{_LIKE_COLON}", part) for part in plain_path(path).split("/"))
        unique = _untaken(portable, self._taken)
        self._taken.add(unique)
        return unique


def _plain_name(part: str) -> str:
    plain = _visible(part).replace(_BACKSLASH, _LIKE_BACKSLASH)
    if plain.startswith(".") and not part.startswith("."):
        return f"_{plain}"  # else it would be a hidden file, or have no name but its extension
    # What is left may mean the folder itself, or the one above.
    return plain if plain == part or plain.strip(". ") else "_"


def _visible(name: str) -> str:
    return _STRAY_TAGS.sub("", _STRAY_JOINER.sub("", _HIDDEN.sub("", name)))


def _untaken(path: str, paths: set[str]) -> str:
    folder, slash, name = path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    number = 1
    while path in paths:
        number += 1
        path = f"{folder}{slash}{stem} ({number}){dot}{extension}"
    return path
