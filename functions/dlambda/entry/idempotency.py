"""`Idempotency-Key`: a POST that creates something and is sent again gets the first answer (contract README, Repeats).

The first request claims the key; its answer is kept for a day. An answer that holds a key of the key API is sealed.
"""

import base64
import hashlib
import re
from typing import Any

from flask import Response, g, request

from dlambda.deployment import current
from dlambda.errors import Conflict, Invalid
from dlambda.store import cache, sealing

_HEADER = "Idempotency-Key"
_KEPT_SECONDS = 24 * 3600.0
# Longer than any function runs: a request that was killed does not hold its key.
_CLAIM_SECONDS = 60.0
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
# A row has at most 400 kB; text in base64 is a third longer.
_MOST_BYTES = 200_000
_KEPT_HEADERS = ("Content-Type", "ETag", "Location", "X-Truncated")
CREATING = frozenset(
    {
        "/api/history", "/api/presets", "/api/conditions", "/api/dl_fields", "/api/notifications", "/api/tasks",
        "/api/tasks/definitions", "/api/file/download", "/create_key", "/get_video", "/get_audio", "/get_live_video",
        "/get_live_audio", "/get_info",
    }
)  # fmt: skip
_SEALED = frozenset({"/create_key"})
# A later request with the same key may succeed: these are not kept.
_PASSING = frozenset({401, 403, 408, 409, 429})


class KeyReused(Invalid):
    """The key came with another body before."""

    status = 422
    code = "IDEMPOTENCY_KEY_REUSED"


def replay() -> Response | None:
    """The first answer, for a repeat. Called once the caller is known.

    Raises `Invalid`, `KeyReused`, and `Conflict` while the first request is running.
    """
    key = request.headers.get(_HEADER)
    if key is None or request.method != "POST" or request.path.rstrip("/") not in CREATING:
        return None
    if not _KEY.fullmatch(key):
        raise Invalid(f"{_HEADER} must have 1 to 255 visible characters.")
    now, name = current().clock.time(), _name(key)
    body = hashlib.sha256(request.get_data(cache=True)).hexdigest()
    if cache.claim(name, now, _CLAIM_SECONDS):
        g.idempotency = (name, body)
        return None
    first = cache.find(name, now)
    if first is None:
        raise Conflict("A request with this Idempotency-Key is running.", headers={"Retry-After": "1"})
    if first["body"] != body:
        raise KeyReused("This Idempotency-Key was used for another request.")
    text = sealing.unseal(base64.b64decode(first["sealed"])) if "sealed" in first else first["text"]
    return Response(text, first["status"], {**first["headers"], "Idempotency-Replayed": "true"})


def keep(response: Response) -> Response:
    """Keeps the answer of a first request, or gives the key back when a repeat may fare better."""
    if g.get("idempotency") is None:
        return response
    (name, body), now = g.idempotency, current().clock.time()
    text = response.get_data(as_text=True)
    if response.status_code >= 500 or response.status_code in _PASSING or len(text) > _MOST_BYTES:
        cache.release(name)
        return response
    headers = {header: response.headers[header] for header in _KEPT_HEADERS if header in response.headers}
    first: dict[str, Any] = {"body": body, "status": response.status_code, "headers": headers}
    if request.path.rstrip("/") in _SEALED:
        first["sealed"] = base64.b64encode(sealing.seal(text)).decode()
    else:
        first["text"] = text
    cache.put(name, first, now + _KEPT_SECONDS)
    return response


def _name(key: str) -> str:
    """The row of a key: other callers and other paths may use the same one."""
    caller = [request.headers.get(name, "") for name in ("Authorization", "X-API-Key")] + [
        request.args.get("apikey", "")
    ]
    parts = "\n".join((*caller, request.path.rstrip("/"), request.query_string.decode("latin-1"), key))
    return f"idempotency:{hashlib.sha256(parts.encode()).hexdigest()}"
