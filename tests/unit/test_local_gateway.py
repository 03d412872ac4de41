"""The gateway's decisions that need no engine."""

import pytest

from local.gateway.functions import Router
from local.gateway.media import _is_plain, _is_signed
from local.gateway.media_engine import _etag, _headers
from local.gateway.media_headers import named_by_url
from local.gateway.ranges import read_ranges
from local.gateway.upstream import Upstream
from local.template import Function, Route

HISTORY = Function("HistoryFunction", "endpoints.history.main", "lambda_handler", 29)
SYSTEM = Function("SystemFunction", "endpoints.system.main", "lambda_handler", 29)
ROUTER = Router(
    [
        Route("ANY", "/api/history", greedy=False, function=HISTORY),
        Route("ANY", "/api/history", greedy=True, function=HISTORY),
        Route("GET", "/api/ping", greedy=False, function=SYSTEM),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "function"),
    [
        ("GET", "/api/history", HISTORY),
        ("POST", "/api/history/", HISTORY),
        ("GET", "/api/history/a/b", HISTORY),
        ("GET", "/api/ping", SYSTEM),
        ("GET", "/api/ping/", SYSTEM),
        ("POST", "/api/ping", None),
        ("GET", "/api/historyx", None),
        ("GET", "/api", None),
        ("GET", "/", None),
    ],
)
def test_a_path_leads_to_its_function(method, path, function):
    assert ROUTER.find(method, path) == function


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        (b"/dlambda/files/a.mp4", True),
        (b"/dlambda/files/a%20b%23%25.mp4", True),
        (b"/dlambda/files/..a..", True),
        (b"/dlambda", False),
        (b"/dlambda/", False),
        (b"/dlambda//files/a", False),
        (b"/dlambda/../other/a", False),
        (b"/dlambda/%2e%2e/other/a", False),
        (b"/dlambda/%2E./other/a", False),
        (b"/dlambda/files%2f..%2f..%2fother/a", False),
        (b"/dlambda/files/.", False),
        (b"/dlambda/files/a%00", False),
        (b"/other/a", False),
        (b"/dlambdax/a", False),
    ],
)
def test_only_plain_paths_reach_the_bucket(path, plain):
    assert _is_plain(path, b"/dlambda/") is plain


def test_an_unsigned_query_is_known():
    assert _is_signed(b"X-Amz-Credential=a&X-Amz-Signature=b")
    assert not _is_signed(b"AWSAccessKeyId=a&Signature=b")
    assert not _is_signed(b"")


def test_the_etag_is_the_same_for_a_part_and_the_whole():
    whole = {b"content-length": b"10", b"last-modified": b"now"}
    part = {b"content-length": b"2", b"content-range": b"bytes 0-1/10", b"last-modified": b"now"}
    assert _etag(whole) == _etag(part)
    assert _etag(whole) != _etag(whole | {b"last-modified": b"later"})


def test_the_url_names_headers_but_no_line_breaks():
    assert named_by_url([("response-content-type", "video/mp4")]) == {b"content-type": b"video/mp4"}
    assert named_by_url([("response-content-type", "a\r\nb:c"), ("content-type", "a"), ("response-date", "b")]) == {}


@pytest.mark.parametrize(
    ("asked", "ranges"),
    [
        (b"bytes=0-0", [(0, 1)]),
        (b"Bytes = 5-", [(5, 10)]),
        (b"bytes=-3", [(7, 10)]),
        (b"bytes=-30", [(0, 10)]),
        (b"bytes=8-99", [(8, 10)]),
        (b"bytes=0-1,4-5", [(0, 2), (4, 6)]),
        (b"bytes=-2, 0-0", [(8, 10), (0, 1)]),
        (b"bytes=0-1,20-30", [(0, 2)]),
        (b"bytes=10-", []),
        (b"bytes=-0", []),
        (b"bytes=20-30,40-", []),
        (b"bytes=5-2", None),
        (b"bytes=0-1-2", None),
        (b"bytes=x-y", None),
        (b"bytes=", None),
        (b"bytes=-", None),
        (b"lines=1-2", None),
        (b"rubbish", None),
        (b"bytes=0-9,0-9", None),
        (b"bytes=" + b",".join([b"0-0"] * 17), None),
        (b"bytes=" + b"9" * 30 + b"-", None),
    ],
)
def test_a_range_is_read(asked, ranges):
    assert read_ranges(asked, 10) == ranges


@pytest.mark.parametrize(
    ("kind", "sandboxed"),
    [
        (b"video/mp4", False),
        (b"audio/ogg", False),
        (b"image/jpeg", False),
        (b"application/pdf", False),
        (b"text/html", True),
        (b"TEXT/HTML; charset=utf-8", True),
        (b"application/xhtml+xml", True),
        (b"image/svg+xml", True),
        (b"image/svg+xml; charset=utf-8", True),
        (b"text/xml", True),
        (b"message/rfc822", True),
        (b"multipart/related", True),
        (b"text/javascript", True),
        (b"text/plain", True),
        (b"application/octet-stream", True),
        (b"x/video/mp4", True),
        (b"", True),
    ],
)
def test_only_media_and_pictures_are_served_without_a_sandbox(kind, sandboxed):
    headers = dict(_headers(Upstream(None, 200, {b"content-type": kind}, b""), b""))
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert (b"content-security-policy" in headers) is sandboxed
