"""Listeners at addresses that no stranger may reach. They record whoever connects, and what was said first."""

import selectors
import socket
import threading
import time
from dataclasses import dataclass

METADATA, NEIGHBOUR = "169.254.169.254", "10.1.2.3"
_FIXED = (
    ("127.0.0.1", 80),
    ("127.0.0.1", 443),
    ("127.0.0.1", 554),
    ("127.0.0.1", 1935),
    ("127.0.0.1", 9999),
    ("127.0.0.1", 9997),
    ("::1", 80),
    ("::1", 9998),
    (METADATA, 80),
    (NEIGHBOUR, 80),
    (NEIGHBOUR, 9999),
)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\nConnection: close\r\n\r\nDECOYCONTENT"


@dataclass(frozen=True)
class Hit:
    """A connection, or a datagram, that reached a decoy."""

    address: str
    port: int
    said: bytes


class Decoys:
    """Must be made, and asked for further ports, inside the network namespace."""

    def __init__(self) -> None:
        self._hits: list[Hit] = []
        self._lock = threading.Lock()
        self._ports: dict[str, int] = {}
        self._selector = selectors.DefaultSelector()
        for address, port in _FIXED:
            self._listen(address, port)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def port(self, key: str) -> int:
        """The port at 127.0.0.1, TCP and UDP, that belongs to the attempt `key` alone."""
        if key not in self._ports:
            self._ports[key] = self._listen("127.0.0.1", 0)
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            datagrams.bind(("127.0.0.1", self._ports[key]))
            datagrams.setblocking(False)
            self._selector.register(datagrams, selectors.EVENT_READ, self._take_datagram)
        return self._ports[key]

    def hits(self, key: str) -> list[Hit]:
        """What reached the attempt's own port, or named the attempt."""
        own, mark = self._ports.get(key), f"{key}.".encode()
        with self._lock:
            return [hit for hit in self._hits if hit.port == own or mark in hit.said]

    def all_hits(self) -> list[Hit]:
        """Everything that reached a decoy."""
        with self._lock:
            return list(self._hits)

    def close(self) -> None:
        """Closes every listener."""
        self._stop.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _listen(self, address: str, port: int) -> int:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.create_server((address, port), family=family, backlog=64)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        return int(listener.getsockname()[1])

    def _serve(self) -> None:
        while not self._stop.is_set():
            for key, _ in self._selector.select(0.2):
                try:
                    key.data(key.fileobj)
                except OSError:
                    continue

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        address, port = listener.getsockname()[:2]
        threading.Thread(target=self._talk, args=(connection, address, port), daemon=True).start()

    def _talk(self, connection: socket.socket, address: str, port: int) -> None:
        said = b""
        with connection:
            connection.settimeout(5)
            try:
                said = connection.recv(4096)
                connection.sendall(_ANSWER)
            except OSError:
                time.sleep(0)
            with self._lock:
                self._hits.append(Hit(address, port, said))

    def _take_datagram(self, datagrams: socket.socket) -> None:
        said = datagrams.recv(4096)
        with self._lock:
            self._hits.append(Hit("127.0.0.1", datagrams.getsockname()[1], said))
