"""The operator's pool of proxies: which one is used, and which rest (docs/contract/system.md 10, `proxies`)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from dlambda.errors import Invalid

EVERYWHERE: Final = "*"
"""Stands for all sites where a proxy rests: it does not answer."""
_SCHEMES: Final = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_PORTS: Final = {"http": 80, "https": 443}
_SOCKS_PORT: Final = 1080
_ID_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy in one of yt-dlp's forms. `id` stands for it in records: its address may hold a login."""

    url: str = field(repr=False)

    @property
    def id(self) -> str:
        return hashlib.sha256(self.url.encode()).hexdigest()[:_ID_LENGTH]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or _PORTS.get(parts.scheme, _SOCKS_PORT)

    def at(self, address: str) -> str:
        """The same proxy by another address of its host."""
        parts = urlsplit(self.url)
        login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        return parts._replace(netloc=f"{login}{address}:{self.port}").geturl()


def parse_proxies(text: str) -> tuple[Proxy, ...]:
    """The proxies of a setting, in their order. Raises `Invalid`, which quotes nothing of them."""
    proxies = tuple(Proxy(word if "://" in word else f"http://{word}") for word in text.split())
    for number, proxy in enumerate(proxies, start=1):
        try:
            parts = urlsplit(proxy.url)
            is_proxy = parts.scheme in _SCHEMES and bool(parts.hostname) and proxy.port > 0
        except ValueError:
            is_proxy = False
        if not is_proxy:
            raise Invalid(f"proxy {number} is none, such as http://10.0.0.2:3128 or socks5://user:word@proxy.example")
    return proxies


def choose_proxy(
    proxies: tuple[Proxy, ...], resting: Mapping[str, float], now: float, tried: frozenset[str] = frozenset()
) -> Proxy | None:
    """The first one that does not rest and was not tried. `resting`: id -> until when, unix seconds."""
    return next((proxy for proxy in proxies if proxy.id not in tried and resting.get(proxy.id, 0.0) <= now), None)
