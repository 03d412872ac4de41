"""Secrets in texts, behind a mask (docs/contract/README.md, Secrets): where they are, and how they come back.

This file knows addresses (`http://user:password@host/?token=...`) and names that tell of a secret. Options:
`domain.ytdlp.option_secrets`; addresses of notification targets: `domain.rules.target_address`.
"""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MASK: Final = "********"


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret stands in a text. `key`: what it is the secret of, the same when the mask stands there."""

    key: tuple[str, ...]
    start: int
    end: int

    def moved(self, by: int) -> "Secret":
        return Secret(self.key, self.start + by, self.end + by)


# Names of query parameters, of arguments and of members.
_SECRET_NAME: Final = re.compile(
    r"""(?ix)
    token | secret | passw | passphrase | credential | signature | cookie | jwt | bearer | hdn[et]
    | authorization | (?: ^|[-_.] ) auth (?: $|[-_.] )
    | (?: api|access|private|auth|account|client|license|hls ) [-_.]? key (?: $|[-_.] )
    | session (?: [-_.]? (?: id|key ) )? $
    | ^ (?: key|sig|sid|pass|pwd|policy ) $
    """
)


def is_secret_name(name: str) -> bool:
    """True if what bears this name is a secret: `access_token`, `X-Amz-Signature`, `key`; not `keyword`, `author`."""
    return _SECRET_NAME.search(name) is not None


# The password reaches to the last @ of the word. Each alternative can begin at one place of a word alone: texts of a
# megabyte are looked through in milliseconds.
_SCHEME: Final = r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://"
_PASSWORD: Final = re.compile(rf"""(?i)(?P<before>{_SCHEME}[^\s/:@'"]*:)(?P<secret>[^\s/?#'"]+)(?=@)""")
_LONE_USER: Final = re.compile(rf"""(?i)(?P<before>{_SCHEME})(?P<secret>[^\s/:@?#'"]+)(?=@)""")
_PARAMETER: Final = re.compile(r"""[?&;\#](?P<name>[\w.%~\[\]-]++)=(?P<secret>[^\s&;\#"'<>]+)""")


def secrets_in_addresses(text: str) -> list[Secret]:
    """Of every address in `text`: its password, a user without one (a token, mostly), parameters with telling names."""
    if "://" not in text:
        return []
    logins = [
        Secret(("login", match["before"].lower()), *match.span("secret"))
        for pattern in (_PASSWORD, _LONE_USER)
        for match in pattern.finditer(text)
    ]
    parameters = [
        Secret(("parameter", match["name"].lower()), *match.span("secret"))
        for match in _PARAMETER.finditer(text)
        if is_secret_name(match["name"])
    ]
    return in_order([*logins, *parameters])


def in_order(secrets: Iterable[Secret]) -> list[Secret]:
    """By place, without those that begin inside another."""
    disjoint: list[Secret] = []
    for secret in sorted(secrets, key=lambda secret_place: (secret_place.start, -secret_place.end)):
        if not disjoint or secret.start >= disjoint[-1].end:
            disjoint.append(secret)
    return disjoint


def replace_secrets(text: str, secrets: Sequence[Secret], values: Sequence[str]) -> str:
    """`text` with each of `secrets` (in order of their places) replaced by its value."""
    parts, end = [], 0
    for secret, value in zip(secrets, values, strict=True):
        parts += [text[end : secret.start], value]
        end = secret.end
    return "".join([*parts, text[end:]])


def mask_addresses(text: str) -> str:
    secrets = secrets_in_addresses(text)
    return replace_secrets(text, secrets, [MASK] * len(secrets))


def match_masks(new: Sequence[tuple[Hashable, str]], previous: Sequence[tuple[Hashable, str]]) -> list[str | None]:
    """Values of the `new` (key, value) pairs: a mask gets the value of the same key in `previous`, None without one.

    Several of one key are matched by place while there are as many of them as before. Else those that were sent in
    clear are left out, and the last mask is the last that is known: of an option that is repeated the last one counts.
    """
    values_meant: list[str | None] = [None if value == MASK else value for _, value in new]
    places_of: dict[Hashable, list[int]] = {}
    for place, (key, _) in enumerate(new):
        places_of.setdefault(key, []).append(place)
    values_of: dict[Hashable, list[str]] = {}
    for key, value in previous:
        values_of.setdefault(key, []).append(value)
    for key, places in places_of.items():
        _fill_in(values_meant, places, values_of.get(key, []))
    return values_meant


def _fill_in(values_meant: list[str | None], places: Sequence[int], values: Sequence[str]) -> None:
    """Sets `values_meant` at those of `places`, all of one key, that are masked."""
    if len(places) != len(values):
        in_clear = {values_meant[place] for place in places}
        values = [value for value in values if value not in in_clear] or values
        places = [place for place in places if values_meant[place] is None]
    shift = len(values) - len(places)
    for number, place in enumerate(places):
        if values_meant[place] is None and values:
            values_meant[place] = values[max(0, number + shift)]
