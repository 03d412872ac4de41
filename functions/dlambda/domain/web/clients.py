"""Addresses of clients: behind proxies, and as a key for counting."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Network = IPv4Network | IPv6Network
_SITE_BITS: Final = 64
_LONGEST: Final = 100  # an address of 45 characters and its zone


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """True if `address` lies in one of `networks`; a text that is no address lies in none."""
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks if network.version == parsed.version)


def client_address(peer: str, forwarded_for: str, proxies: Sequence[Network]) -> str:
    """The client's address: `peer`, or the one that trusted proxies name in `X-Forwarded-For`.

    Each proxy appends whom it heard, so the list is read from its end, and only as long as trusted proxies wrote it.
    """
    if not forwarded_for:
        return peer
    client = peer
    for entry in reversed(forwarded_for.split(",")):
        parsed = _parse(_without_port(entry.strip()))
        if parsed is None or not is_within(client, proxies):
            break
        client = str(parsed)
    return client


def counted_as(address: str) -> str:
    """The key under which failures of `address` are counted: an IPv6 client has a whole /64 to itself."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, _SITE_BITS), strict=False))
    return str(parsed or address)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """None for a text that is no address."""
    return _parse_short(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=1024)  # most requests are from few clients, and each asks for its address several times
def _parse_short(text: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _without_port(entry: str) -> str:
    """`192.0.2.1:5678` and `[2001:db8::1]:5678` as some proxies write them."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
