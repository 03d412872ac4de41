"""Addresses of users (docs/contract/system.md 8, downloads.md 2.1)."""

from urllib.parse import urlsplit

import pytest

from dlambda.domain.web.urls import check_syntax, is_internal, item_url
from dlambda.errors import Invalid


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("  a-b_c-d_e-f  ", "https://www.youtube.com/watch?v=a-b_c-d_e-f"),
        ("https://a.example/x", "https://a.example/x"),
        ("tooshort", "tooshort"),
        ("elevenchars!", "elevenchars!"),
        ("has a blank", "has a blank"),
    ],
)
def test_a_bare_id_is_a_video(value: str, url: str) -> None:
    assert item_url(value) == url


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "URL is required."),
        ("http://[::1", "Invalid URL."),
        ("http://a.example/1.mp4\nhttp://a.example/2.mp4", "Invalid URL."),
        ("http://a.example/1.mp4\r\nhttp://a.example/2.mp4", "Invalid URL."),
        ("http://a.example/1.mp4\tx", "Invalid URL."),
        ("http://a.example/\0", "Invalid URL."),
        ("ht\ntp://a.example/", "Invalid URL."),
        ("http://a.example/\x7f", "Invalid URL."),
        ("http://a.example/\x85x", "Invalid URL."),
        ("http://a.example/1\u2028http", "Invalid URL."),
        ("http://a.example/1 http://a.example/2", "Invalid URL."),
        ("http://a.example/1  HTTPS://a.example/2", "Invalid URL."),
        ("http://a.example/1\u00a0ftp://a.example/2", "Invalid URL."),
        ("ftp://a.example/x", "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ("file:///etc/passwd", "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ("no url", "Invalid scheme usage. Only HTTP or HTTPS allowed."),
        ("http:///x", "Invalid hostname."),
    ],
)
def test_a_wrong_url_says_why(url: str, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_syntax(url)
    assert caught.value.message == text


@pytest.mark.parametrize(
    "url",
    [
        " http://a.example/1.mp4\r\n",
        "http://a.example/my film.mp4",
        "http://a.example/?next=http://b.example/",
        "https://web.archive.example/web/1/http://b.example/x",
        "http://a.example/http in a name.mp4",
        "http://a.example/ü\u200b.mp4",
    ],
)
def test_one_address_may_hold_much(url: str) -> None:
    assert check_syntax(url) == urlsplit(url.strip()).hostname


def test_the_host_is_answered_in_lower_case() -> None:
    assert check_syntax("https://User:pw@Video.Example:8443/x") == "video.example"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "198.18.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "192.0.2.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "2001:0:1::1", "2001:db8::1", "fec0::1", "ff02::1", "", "localhost", "a.example", "1.2.3", "0x7f.1",
    ],
)  # fmt: skip
def test_is_internal(address: str) -> None:
    assert is_internal(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "172.32.0.1", "192.167.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_is_public(address: str) -> None:
    assert not is_internal(address)
