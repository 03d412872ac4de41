"""Placeholders of output templates that yt-dlp does not have (docs/contract/downloads.md 6). Pure.

`%(ytp_random:8)s` is a text of 8 letters and digits, `%(ytp_random:8:d)s` of digits, `%(ytp_random:8:s)s` of letters.
yt-dlp reads no colon there, so they are turned into names of fields, and the fields get their values.
"""

import hashlib
import re
import string
from collections.abc import Mapping
from typing import Final

_PREFIX: Final = "ytp_"
_KEY = re.compile(r"%\(([^)|&>]*)")  # as far as it names fields
_OWN = re.compile(r"(?<![\w.])(ytp_\w+)((?::\w+)*)")
_MOST_CHARACTERS: Final = 100
_LENGTH: Final = re.compile("[0-9]{1,3}")
_ALPHABETS: Final[Mapping[str, str]] = {
    "m": string.ascii_letters + string.digits,
    "d": string.digits,
    "s": string.ascii_letters,
}
_MODES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("m", "mixed"), "m"),
    **dict.fromkeys(("d", "digit", "digits", "int", "ints", "number", "numbers"), "d"),
    **dict.fromkeys(("s", "str", "string", "strings", "alpha", "letter", "letters"), "s"),
}


def placeholder_problem(template: str) -> str | None:
    """The mistake in our own placeholders in `template`; None without one."""
    for name, arguments in _placeholders(template):
        if name != "ytp_random":
            return f"there is no placeholder '{name}'"
        length, *mode = arguments or [""]
        if not _LENGTH.fullmatch(length) or not 1 <= int(length) <= _MOST_CHARACTERS:
            return f"ytp_random needs a length from 1 to {_MOST_CHARACTERS}, as in %(ytp_random:8)s"
        if len(mode) > 1 or (mode and mode[0].lower() not in _MODES):
            return "behind its length ytp_random takes d for digits or s for letters, as in %(ytp_random:8:d)s"
    return None


def with_own_fields(template: str, seed: str) -> tuple[str, dict[str, str]]:
    """The template as yt-dlp reads it, and the values of the fields that it names then.

    The same `seed` gives the same values: a download that goes on elsewhere finds its files again. What has a problem
    stays as it is.
    """
    if _PREFIX not in template or placeholder_problem(template):
        return template, {}
    values: dict[str, str] = {}

    def replace_key(match: re.Match[str]) -> str:
        length, *mode = match.group(2).split(":")[1:]
        kind = _MODES[mode[0].lower()] if mode else "m"
        name = f"ytp_random_{int(length)}_{kind}"
        values[name] = _text(f"{seed} {name}", int(length), _ALPHABETS[kind])
        return name

    return _KEY.sub(lambda key: f"%({_OWN.sub(replace_key, key.group(1))}", template), values


def _placeholders(template: str) -> list[tuple[str, list[str]]]:
    keys = (key.group(1) for key in _KEY.finditer(template))
    return [(own.group(1), own.group(2).split(":")[1:]) for key in keys for own in _OWN.finditer(key)]


def _text(seed: str, length: int, alphabet: str) -> str:
    """Characters that a hash chooses."""
    number = int.from_bytes(hashlib.shake_256(seed.encode()).digest(2 * length + 16))
    characters = []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        characters.append(alphabet[place])
    return "".join(characters)
