"""Requests byte by byte, as no well-behaved client sends them."""

import re
import socket
from urllib.parse import urlsplit

from tests.e2e.service import Service


def raw_request(service: Service, content: bytes) -> bytes:
    """What the service answers to `content`: up to 64 kB, or 1 s of silence after the first of them."""
    with socket.create_connection(("127.0.0.1", urlsplit(service.base).port or 0), timeout=60) as connection:
        connection.sendall(content)
        answer = b""
        try:
            while len(answer) < 65536 and (part := connection.recv(65536)):
                answer += part
                connection.settimeout(1)
        except (TimeoutError, ConnectionResetError):
            return answer
        return answer


def status_of(answer: bytes) -> int:
    """The status of a raw answer; 0 without one."""
    match = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return int(match[1]) if match else 0
