"""The provider of proofs of origin: the real plugin, loaded from the allow-list, and its server in the own network."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dlambda.domain.items.remedy import Remedy
from dlambda.media.workers.extract import extract
from dlambda.media.workers.own_services import with_aliases
from dlambda.media.ytdlp import plugins
from dlambda.media.ytdlp.remedied import changing_remedies, with_remedies
from dlambda.media.ytdlp.worker_jobs import DownloadJob, ExtractJob
from tests.origin import Origin

SITE = "youtube.com"


def _token(binding: str) -> str:
    return base64.urlsafe_b64encode(f"token-for-{binding}".encode()).decode()


class _Handler(BaseHTTPRequestHandler):
    """Speaks the protocol of the provider's server."""

    def do_GET(self) -> None:
        self._answer({"version": "2.0.2", "server_uptime": 1})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)  # type: ignore[attr-defined]
        self._answer({"poToken": _token(asked["content_binding"]), "expiresAt": "2030-01-01T00:00:00Z"})

    def _answer(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def provider() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url_of(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


ASK = """
import sys
from dlambda.media.ytdlp import plugins
from dlambda.media.workers.child.downloader import Downloader, build_params
from yt_dlp.extractor.youtube import YoutubeIE
from yt_dlp.extractor.youtube.pot._director import initialize_pot_director
from yt_dlp.extractor.youtube.pot._registry import _pot_providers
from yt_dlp.extractor.youtube.pot.provider import PoTokenContext, PoTokenRequest
plugins.load(["bgutil-ytdlp-pot-provider", "another-plugin"])
print(sorted(_pot_providers.value))
args = {plugins.POT_ARGUMENTS: {"base_url": [sys.argv[1]]}}
with Downloader(build_params({"extractor_args": args, "quiet": True}, {})) as ydl:
    extractor = YoutubeIE(ydl)
    director = initialize_pot_director(extractor)
    context = {"client": {"clientName": "WEB"}}
    request = PoTokenRequest(
        PoTokenContext.GVS, context, internal_client_name="web", visitor_data="visitor", video_id="film"
    )
    print(director.get_po_token(request))
"""


def test_the_real_plugin_gets_a_token_from_its_server(provider: ThreadingHTTPServer) -> None:
    environment = {**os.environ, "YTDLP_NO_PLUGINS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", ASK, url_of(provider)], capture_output=True, text=True, check=False, env=environment
    )
    registered, token = done.stdout.strip().splitlines()
    assert "BgUtilHTTP" in registered
    assert "BgUtilScript" not in registered
    assert token == _token("visitor")


def test_a_worker_gets_the_plugin_and_a_made_up_address_for_the_server(configure: Callable[..., None]) -> None:
    configure(pot_provider_url="http://10.0.0.5:4416")
    params = with_remedies({}, [Remedy.TOKEN], SITE, "http://10.0.0.5:4416")
    assert params["extractor_args"]["youtube"] == {"fetch_pot": ["always"]}
    job, aliases = with_aliases(DownloadJob(item_id="a", url="", params=params, workdir=Path("x")))
    assert isinstance(job, DownloadJob)
    [(address, host, port)] = aliases
    assert (host, port, job.plugins) == ("10.0.0.5", 4416, (plugins.POT_PROVIDER,))
    assert job.params["extractor_args"][plugins.POT_ARGUMENTS] == {"base_url": [f"http://{address}:4416"]}
    others = {"extractor_args": {plugins.POT_ARGUMENTS: {"base_url": ["http://10.0.0.6:4416"]}}}
    job, aliases = with_aliases(ExtractJob(url="", params=others, workdir=Path("x")))
    assert isinstance(job, ExtractJob)
    assert (job.plugins, aliases, job.params) == ((), (), others)


def test_plugins_load_in_the_sandbox(
    service: object, origin: Origin, provider: ThreadingHTTPServer, configure: Callable[..., None]
) -> None:
    configure(pot_provider_url=url_of(provider))
    params = with_remedies({}, [Remedy.TOKEN], SITE, url_of(provider))
    assert extract(origin.url("/clip-1.mp4"), params, allow_internal=True).error is None


def test_only_listed_versions_of_listed_plugins_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plugins.is_usable(plugins.POT_PROVIDER)
    assert not plugins.is_usable("pytest")
    listed = plugins.Plugin(frozenset({"1.0.0"}), "yt_dlp_plugins.extractor.getpot_bgutil_http")
    monkeypatch.setattr(plugins, "ALLOWED", {plugins.POT_PROVIDER: listed})
    assert not plugins.is_usable(plugins.POT_PROVIDER)


def test_the_remedy_is_there_where_it_changes_something() -> None:
    def offered(params: dict[str, Any], site: str, url: str) -> bool:
        return Remedy.TOKEN in changing_remedies(params, site, has_hls=False, is_live=False, pot_provider=url)

    assert offered({}, SITE, "http://10.0.0.5:4416")
    assert not offered({}, SITE, "")
    assert not offered({}, "example.com", "http://10.0.0.5:4416")
    assert not offered({"extractor_args": {plugins.POT_ARGUMENTS: {}}}, SITE, "http://10.0.0.5:4416")
