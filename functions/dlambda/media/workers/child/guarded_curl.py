"""Inside a worker process: yt-dlp's handler for requests that look like a browser's, behind the address guard.

libcurl connects by itself, where no hook of Python sees it. So it reaches the relay of this process and nothing else:
CONNECT is a tunnel, through which the site sees the browser's handshake, and the relay's connections are checked. The
kernel allows the process no other port. Importing this module loads the library; raises ImportError without it.
"""

from typing import Any

from dlambda.domain.web.urls import INTERNAL_TEXT
from dlambda.media.workers.child.egress import relay, relay_to
from dlambda.media.ytdlp import bounded, curl_library

curl_library.load()

from yt_dlp.networking import _curlcffi, common  # noqa: E402 needs the library
from yt_dlp.networking.exceptions import HTTPError, RequestError, TransportError  # noqa: E402
from yt_dlp.utils.networking import select_proxy  # noqa: E402


class GuardedCurlRH(_curlcffi.CurlCFFIRH):  # type: ignore[misc]
    """Sends every request to the relay, which goes on through the request's proxy."""

    def _get_proxies(self, request: Any) -> dict[str, str]:
        """The relay for all hosts, whatever the environment (`NO_PROXY`) or yt-dlp's key `no` say."""
        proxies = {key: proxy for key, proxy in super()._get_proxies(request).items() if key != "no"}
        return {"all": relay_to(select_proxy(request.url, proxies) or ""), "no": ""}

    def _check_proxies(self, proxies: Any) -> None:
        """Any kind of proxy may be asked for: libcurl sees the relay alone."""

    def _send(self, request: Any) -> Any:
        refusals = relay().refusals
        try:
            return super()._send(request)
        except (HTTPError, RequestError) as error:
            if relay().refusals > refusals:
                raise TransportError(INTERNAL_TEXT) from error
            raise


bounded.bound(_curlcffi.CurlCFFIResponseAdapter)
common._REQUEST_HANDLERS.pop("CurlCFFI", None)  # noqa: SLF001 the one that connects as it likes
common.register_rh(GuardedCurlRH)


def names() -> list[str]:
    """The browsers that can be imitated, as definitions name them: the newest of each kind first, by its kind alone."""
    versions = list(GuardedCurlRH._SUPPORTED_IMPERSONATE_TARGET_MAP.items())  # noqa: SLF001
    kinds = dict.fromkeys(str(target.client) for target, _ in versions)
    return [*kinds, *(str(name) for _, name in versions)]
