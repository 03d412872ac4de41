"""Conditional requests: which headers of a client say that it has the newest version (RFC 9110 13)."""

from typing import TYPE_CHECKING

import flask
import pytest

from dlambda.entry.conditional import not_modified
from local.gateway.media_headers import is_unchanged as gateway_decides

if TYPE_CHECKING:
    from local.gateway.asgi import Scope

TIME, EARLIER, LATER = (f"Fri, 13 Feb 2009 {hour}:31:30 GMT" for hour in (22, 21, 23))
ETAG = '"abc"'
CASES = [
    ({}, False),
    ({"If-None-Match": ETAG}, True),
    ({"If-None-Match": f"W/{ETAG}"}, True),
    ({"If-None-Match": f'"other", {ETAG}'}, True),
    ({"If-None-Match": "*"}, True),
    ({"If-None-Match": '"other"'}, False),
    ({"If-None-Match": '"other"', "If-Modified-Since": LATER}, False),
    ({"If-None-Match": ETAG, "If-Modified-Since": EARLIER}, True),
    ({"If-Modified-Since": TIME}, True),
    ({"If-Modified-Since": LATER}, True),
    ({"If-Modified-Since": EARLIER}, False),
    ({"If-Modified-Since": "rubbish"}, False),
    ({"If-Modified-Since": "99999999999999999999"}, False),
    ({"If-Match": '"other"'}, False),
    ({"Range": "bytes=0-1", "If-Range": ETAG}, False),
]


@pytest.mark.parametrize(("sent", "is_unchanged"), CASES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_function_answers_304_for_what_the_client_has(sent: dict[str, str], is_unchanged: bool, method: str) -> None:
    with flask.Flask("test").test_request_context("/", method=method, headers=sent):
        response = not_modified({"ETag": ETAG, "Last-Modified": TIME, "Cache-Control": "public"})
    assert (response is not None) == is_unchanged
    if response:
        assert (response.status_code, response.headers["ETag"], response.data) == (304, ETAG, b"")
        assert response.headers["Cache-Control"] == "public"


@pytest.mark.parametrize("etag", [None, ETAG])
def test_without_an_etag_of_ours_the_time_decides(etag: str | None) -> None:
    sent = {"If-None-Match": etag or "*", "If-Modified-Since": TIME}
    with flask.Flask("test").test_request_context("/", headers=sent):
        assert not_modified({"Last-Modified": TIME}) is not None


@pytest.mark.parametrize(("sent", "is_unchanged"), CASES)
def test_the_gateway_decides_alike(sent: dict[str, str], is_unchanged: bool) -> None:
    scope: Scope = {"headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()]}
    assert gateway_decides(scope, ETAG.encode(), TIME.encode()) == is_unchanged
