"""Request items: docs/contract/downloads.md 2.1, 9."""

from typing import Any

import pytest

from dlambda.domain.items.request import Request, read_request
from dlambda.domain.secrets.mask import MASK
from dlambda.errors import Invalid, Required

URL = "https://video.example/1"


def test_a_full_body_is_kept() -> None:
    body: dict[str, Any] = {"url": URL, "preset": "p", "folder": "a/b", "cookies": "# none", "template": "%(id)s", "cli": "--write-subs",
            "auto_start": False, "extras": {"k": 1}, "requeued": True}  # fmt: skip
    assert read_request(body) == Request(**body)


def test_defaults() -> None:
    assert read_request({"url": URL}) == Request(URL, "", "", "", "", "", True, {}, False)


@pytest.mark.parametrize("body", [{}, {"url": ""}, {"url": " "}, {"url": None}, {"url": 5}, {"url": ["x"]}])
def test_without_url(body: dict[str, Any]) -> None:
    with pytest.raises(Required) as error:
        read_request(body)
    assert error.value.message == "url param is required."
    assert error.value.extra["data"] == body


@pytest.mark.parametrize("body", [None, 5, "x", [], True])
def test_what_is_no_object(body: Any) -> None:
    with pytest.raises(Invalid) as error:
        read_request(body)
    assert error.value.extra["data"] == body


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        (" -_aZ09-_aZ0 ", "https://www.youtube.com/watch?v=-_aZ09-_aZ0"),
        (f"\n{URL}\t", URL),
    ],
)
def test_urls(given: str, url: str) -> None:
    assert read_request({"url": given}).url == url


@pytest.mark.parametrize("given", ["dQw4w9WgXc", "dQw4w9WgXcQQ", "dQw4w9WgX.Q", "//x.example", "javascript:alert(1)"])
def test_what_is_no_url(given: str) -> None:
    with pytest.raises(Invalid):
        read_request({"url": given})


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("auto_start", True, True), ("auto_start", 1, True), ("auto_start", "no", True), ("auto_start", False, False),
        ("requeued", 1, False), ("requeued", "true", False), ("extras", [1], {}), ("extras", None, {}),
        ("folder", 1, ""), ("folder", None, ""), ("template", {}, ""), ("cookies", 5, ""), ("preset", 5, ""),
        ("preset", " p ", "p"), ("cli", "x", ""), ("cli", "-w", "-w"), ("cli", "  ", ""), ("cli", 5, ""), ("cli", " -xk ", "-xk"),
    ],
)  # fmt: skip
def test_fields_of_another_type_are_ignored(field: str, value: Any, kept: bool | dict[str, Any] | str) -> None:
    assert getattr(read_request({"url": URL, field: value}), field) == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [("folder", "../x"), ("folder", "a/../../x"), ("folder", "a\0"), ("template", "../%(id)s"), ("template", "/x"),
     ("cli", "--exec ls"), ("cli", "--nonsense"), ("extras", {"k": "x" * 50_000}), ("cookies", "x" * 300_000)],
)  # fmt: skip
def test_what_is_refused_names_the_element(field: str, value: str | dict[str, str]) -> None:
    body = {"url": URL, field: value}
    with pytest.raises(Invalid) as error:
        read_request(body)
    assert error.value.extra["data"] == body


def test_secrets_are_not_in_the_text_of_a_request() -> None:
    assert "hush" not in repr(read_request({"url": URL, "cookies": "# hush"}))


@pytest.mark.parametrize(
    ("cookies", "reason"),
    [("garbage", "Line 1 cannot be read"), ("# none\n[x", "Line 2 cannot be read"), ('[{"name": "sid"}]', "not JSON")],
)
def test_unreadable_cookies_are_refused(cookies: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as error:
        read_request({"url": URL, "cookies": cookies})
    assert error.value.extra["data"]["cookies"] == cookies
    assert read_request({"url": URL, "cookies": MASK}).cookies == MASK
