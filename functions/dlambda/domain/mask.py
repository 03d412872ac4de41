"""Passwords inside addresses, such as `--proxy http://user:password@host`, behind a mask (contract README, Secrets)."""

import re
from typing import Final

MASK: Final = "********"

# A proxy may do without a scheme. The password reaches to the last @ of the word. Each alternative can begin at one
# place of a word alone: texts of a megabyte are looked through in milliseconds.
_PASSWORD: Final = re.compile(
    r"""(?ix)
    (?P<before> (?: (?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:// | (?<!\S)--[a-z-]*prox[a-z]*[\s=]['"]? ) [^\s/:@'"]* : )
    (?P<password> [^\s/?\#'"]+ ) (?=@)
    """
)


def mask_passwords(text: str) -> str:
    return _PASSWORD.sub(lambda match: match["before"] + MASK, text)


def unmask_passwords(text: str, known: str) -> str:
    """`text` with each mask replaced by the password that stands before the same user and scheme in `known`."""
    passwords = {match["before"]: match["password"] for match in _PASSWORD.finditer(known)}

    def clear(match: re.Match[str]) -> str:
        password = match["password"]
        return match["before"] + (passwords.get(match["before"], "") if password == MASK else password)

    return _PASSWORD.sub(clear, text)
