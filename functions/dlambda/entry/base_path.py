"""The base path: all routes lie below the setting `base_path` (docs/contract/system.md 3)."""

import re
from collections.abc import Callable, Iterable
from typing import Any

_NOT_FOUND = b'{"error": "Not Found", "code": "NOT_FOUND"}'
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


_SLASHES = re.compile("/{2,}")


def single_slashes(path: str) -> str:
    """The path with one slash in place of several: clients put `/api` behind the final slash of a server's address."""
    return _SLASHES.sub("/", path)


class BasePath:
    """Hands what lies below the base path to the app; `/` leads to it, anything else is unknown.

    Slashes are folded first: the router would answer several with a redirect, which leads past the checks of what is
    asked for.
    """

    def __init__(self, app: Wsgi, base_path: str) -> None:
        self._app = app
        self._prefix = base_path.rstrip("/")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"] = single_slashes(environ.get("PATH_INFO", ""))
        if not self._prefix:
            return self._app(environ, start_response)
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + self._prefix
            environ["PATH_INFO"] = path.removeprefix(self._prefix) or "/"
            return self._app(environ, start_response)
        if path == "/":
            start_response("302 Found", [("Location", f"{self._prefix}/"), ("Content-Length", "0")])
            return []
        start_response(
            "404 Not Found", [("Content-Type", "application/json"), ("Content-Length", str(len(_NOT_FOUND)))]
        )
        return [_NOT_FOUND]
