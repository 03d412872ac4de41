"""Passwords inside addresses, such as `--proxy http://user:password@host`, behind a mask (contract README, Secrets)."""

import re
from typing import Final

from dlambda.domain.items.item import MASK

_PASSWORD: Final = re.compile(r"(?i)(?P<before>[a-z][a-z0-9+.-]*://[^\s/:@'\"]*:)(?P<password>[^\s/@'\"]+)(?=@)")


def mask_passwords(text: str) -> str:
    return _PASSWORD.sub(lambda match: match["before"] + MASK, text)


def unmask_passwords(text: str, known: str) -> str:
    """`text` with each mask replaced by the password that stands before the same user and scheme in `known`."""
    passwords = {match["before"]: match["password"] for match in _PASSWORD.finditer(known)}

    def clear(match: re.Match[str]) -> str:
        password = match["password"]
        return match["before"] + (passwords.get(match["before"], "") if password == MASK else password)

    return _PASSWORD.sub(clear, text)
