"""A TLS site on the loopback that serves browsers alone: it reads each ClientHello and answers 403 to what is none."""

import http.server
import secrets
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_HEAD = 5  # bytes of a TLS record's head
_MOST = 16 * 1024
_SECONDS = 20.0
_CERTIFICATE_COMPRESSION = 27
_APPLICATION_SETTINGS = frozenset({17513, 17613})  # the older and the newer number of the same


@dataclass(frozen=True)
class Hello:
    """What a client says first: the numbers of its ciphers and extensions, in its order."""

    ciphers: tuple[int, ...]
    extensions: tuple[int, ...]

    @property
    def is_browser(self) -> bool:
        """True for Chrome's: GREASE among both, and extensions that OpenSSL's clients do not send."""
        has_grease = any(map(is_grease, self.ciphers)) and any(map(is_grease, self.extensions))
        return (
            has_grease
            and _CERTIFICATE_COMPRESSION in self.extensions
            and not _APPLICATION_SETTINGS.isdisjoint(self.extensions)
        )


def is_grease(number: int) -> bool:
    """RFC 8701: values that a client makes up, so that servers stay tolerant."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def read_hello(record: bytes) -> Hello:
    """The ClientHello in a TLS record (RFC 8446 4.1.2). Raises `struct.error` or IndexError for what is none."""
    at = _HEAD + 4 + 2 + 32  # heads of record and message, version, random
    at += 1 + record[at]  # session id
    (size,) = struct.unpack_from(">H", record, at)
    ciphers = struct.unpack_from(f">{size // 2}H", record, at + 2)
    at += 2 + size
    at += 1 + record[at]  # compression methods
    (size,) = struct.unpack_from(">H", record, at)
    at, end = at + 2, at + 2 + size
    extensions = []
    while at < end:
        kind, length = struct.unpack_from(">HH", record, at)
        extensions.append(kind)
        at += 4 + length
    return Hello(ciphers, tuple(extensions))


def _peek_hello(connection: socket.socket) -> Hello:
    size = _HEAD
    while True:
        record = connection.recv(_MOST, socket.MSG_PEEK)
        if len(record) >= _HEAD:
            size = _HEAD + struct.unpack_from(">H", record, 3)[0]
        if len(record) >= size or not record:
            return read_hello(record)


@dataclass
class BrowserSite:
    """A running site. `authority` is the certificate file that its clients have to trust.

    `hellos` has every client's, `statuses` every answer. `demands`: which it refuses without a browser's handshake;
    else all get what they ask for.
    """

    port: int
    authority: Path
    body: bytes
    demands: bool = True
    hellos: list[Hello] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    redirect: str | None = None

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.port}{path}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        site = self.server.site
        hello: Hello = self.request.hello
        body, status = site.body, 200
        if site.demands and not hello.is_browser:
            body, status = b"<title>Are you a browser?</title>", 403
        elif site.redirect:
            body, status = b"", 302
        site.statuses.append(status)
        site.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", str(site.redirect))
        is_page = status != 200 or self.path.endswith((".html", ".json"))
        self.send_header("Content-Type", "text/html" if is_page else "video/mp4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET  # noqa: N815 the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class _Connection(ssl.SSLSocket):
    hello: Hello


class _Server(http.server.ThreadingHTTPServer):
    site: BrowserSite
    context: ssl.SSLContext
    daemon_threads = True

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's thread: the hello is read before the handshake consumes it."""
        request.settimeout(_SECONDS)
        try:
            hello = _peek_hello(request)
            self.site.hellos.append(hello)
            connection = self.context.wrap_socket(request, server_side=True)
        except (OSError, struct.error, IndexError):
            return
        connection.hello = hello  # type: ignore[attr-defined]
        with connection:
            super().finish_request(connection, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may go away."""


def _certificate(folder: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "browser site")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), secrets.randbits(64), now, now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "site.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "authority.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def browser_site(body: bytes) -> Iterator[BrowserSite]:
    """A site that answers every path with `body`: as a film, or as a page where the path says so."""
    with tempfile.TemporaryDirectory() as folder:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(Path(folder)))
        with _Server(("127.0.0.1", 0), _Handler) as server:
            server.context = context
            server.site = BrowserSite(server.server_address[1], Path(folder) / "authority.pem", body)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            yield server.site
            server.shutdown()
            thread.join()
