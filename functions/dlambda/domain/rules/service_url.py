"""Limits on URLs of notification services: none may name services or files of this server (rules.md 6.1).

A service that Apprise knows may show a message on the machine that it runs on, and may read a template or a key from a
file: its error then tells whether the file exists. A test compares these tables with the installed Apprise.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from dlambda.errors import Invalid

LOCAL_SERVICES: Final = frozenset(
    {"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"}
)
FILE_PARAMETERS: Final = frozenset(
    {"attach", "cacert", "cert", "certfile", "keyfile", "pgpkey", "pgpprv", "pgppub", "subfile", "template"}
)
# To these `template` is a name or number of their own.
TEMPLATE_NAMES: Final = frozenset(
    {"gupshup", "kaleyra", "klr", "msg91", "notifyre", "onesignal", "sendgrid", "sendpulse", "whatsapp"}
)
_SCHEME: Final = re.compile(r"\s*([^:/?#\s]+)://")
_SECOND_URL: Final = re.compile(r"[\s,;]+[A-Za-z0-9+-]+://")
_MOST_DECODINGS: Final = 5


def check_service_url(url: str) -> None:
    """Raises `Invalid` for a text with a service of this server, a file in place of a web address, or two URLs."""
    scheme = _scheme_of(url)
    if scheme in LOCAL_SERVICES:
        raise Invalid(f"The notification service '{scheme}' is not allowed: it acts on this server itself.")
    if _SECOND_URL.search(url):
        raise Invalid("A notification target has one URL.")
    for name, value in parse_qsl(url.partition("?")[2], keep_blank_values=True):
        key = _decode(name).strip().lower()
        if key == "template" and scheme in TEMPLATE_NAMES:
            continue
        if key in FILE_PARAMETERS and value and not _is_web(value):
            raise Invalid(f"The parameter '{key}' of a notification service takes a web address, not a file.")


def _scheme_of(url: str) -> str:
    match = _SCHEME.match(_decode(url))
    return match[1].lower() if match else ""


def _decode(text: str) -> str:
    """Without any percent encoding: Apprise takes it off more than once."""
    for _ in range(_MOST_DECODINGS):
        plain = unquote(text)
        if plain == text:
            break
        text = plain
    return text


def _is_web(value: str) -> bool:
    try:
        parts = urlsplit(_decode(value).strip())
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
