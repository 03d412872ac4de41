"""Addresses that users hand in: what they may look like and which hosts a service may not be sent to.

Pure; the look-up of a name is `dlambda.media.sandbox.guard.check_url` (docs/contract/system.md 8).
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from dlambda.domain.web.web_address import check_web_address

INTERNAL_TEXT = "Access to internal urls or private networks is not allowed."
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")

# Addresses that `is_global` lets through and that still lead inside: translations and tunnels that carry an IPv4
# address, and the metadata services of the clouds.
_NAT64 = IPv6Network("64:ff9b::/96")
_INSIDE = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # carrier-grade NAT, and one cloud's metadata service
        "168.63.129.16/32",  # a cloud's host agent on a public address
        "192.0.0.0/24",  # protocol assignments; another cloud's metadata service
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/4",
        "240.0.0.0/4",
        "64:ff9b:1::/48",  # NAT64 of a private network
        "2001::/23",  # Teredo and other assignments
        "fec0::/10",  # site-local
        "ff00::/8",
    )
)


def item_url(value: str) -> str:
    """The URL that a posted `url` stands for: trimmed; a bare 11-character id is a YouTube video (downloads.md 2.1)."""
    value = value.strip()
    if _VIDEO_ID.fullmatch(value):
        return f"https://www.youtube.com/watch?v={value}"
    return value


def check_syntax(url: str) -> str:
    """The host name of `url`, lower case. Raises `Required` or `Invalid` with the texts of system.md 8, rows 1-4."""
    return str(check_web_address(url.strip()).hostname)


def is_internal(address: str) -> bool:
    """True if an IP address (a text, a zone allowed) leads into a private, local or reserved network.

    What is no address at all counts as internal: nobody may be sent there either.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    if isinstance(ip, IPv6Address):
        inner = _embedded_ipv4(ip)
        if inner is not None:
            return is_internal(str(inner))
    return not ip.is_global or any(ip in network for network in _INSIDE if network.version == ip.version)


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, compatible, 6to4, NAT64."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _NAT64 or (int(ip) >> 32 == 0 and int(ip) > 1):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
