"""Addresses of notification targets, behind a mask (docs/contract/README.md, Secrets).

The address of a service that Apprise knows is a secret as a whole: `tgram://********`. A webhook keeps its scheme, its
host and the plain words of its path, so that people recognise it: `https://discord.com/api/webhooks/********`.
"""

import re
from typing import Final

from dlambda.domain.secrets.mask import (
    MASK,
    Secret,
    in_order,
    is_secret_name,
    match_masks,
    replace_secrets,
    secrets_in_addresses,
)
from dlambda.errors import Invalid

_MASKED_TEXT: Final = "Invalid notification target. A part of the URL is masked."
_WEB: Final = re.compile(r"(?i)(https?://)([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_SERVICE: Final = re.compile(r"(?is)([a-z][a-z0-9+.-]*://)(.+)")
# A word of a path that tells nothing: `api`, `v2`, `notify-me`. What is random has digits, capitals or no end.
_PLAIN: Final = re.compile(r"[a-z]{1,14}(?:[-_.][a-z]{1,14}){0,3}|v?\d{1,3}(?:\.\d{1,3})?")
_PLAIN_VALUE: Final = re.compile(r"[A-Za-z]{1,14}(?:[-_.][A-Za-z]{1,14}){0,3}|[\d.:-]{1,10}")
# What follows one of these is the secret, also where it looks plain.
_MARKERS: Final = re.compile(r"(?i)(?:web-?)?hooks?(?:b2)?|services|keys?|tokens?|triggers?|send|catch|with")
# Services whose whole path is the secret.
_SECRET_PATHS: Final = re.compile(
    r"(?i)(?:.*@)?(?:.*\.)?(?:hc-ping\.com|webhook\.site|ntfy\.[^@]*|requestbin\.[^@]*)(?::\d+)?"
)


def mask_target(url: str) -> str:
    secrets = _secrets_in(url)
    return replace_secrets(url, secrets, [MASK] * len(secrets))


def unmask_target(url: str, previous: str) -> str:
    """`url` with each mask replaced by what `previous` has in its place.

    Raises `Invalid` for a mask of which nothing is known; also on another host, so that no secret goes there unseen.
    """
    if MASK not in url:
        return url
    secrets, before = _secrets_in(url), _secrets_in(previous)
    pairs = [(secret.key, url[secret.start : secret.end]) for secret in secrets]
    values = match_masks(pairs, [(secret.key, previous[secret.start : secret.end]) for secret in before])
    clear = replace_secrets(url, secrets, [value or MASK for value in values])
    if MASK in clear:
        raise Invalid(_MASKED_TEXT)
    return clear


def without_target(text: str, url: str) -> str:
    """`text`, as an error of a delivery, without what is secret in the target's address."""
    for secret in _secrets_in(url):
        value = url[secret.start : secret.end]
        for part in sorted({value, *re.split(r"[/?&=:@]", value)}, key=len, reverse=True):
            text = text.replace(part, MASK) if len(part) > 3 and part != MASK else text
    return text


def _secrets_in(url: str) -> list[Secret]:
    web = _WEB.fullmatch(url)
    if web is None:
        service = _SERVICE.fullmatch(url)
        return [Secret(("service", service[1].lower()), *service.span(2))] if service else []
    host = (web[1] + web[2].rpartition("@")[2]).lower()
    parts = [*_in_path(web[2], web[3], web.start(3), host), *_in_query(web[4] or "", web.start(4), host)]
    if web[5] and len(web[5]) > 1:
        parts.append(Secret(("fragment", host), web.start(5) + 1, web.end(5)))
    return in_order(
        [*parts, *(Secret((*secret.key, host), secret.start, secret.end) for secret in secrets_in_addresses(url))]
    )


def _in_path(authority: str, path: str, start: int, host: str) -> list[Secret]:
    """From the first segment on that is no plain word, or stands behind a marker."""
    place = start
    secret = _SECRET_PATHS.fullmatch(authority) is not None
    for segment in path.split("/"):
        marks = _MARKERS.fullmatch(segment) is not None
        if segment and (secret or not (marks or _PLAIN.fullmatch(segment))):
            before = path[: place - start].lower()
            return [Secret(("path", host, before), place, start + len(path))]
        secret = secret or marks
        place += len(segment) + 1
    return []


def _in_query(query: str, start: int, host: str) -> list[Secret]:
    secrets: list[Secret] = []
    for match in re.finditer(r"[?&;]([^=&;]*)(?:=([^&;]*))?", query):
        group = 2 if match[2] is not None else 1
        value, name = match[group], match[1].lower() if group == 2 else ""
        if value and (is_secret_name(name) or not _PLAIN_VALUE.fullmatch(value)):
            secrets.append(Secret(("parameter", host, name), start + match.start(group), start + match.end(group)))
    return secrets
