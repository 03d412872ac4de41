"""Requests with a browser's handshake, behind the address guard (docs/decisions/impersonation.md)."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from yt_dlp.networking.impersonate import ImpersonateTarget

from dlambda.domain.items.failure import FailureKind
from dlambda.domain.web.urls import INTERNAL_TEXT
from dlambda.errors import Invalid
from dlambda.media.outgoing.request import FetchFailed, Request
from dlambda.media.workers.browser_fetch import fetch_as_browser
from dlambda.media.workers.extract import extract
from dlambda.media.workers.warm_process import warm_processes
from dlambda.media.workers.ytdlp_queries import list_browsers
from dlambda.media.ytdlp.curl_library import MISSING_TEXT
from dlambda.media.ytdlp.wording import plain
from tests.browser_site import BrowserSite, browser_site
from tests.media.conftest import Start, finish
from tests.media.servers import SocksHandler, serving
from tests.media.test_relay import NotingHandler
from tests.origin import Origin

CHROME: Mapping[str, Any] = {"impersonate": ImpersonateTarget("chrome"), "nocheckcertificate": True}
PLAIN: Mapping[str, Any] = {"nocheckcertificate": True}


@pytest.fixture
def site(origin: Origin) -> Iterator[BrowserSite]:
    with browser_site(origin.media("clip.mp4").read_bytes()) as running:
        yield running


def test_a_site_that_wants_a_browser_serves_one(site: BrowserSite, start: Start) -> None:
    refused = finish(start(site.url("/film.mp4"), params=dict(PLAIN)))
    assert refused.failure is not None
    assert "403" in str(refused.error)
    assert finish(start(site.url("/film.mp4"), params=dict(CHROME), item_id="second")).ok
    assert not site.hellos[0].is_browser
    assert site.hellos[-1].is_browser


def test_a_page_is_read_as_a_browser_does(site: BrowserSite, service: object) -> None:
    assert extract(site.url("/film.mp4"), PLAIN, allow_internal=True).info is None
    extraction = extract(site.url("/film.mp4"), CHROME, allow_internal=True)
    assert extraction.info is not None
    assert "Chrome/" in site.requests[-1][1]["user-agent"]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"])
def test_no_internal_address_is_reached(site: BrowserSite, service: object, scheme: str, host: str) -> None:
    extraction = extract(f"{scheme}://{host}:{site.port}/film.mp4", CHROME)
    assert INTERNAL_TEXT in str(extraction.error)
    assert extraction.failure is not None
    assert extraction.failure.kind is FailureKind.INTERNAL
    assert site.hellos == []


def test_a_proxy_is_used_behind_the_relay(site: BrowserSite, service: object) -> None:
    with serving(SocksHandler) as socks:
        params = {**CHROME, "proxy": f"socks5h://127.0.0.1:{socks.server_address[1]}"}
        assert extract(site.url("/film.mp4"), params, allow_internal=True).info is not None
    assert site.hellos[-1].is_browser
    with serving(NotingHandler) as proxy:
        params = {**CHROME, "proxy": f"http://one:two@127.0.0.1:{proxy.server_address[1]}"}
        assert extract(site.url("/film.mp4"), params, allow_internal=True).info is None
        head = proxy.asked[0].decode()
    assert head.startswith(f"CONNECT 127.0.0.1:{site.port} ")
    assert "Proxy-Authorization: Basic b25lOnR3bw==" in head


BEHIND = """
import os, sys
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
from dlambda.media.workers.child.downloader import Downloader, build_params
from dlambda.media.workers.child import egress
from yt_dlp.networking import Request
from yt_dlp.networking.impersonate import ImpersonateTarget
reached = []
def refuse(host, port):
    reached.append(host)
    raise PermissionError
egress.relay()._connect = refuse
params = build_params({"nocheckcertificate": True, "impersonate": ImpersonateTarget("chrome"), "quiet": True}, {})
with Downloader(params) as ydl:
    for proxies in ({}, {"no": "*"}, {"no": "*", "all": "http://127.0.0.1:9"}, {"https": None}):
        try:
            ydl.urlopen(Request(sys.argv[1], proxies=proxies)).read()
            print("passed by", proxies)
        except Exception as error:
            print(error)
print(reached)
"""


def test_neither_the_environment_nor_a_request_passes_by_the_relay(site: BrowserSite) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEHIND, site.url("/film.mp4")], capture_output=True, text=True, check=True
    )
    *answers, reached = done.stdout.strip().splitlines()
    assert answers == [INTERNAL_TEXT] * 4
    assert reached == "['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1']"
    assert site.hellos == []


LOADED = """
import sys
from dlambda.media.ytdlp.options import parse_options
from dlambda.media.ytdlp import curl_library
parse_options("--impersonate chrome")
assert sys.modules["curl_cffi"] is None and "yt_dlp" in sys.modules
print(curl_library.load().__name__)
"""


def test_reading_options_does_not_load_the_library() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "curl_cffi"


@pytest.fixture
def trusted(site: BrowserSite, service: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrowserSite]:
    """The site, whose authority the operator's `SSL_CERT_FILE` names."""
    monkeypatch.setenv("SSL_CERT_FILE", str(site.authority))
    warm_processes().close()  # a new one has the new environment
    yield site
    warm_processes().close()


def test_an_authority_of_the_operator_counts(trusted: BrowserSite) -> None:
    url = trusted.url("/film.mp4")
    assert extract(url, {"impersonate": ImpersonateTarget("chrome")}, allow_internal=True).info is not None
    trusted.demands = False
    assert extract(url, {}, allow_internal=True).info is not None


def test_the_page_of_a_definition_is_fetched_as_a_browser_does(trusted: BrowserSite) -> None:
    trusted.body = b"<a href=/film.mp4>A film</a>"
    asked = Request(trusted.url("/page.html"), headers={"X-Own": "1"}, browser="chrome", timeout_seconds=60)
    answer = fetch_as_browser(asked, allow_internal=True)
    assert (answer.status, answer.body, answer.content_type) == (200, trusted.body, "text/html")
    sent = trusted.requests[-1][1]
    assert (sent["x-own"], "Chrome/" in sent["user-agent"], "sec-ch-ua" in sent) == ("1", True, True)
    plain_request = replace(asked, browser="chrome120", sends_browser_headers=False)
    assert fetch_as_browser(plain_request, allow_internal=True).status == 200
    assert "sec-ch-ua" not in trusted.requests[-1][1]
    with pytest.raises(FetchFailed, match="The answer is larger than 8 bytes"):
        fetch_as_browser(replace(asked, limit_bytes=8), allow_internal=True)
    with pytest.raises(FetchFailed, match="The browser 'lynx' cannot be imitated"):
        fetch_as_browser(replace(asked, browser="lynx"), allow_internal=True)
    with pytest.raises(Invalid, match="internal urls"):
        fetch_as_browser(asked)
    trusted.demands, trusted.redirect = False, f"http://127.0.0.1:{trusted.port}/inside"
    with pytest.raises(Invalid, match="internal urls"):
        fetch_as_browser(asked)


def test_the_usual_browsers_come_first(service: object) -> None:
    assert list_browsers()[:2] == ["chrome", "safari"]
    assert "chrome120" in list_browsers()


_UNKNOWN = (
    'Impersonate target "chrome-1" is not available. Use --list-impersonate-targets to see available targets. '
    "You may be missing dependencies required to support this target."
)
_MISSING = (
    "The extractor specified to use impersonation for this download, but no impersonate target is available. "
    "If you encounter errors, then see  https://github.com/yt-dlp/yt-dlp#impersonation  for information on "
    "installing the required dependencies"
)
_CLOUDFLARE = (
    "[generic] Got HTTP Error 403 caused by Cloudflare anti-bot challenge; try again with  "
    '--extractor-args "generic:impersonate"'
)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (_UNKNOWN, 'The browser "chrome-1" cannot be imitated.'),
        (_MISSING, f"The site asks for a browser. {MISSING_TEXT}"),
        (
            _CLOUDFLARE,
            "[generic] HTTP Error 403: the site wants a browser's handshake (Cloudflare anti-bot challenge).",
        ),
    ],
)
def test_words_for_people(said: str, words: str) -> None:
    assert plain(said) == words
