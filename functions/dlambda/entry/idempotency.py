"""`Idempotency-Key`: a POST that creates something and is sent again gets the first answer (contract README, Repeats).

The first request claims the key; its answer is kept for a day. An answer that holds a key of the key API is sealed.
"""

import base64
import hashlib
import logging
import re
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, request

from dlambda.deployment import current
from dlambda.entry.principals import current_principal
from dlambda.errors import Conflict, Invalid
from dlambda.store import cache, sealing

log = logging.getLogger(__name__)

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
    if g.get("idempotency") is not None:
        try:
            _store(response, *g.idempotency)
        except Exception:  # last resort: what was created is there, and its answer must reach the client
            log.warning("The answer to a request with an idempotency key could not be stored", exc_info=True)
    return response


def _store(response: Response, name: str, body: str) -> None:
    """Writes the answer to the row `name`. `body`: the hash of the request's body."""
    text = response.get_data(as_text=True)
    if response.status_code >= 500 or response.status_code in _PASSING or len(text) > _MOST_BYTES:
        cache.release(name)
        return
    headers = {header: response.headers[header] for header in _KEPT_HEADERS if header in response.headers}
    first: dict[str, Any] = {"body": body, "status": response.status_code, "headers": headers}
    if request.path.rstrip("/") in _SEALED:
        first["sealed"] = base64.b64encode(sealing.seal(text)).decode()
    else:
        first["text"] = text
    cache.put(name, first, current().clock.time() + _KEPT_SECONDS)


def _name(key: str) -> str:
    """The row of a key: other accounts, other API keys and other addresses may use the same one.

    The password takes no part: all who know it are one caller, and no hash of it belongs into a table.
    """
    query = urlencode([(name, text) for name, text in request.args.items(multi=True) if name != "apikey"])
    caller = current_principal().account_id or request.headers.get("X-API-Key", "")
    parts = "\n".join((caller, request.path.rstrip("/"), query, key))
    return f"idempotency:{hashlib.sha256(parts.encode()).hexdigest()}"
