"""How much of something all clients may have together, and one client alone: none can take it from the others."""

import ipaddress
from collections import Counter
from functools import lru_cache

_NETWORK_BITS = 64  # of an IPv6 address: what one subscriber has


@lru_cache(maxsize=4096)
def client_of(address: str) -> str:
    """The unit that counts as a client: an IPv4 address, or an IPv6 network of 64 bits; else the text itself."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _NETWORK_BITS), strict=False))


class Shares:
    """Counts what clients have: `most` in all, `most_per_client` of one. For one thread (the event loop's)."""

    def __init__(self, limit: int, most_per_client: int) -> None:
        self.most = limit
        self.most_per_client = most_per_client
        self.taken = 0
        self._by_client: Counter[str] = Counter()

    def take(self, client: str, amount: int = 1) -> bool:
        """False, and nothing is taken, when it would be too much."""
        if self.taken + amount > self.most or self.of(client) + amount > self.most_per_client:
            return False
        self.taken += amount
        self._by_client[client] += amount
        return True

    def give_back(self, client: str, amount: int = 1) -> None:
        self.taken -= amount
        self._by_client[client] -= amount
        if self._by_client[client] <= 0:
            del self._by_client[client]

    def of(self, client: str) -> int:
        """The number of places that a client has."""
        return self._by_client.get(client, 0)
