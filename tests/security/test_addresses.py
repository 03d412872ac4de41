"""Addresses of the private network, in every spelling, wherever a client may name an address."""

from urllib.parse import quote

import pytest

from tests.e2e.api import Api
from tests.e2e.service import Service
from tests.security.attempts import INTERNAL
from tests.security.lab import Lab
from tests.security.submission import Submission, submit_all

_SCHEME = "Invalid scheme usage. Only HTTP or HTTPS allowed."
_INSIDE = (
    "http://127.0.0.1:9999/x", "http://127.0.0.1/x", "http://localhost:9999/x", "http://LOCALHOST:9999/x",
    "http://localhost.:9999/x", "http://a.localhost:9999/x", "http://127.1:9999/x", "http://127.0.1:9999/x",
    "http://0:9999/x", "http://0.0.0.0:9999/x", "http://2130706433:9999/x", "http://017700000001:9999/x",
    "http://0177.0.0.1:9999/x", "http://0x7f.0.0.1:9999/x", "http://0x7f000001:9999/x", "http://127.255.255.254:9999/x",
    "http://[::1]:9998/x", "http://[::]:9998/x", "http://[0:0:0:0:0:0:0:1]:9998/x", "http://[::ffff:127.0.0.1]:9999/x",
    "http://[::ffff:7f00:1]:9999/x", "http://[::127.0.0.1]:9999/x", "http://[64:ff9b::7f00:1]:9999/x",
    "http://[64:ff9b:1::7f00:1]/x", "http://[2002:7f00:1::]:9999/x", "http://[2001::1]/x", "http://[fe80::1]/x",
    "http://[fec0::1]/x", "http://[ff02::1]/x", "http://[fd00:ec2::254]/x", "http://[fc00::1]/x",
    "http://10.1.2.3:9999/x", "http://172.16.0.1/x", "http://192.168.1.1/x", "http://100.64.0.1/x",
    "http://100.100.100.200/x", "http://168.63.129.16/x", "http://192.0.0.192/x", "http://198.18.0.1/x",
    "http://224.0.0.1/x", "http://240.0.0.1/x", "http://255.255.255.255/x", "http://192.88.99.1/x",
    "http://169.254.169.254/latest/meta-data/", "http://169.254.170.2/x", "http://2852039166/x",
    "http://0xa9fea9fe/x", "http://metadata.google.internal/x", "http://printer.local/x", "http://router.home.arpa/x",
    "http://①②⑦.⓪.⓪.①:9999/x", "http://１２７.０.０.１:9999/x", "http://127。0。0。1:9999/x",
    "http://127．0．0．1:9999/x", "http://127｡0｡0｡1:9999/x", "http://ⓛocalhost:9999/x",
    "http://private.test/x", "http://loopback.test:9999/x", "http://LOOPBACK.TEST:9999/x", "http://loopback.test.:9999/x",
    "http://mixed.test:9999/x", "http://mixed-late.test/x", "http://metadata.test/x", "http://zero.test:9999/x",
    "http://six-loopback.test:9998/x", "http://six-mapped.test:9999/x", "http://six-mixed.test:9998/x",
    "http://six-unique.test/x", "http://six-nat64.test/x", "http://shared.test/x", "http://broadcast.test/x",
    "http://multicast.test/x", "http://rb0-direct.test:9999/x",
    "http://user:word@127.0.0.1:9999/x", "http://pub.test@127.0.0.1:9999/x", "http://pub.test:80@127.0.0.1:9999/x",
    "http://pub.test%40127.0.0.1:9999/x", "http://[::1%25lo]:9998/x", "http://[fe80::1%25lo]/x",
    "  http://127.0.0.1:9999/x", "http://127.0.0.1:9999/x\t",
    "HtTp://127.0.0.1:9999/x", "hTTps://127.0.0.1/x", "http://127.0.0.1%00.pub.test/x", "http://127.0.0.1:9999#@pub.test/",
    "http://127.0.0.1:9999?@pub.test/", "http://%31%32%37.0.0.1:9999/x",
)  # fmt: skip
_NO_WEB_ADDRESS = (
    "file:///etc/passwd", "FILE:///etc/passwd", "file:/etc/passwd", "file://localhost/etc/passwd", "ftp://127.0.0.1/x",
    "ftp://pub.test/x", "data:text/html,x", "gopher://127.0.0.1:9999/_x", "concat:/etc/passwd|/etc/hosts",
    "subfile,,start,0,end,0,,:/etc/passwd", "javascript:alert(1)", "rtmp://pub.test/x", "rtsp://pub.test/x",
    "tcp://pub.test/x", "udp://pub.test/x", "dict://127.0.0.1/x", "ldap://127.0.0.1/x", "jar:http://127.0.0.1!/x",
    "tftp://127.0.0.1/x", "unix:/run/x", "pipe:0", "ytsearch:cats", "/etc/passwd", "//127.0.0.1:9999/x", "-x",
    "--exec=id", "view-source:http://127.0.0.1/", "hls+http://127.0.0.1/x",
)  # fmt: skip
_NO_HOST = (
    "http:127.0.0.1:9999/x", "https:/127.0.0.1/x", "http:///127.0.0.1/x", "http://", "http://:9999/x", "http://@/x",
    "http://127.0.0.1:99999/x", "http://127.0.0.1:x/", "http://127.0.0.1:-1/", "http://[::1/x", "http://::1/x",
    "http://nowhere.invalid/x", "http://" + "a" * 300 + ".test/x", "http://a..test/x", "http://\x00/x",
)  # fmt: skip


@pytest.fixture(scope="module")
def submission(lab: Lab, service: Service) -> Submission:
    """All of them, sent one by one."""
    with lab.inside():
        return submit_all(service.api, {url: {"url": url} for url in (*_INSIDE, *_NO_WEB_ADDRESS, *_NO_HOST)})


@pytest.mark.parametrize("url", _INSIDE)
def test_an_address_inside_is_not_added(submission: Submission, url: str) -> None:
    reply = submission.replies[url]
    assert reply.status == 400, reply.body
    assert reply.json()["error"] in (INTERNAL, "Invalid hostname.", "Invalid URL.")
    assert url.strip() not in submission.item_urls


@pytest.mark.parametrize("url", _NO_WEB_ADDRESS)
def test_what_is_no_web_address_is_not_added(submission: Submission, url: str) -> None:
    reply = submission.replies[url]
    assert (reply.status, reply.json()["error"]) == (400, _SCHEME)
    assert url not in submission.item_urls


@pytest.mark.parametrize("url", _NO_HOST)
def test_an_address_without_a_host_is_not_added(submission: Submission, url: str) -> None:
    reply = submission.replies[url]
    assert reply.status == 400
    assert reply.json()["error"] in (INTERNAL, "Invalid hostname.", "Invalid URL.")
    assert url not in submission.item_urls


_SPELLINGS = (
    "http://127.0.0.1:9999/x", "http://[::ffff:127.0.0.1]:9999/x", "http://0x7f.1:9999/x", "http://mixed.test/x",
    "http://169.254.169.254/x", "http://six-loopback.test:9998/x", "file:///etc/passwd", "http://localhost:9999/x",
)  # fmt: skip
_ROUTES = {
    "thumbnail": lambda api, url: api.get(f"/api/thumbnail?url={quote(url, safe='')}"),
    "information": lambda api, url: api.get(f"/api/yt-dlp/url/info?url={quote(url, safe='')}"),
    "archive id": lambda api, url: api.post("/api/yt-dlp/archive_id", [url]),
    "feed": lambda api, url: api.post("/api/tasks/inspect", {"url": url}),
    "condition": lambda api, url: api.post("/api/conditions/test", {"url": url, "condition": "duration>1"}),
    "bookmark": lambda api, url: api.get(f"/api/history/add?url={quote(url, safe='')}"),
}


@pytest.mark.parametrize("url", _SPELLINGS)
@pytest.mark.parametrize("route", _ROUTES)
def test_no_route_goes_inside(lab: Lab, api: Api, route: str, url: str) -> None:
    before = len(lab.decoys.all_hits())
    reply = _ROUTES[route](api, url)
    assert 400 <= reply.status < 500 or "error" in str(reply.json()).lower(), reply.body
    assert b"DECOYCONTENT" not in reply.body
    assert b"root:" not in reply.body
    assert lab.decoys.all_hits()[before:] == []


@pytest.mark.parametrize("url", _SPELLINGS)
@pytest.mark.parametrize("order", ["/get_video", "/get_audio", "/get_info", "/get_live_video", "/get_live_audio"])
def test_no_order_goes_inside(lab: Lab, api: Api, order: str, url: str) -> None:
    from tests.security.lab import ADMIN_KEY

    before = len(lab.decoys.all_hits())
    reply = api.post(order, {"url": url, "duration": 3}, headers={"X-API-Key": ADMIN_KEY})
    assert reply.status == 400, reply.body
    assert lab.decoys.all_hits()[before:] == []


def test_a_backslash_does_not_change_the_host(lab: Lab, api: Api) -> None:
    url = "http://127.0.0.1:9999\\@pub.test/x-backslash"
    if api.post("/api/history", {"url": url}).status == 200:
        api.wait_for(url)
    assert [hit for hit in lab.decoys.all_hits() if b"x-backslash" in hit.said] == []


def test_none_of_the_decoys_was_reached(lab: Lab) -> None:
    assert [hit for hit in lab.decoys.all_hits() if b"/x" in hit.said] == []
