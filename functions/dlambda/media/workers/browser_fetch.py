"""A request that looks like a browser's to the site, sent by a worker process (docs/contract/tasks.md 7.3)."""

import base64

from dlambda.errors import Invalid
from dlambda.media.outgoing.request import Answer, FetchFailed, Request
from dlambda.media.workers.worker import start_worker
from dlambda.media.workers.ytdlp_queries import list_browsers
from dlambda.media.ytdlp.worker_jobs import FetchJob

_SPARE_SECONDS = 5.0  # for the worker itself


def fetch_as_browser(request: Request, *, allow_internal: bool = False) -> Answer:
    """As `fetch`, with the handshake of `request.browser`. Raises `FetchFailed` or `Invalid`.

    A browser of a version that cannot be imitated is imitated in its newest one.
    """
    job = FetchJob(
        url=request.url,
        browser=_imitated(str(request.browser)),
        method=request.method,
        headers=request.headers,
        body=request.body,
        timeout_seconds=request.timeout_seconds,
        limit_bytes=request.limit_bytes,
        proxy=request.proxy,
        sends_own_headers=request.sends_browser_headers,
        allow_internal=allow_internal,
    )
    worker = start_worker(job)
    try:
        answer = worker.receive(request.timeout_seconds + _SPARE_SECONDS)
    finally:
        worker.kill()
    if answer is None:
        raise FetchFailed("Timed out")
    if "internal" in answer:
        raise Invalid(answer["internal"])
    if "error" in answer:
        raise FetchFailed(answer["error"])
    return Answer(answer["url"], int(answer["status"]), answer["headers"], base64.b64decode(answer["body"]))


def _imitated(name: str) -> str:
    """The name as the library has it. Raises `FetchFailed` for a browser that cannot be imitated."""
    names = list_browsers()
    name = name.lower()
    kind = next((prefix for prefix in names if name.startswith(prefix) and prefix.isalpha()), None)
    if not names or name in names:
        return name
    if kind is None:
        raise FetchFailed(f"The browser '{name}' cannot be imitated")
    return kind
