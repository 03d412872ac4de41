"""Hosts as requests name them, and which of them are answered without a password (docs/contract/system.md 3)."""

import re
from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, NamedTuple

_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.%a-z]{2,60}\]|[a-z0-9._-]{1,255}?)\.?(?::(?P<port>\d{1,5}))?")
_LOOPBACK_NAME: Final = "localhost"
_REMEMBERED: Final = 256  # every request asks, most of them the same


class Authority(NamedTuple):
    """`host[:port]`: a name in lower case without its final dot, or an address without brackets."""

    host: str
    port: int | None


@lru_cache(_REMEMBERED)
def read_authority(text: str) -> Authority | None:
    """The host and port in a `Host` header or a setting; None for anything else than one host."""
    match = _AUTHORITY.fullmatch(text.strip().lower())
    if match is None:
        return None
    host, port = match["host"].strip("[]"), match["port"]
    if match["host"].startswith("[") and not isinstance(read_address(host), IPv6Address):
        return None
    return Authority(host, int(port) if port else None)


@lru_cache(_REMEMBERED)
def is_loopback(host: str) -> bool:
    """True if only this machine reaches `host`, an address (brackets allowed) or a name."""
    host = host.strip("[]").lower()
    address = read_address(host)
    if address is not None:
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address).is_loopback
    return host == _LOOPBACK_NAME or host.endswith(f".{_LOOPBACK_NAME}")


def is_own_host(text: str, names: Collection[str], *, any_address: bool) -> bool:
    """True if a `Host` header names this service: the loopback, or one of `names`; the port does not count.

    `any_address`: an address literal is taken as well. It can't be made to lead elsewhere by a name server.
    """
    authority = read_authority(text)
    if authority is None:
        return False
    host = authority.host
    return is_loopback(host) or host in names or (any_address and read_address(host) is not None)


def read_address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that `host` is, without brackets; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
