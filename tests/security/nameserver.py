"""A small DNS server whose answers change as an attacker's do.

`rb<N>-<anything>.test` is the attacker's public address for N look-ups and 127.0.0.1 from then on (DNS rebinding); other
names are in `NAMES`; every other name below `test` is the attacker's address; nothing else exists.
"""

import re
import socket
import struct
import threading
from collections import Counter

ATTACKER = "93.184.215.14"
NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # A records, AAAA records
    "private.test": (("10.1.2.3",), ()),
    "loopback.test": (("127.0.0.1",), ()),
    "mixed.test": ((ATTACKER, "127.0.0.1"), ()),
    "mixed-late.test": ((ATTACKER, ATTACKER, "10.1.2.3"), ()),
    "metadata.test": (("169.254.169.254",), ()),
    "metadata.google.internal": (("169.254.169.254",), ()),
    "zero.test": (("0.0.0.0",), ()),
    "six-loopback.test": ((), ("::1",)),
    "six-mapped.test": ((), ("::ffff:127.0.0.1",)),
    "six-mixed.test": ((ATTACKER,), ("::1",)),
    "six-unique.test": ((), ("fd00:ec2::254",)),
    "six-nat64.test": ((), ("64:ff9b::7f00:1",)),
    "shared.test": (("100.64.0.1",), ()),
    "broadcast.test": (("255.255.255.255",), ()),
    "multicast.test": (("224.0.0.1",), ()),
}
_REBINDING = re.compile(r"rb(\d+)-.*\.test")
_A, _AAAA, _IN = 1, 28, 1
_NO_SUCH_NAME = 3


class NameServer:
    """Answers on `socket_` (UDP, bound) until `close`."""

    def __init__(self, socket_: socket.socket) -> None:
        self._socket = socket_
        self._lookups: Counter[str] = Counter()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stops answering."""
        self._socket.close()

    def lookups(self, name: str) -> int:
        """How often the IPv4 address of `name` was asked for."""
        return self._lookups[name]

    def _serve(self) -> None:
        while True:
            try:
                query, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            try:
                self._socket.sendto(self._answer(query), sender)
            except (OSError, ValueError, IndexError, struct.error):
                continue

    def _answer(self, query: bytes) -> bytes:
        name, end = _read_name(query)
        kind = struct.unpack("!H", query[end : end + 2])[0]
        four, six = self._addresses(name, kind)
        exists = bool(four or six)
        packed = {
            _A: [socket.inet_pton(socket.AF_INET, address) for address in four],
            _AAAA: [socket.inet_pton(socket.AF_INET6, address) for address in six],
        }.get(kind, [])
        records = b"".join(struct.pack("!HHHIH", 0xC00C, kind, _IN, 0, len(data)) + data for data in packed)
        flags = 0x8580 | (0 if exists else _NO_SUCH_NAME)
        header = query[:2] + struct.pack("!HHHHH", flags, 1, len(packed), 0, 0)
        return header + query[12 : end + 4] + records

    def _addresses(self, name: str, kind: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if name in NAMES:
            return NAMES[name]
        rebinding = _REBINDING.fullmatch(name)
        if rebinding:
            self._lookups[name] += kind == _A
            return ((ATTACKER if self._lookups[name] <= int(rebinding[1]) else "127.0.0.1",), ())
        return ((ATTACKER,), ()) if name.endswith(".test") else ((), ())


def _read_name(query: bytes) -> tuple[str, int]:
    """The first question's name in lower case, and where it ends."""
    labels, position = [], 12
    while query[position]:
        size = query[position]
        labels.append(query[position + 1 : position + 1 + size].decode("ascii", "replace"))
        position += size + 1
    return ".".join(labels).lower(), position + 1
