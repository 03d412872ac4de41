"""Signed addresses of the bucket: what is signed is accepted until it expires, and nothing else is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from botocore import auth
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from dlambda.aws.presigned import check_signature, sign
from dlambda.deployment import current
from dlambda.errors import Forbidden
from tests.stack import environment

HOST = "media.example:8080"
NAMES = ["a.mp4", "a b#c%d+e&f=g.mp4", "película 日本語.mkv", "~'()*!,;:@$.mp4"]


@pytest.fixture(autouse=True)
def keys() -> Iterator[None]:
    """The key pair of a deployment."""
    pair = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
    with environment(pair):
        yield


def signed(name: str = "a.mp4", method: str = "GET", **answer: str) -> tuple[bytes, bytes]:
    """Path and query of a signed address that is good for an hour. `answer`: headers that it names."""
    parameters = [(f"response-{header.replace('_', '-')}", text) for header, text in answer.items()]
    parts = urlsplit(sign(method, f"http://{HOST}/dlambda/files/{quote(name)}", 3600, parameters))
    return parts.path.encode(), parts.query.encode()


def now() -> float:
    return current().clock.time()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_signed_is_accepted(name: str) -> None:
    parts = signed(name, content_disposition=f"inline; filename={name}")
    parameters = dict(check_signature("GET", HOST, *parts, now()))
    assert parameters["response-content-disposition"] == f"inline; filename={name}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("token", [None, "session/token=="])
def test_it_is_signed_as_by_the_library(name: str, token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    address = f"http://{HOST}/dlambda/files/{quote(name)}"
    signed_url = sign("GET", address, 3600, [("response-content-disposition", name)])
    date = dict(parse_qsl(urlsplit(signed_url).query))["X-Amz-Date"]
    url = f"{address}?response-content-disposition={quote(name, safe='')}"
    request = AWSRequest("GET", url, headers={"host": HOST})
    signer = S3SigV4QueryAuth(Credentials("AKIAEXAMPLE", "secret", token), "s3", "us-east-1", expires=3600)
    moment = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    monkeypatch.setattr(auth, "get_current_datetime", lambda: moment)
    signer.add_auth(request)
    assert signed_url == request.url


def test_however_it_is_escaped() -> None:
    path, query = signed("~'(a).mp4")
    others = (path.replace(b"~", b"%7e").replace(b"%28", b"("), query.replace(b"%2F", b"/"))
    assert others != (path, query)
    check_signature("GET", HOST, *others, now())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"video", b"text"),
        (b"&X-Amz-Expires=3600", b"&X-Amz-Expires=9999"),
        (b"&X-Amz-Expires=3600", b""),
        (b"AKIAEXAMPLE", b"AKIAOTHER"),
        (b"host", b"host%3Brange"),
        (b"X-Amz-Signature=", b"X-Amz-Signature=0"),
        (b"X-Amz-Signature=", b"x-amz-signature="),
        (b"response-content-type", b"response-expires=0&response-content-type"),
        (b"X-Amz-Algorithm=AWS4-HMAC-SHA256", b"X-Amz-Algorithm=none"),
    ],
)
def test_nothing_that_was_changed(old: bytes, new: bytes) -> None:
    path, query = signed(content_type="video/mp4")
    assert old in query
    with pytest.raises(Forbidden, match="Access denied"):
        check_signature("GET", HOST, path, query.replace(old, new), now())


def test_no_other_file_host_or_method() -> None:
    path, query = signed()
    for method, host, place in (
        ("HEAD", HOST, path),
        ("GET", "other.example", path),
        ("GET", HOST, path.replace(b"a.mp4", b"b.mp4")),
        ("GET", "[", path),
    ):
        with pytest.raises(Forbidden):
            check_signature(method, host, place, query, now())


@pytest.mark.parametrize(
    "query", [b"", b"X-Amz-Signature=a", b"X-Amz-Signature=&X-Amz-Date=", b"\xff=\xff", b"a=b" * 99]
)
def test_nothing_without_a_signature(query: bytes) -> None:
    with pytest.raises(Forbidden, match="Access denied"):
        check_signature("GET", HOST, b"/dlambda/files/a.mp4", query, now())


def test_it_expires() -> None:
    path, query = signed()
    check_signature("GET", HOST, path, query, now() + 3590)
    with pytest.raises(Forbidden, match="has expired"):
        check_signature("GET", HOST, path, query, now() + 3610)
    with pytest.raises(Forbidden, match="Access denied"):
        check_signature("GET", HOST, path, query, now() - 3600)
