"""A group as a web server, for the Lambda Web Adapter: `python -m dlambda.entry.serve endpoints.system.main 8080`.

An instance answers one request at a time there, so the standard library's server is enough; it sends each piece of an
answer as it comes, and closes the answer when the client goes (docs/decisions/streams.md).
"""

import importlib
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """The application has an access log of its own."""


def main(module: str, port: int) -> None:
    """Serves the module's `app` on the loopback until the process ends."""
    app = importlib.import_module(module).app
    with make_server("127.0.0.1", port, app, server_class=_Server, handler_class=_Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
