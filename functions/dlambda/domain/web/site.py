"""The site of an address: what its cookies, and what worked for it, belong to."""

from typing import Final
from urllib.parse import urlsplit

from dlambda.domain.web.hosts import read_address

# Below these, together with a country's name, sites are registered: `example.co.uk`.
_SECOND_LEVEL: Final = frozenset({"ac", "co", "com", "edu", "gov", "go", "ne", "net", "or", "org"})
_ALIASES: Final = {"youtu.be": "youtube.com", "youtube-nocookie.com": "youtube.com"}
_COUNTRY_LETTERS: Final = 2


def host_of(url: str) -> str:
    """Lower case, without a dot at its end; `""` for what has none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def site_of(url: str) -> str:
    """The name that was registered, such as `example.com` or `example.co.uk`; an IP address as it is."""
    host = host_of(url)
    if read_address(host):
        return host
    labels = host.split(".")
    count = 3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == _COUNTRY_LETTERS else 2
    name = ".".join(labels[-count:])
    return _ALIASES.get(name, name)


def is_of_site(host: str, site: str) -> bool:
    """True for the site itself and names below it."""
    return host == site or host.endswith(f".{site}")
