"""Inside a worker process: one request that looks like a browser's, behind the address guard."""

import base64
import json
from multiprocessing.connection import Connection
from typing import Any, Final

from dlambda.domain.web.urls import INTERNAL_TEXT
from dlambda.media.workers.child import programs
from dlambda.media.workers.child.egress import relay, relay_to
from dlambda.media.ytdlp import curl_library
from dlambda.media.ytdlp.worker_jobs import FetchJob

_MOST_REDIRECTS: Final = 10
_OPERATION_TIMED_OUT: Final = 28  # of libcurl: also when an answer comes too slowly


def _ask(job: FetchJob) -> dict[str, Any]:
    """`{"url", "status", "headers", "body"}`. Raises ImportError, and what the library raises."""
    library = curl_library.load()
    with library.requests.Session(trust_env=False) as session:
        response = session.request(
            job.method,
            job.url,
            headers=dict(job.headers),
            data=job.body,
            proxies={"all": relay_to(job.proxy or "")},
            impersonate=job.browser,
            default_headers=job.sends_own_headers,
            timeout=job.timeout_seconds,
            max_redirects=_MOST_REDIRECTS,
            stream=True,
        )
        body = bytearray()
        for block in response.iter_content():
            body += block
            if len(body) > job.limit_bytes:
                return {"error": f"The answer is larger than {job.limit_bytes} bytes"}
        headers = {name.lower(): value for name, value in response.headers.items() if value is not None}
        answer = {"url": response.url, "status": response.status_code, "headers": headers}
        return answer | {"body": base64.b64encode(body).decode()}


def _words(error: Exception) -> str:
    """libcurl's reason without its function's name and where to read about it."""
    if getattr(error, "code", None) == _OPERATION_TIMED_OUT:
        return "Timed out"
    text = str(error).removeprefix("Failed to perform, ").partition(". See https://")[0]
    return text.rpartition(") ")[2] or type(error).__name__


def run(job: FetchJob, connection: Connection) -> None:
    """Sends the one answer, or `{"error": text}`."""
    programs.allow_only([])
    try:
        answer = _ask(job)
    except ImportError:
        answer = {"error": curl_library.MISSING_TEXT}
    except Exception as error:  # noqa: BLE001 the library's own, whose classes need it loaded
        answer = {"error": _words(error)}
    if relay().refusals:
        answer = {"internal": INTERNAL_TEXT}
    connection.send_bytes(json.dumps({"type": "answer", **answer}).encode())
