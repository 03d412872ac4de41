"""Which hosts of requests are this service's own: docs/contract/system.md 3."""

import pytest

from dlambda.domain.web.hosts import Authority, is_loopback, is_own_host, read_authority

NAMES = frozenset({"media.example", "192.168.1.5"})


@pytest.mark.parametrize(
    ("text", "authority"),
    [
        ("localhost", Authority("localhost", None)), ("LocalHost:80", Authority("localhost", 80)),
        ("media.example.:8080", Authority("media.example", 8080)), ("127.0.0.1:1", Authority("127.0.0.1", 1)),
        ("[::1]:8080", Authority("::1", 8080)), ("[::FFFF:127.0.0.1]", Authority("::ffff:127.0.0.1", None)),
        ("", None), (":80", None), ("a:b", None), ("a:", None), ("a:123456", None), ("a b", None), ("a,b", None),
        ("user@localhost", None), ("localhost/x", None), ("::1", None), ("[localhost]", None), ("[127.0.0.1]", None),
        ("local%68ost", None), ("http://localhost", None), ("localhost\0", None), ("l\u00f6calhost", None), ("a" * 256, None), ("[" + "1" * 61 + "]", None),
    ],
)  # fmt: skip
def test_an_authority(text: str, authority: Authority | None) -> None:
    assert read_authority(text) == authority


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.255.255.254", "::1", "[::1]", "::ffff:127.0.0.1", "localhost", "LOCALHOST", "a.localhost"],
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "128.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost.evil.example", "notlocalhost",
             "127.0.0.1.evil.example", "localhosts", "::ffff:10.0.0.1"]
)  # fmt: skip
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "text", ["localhost:8080", "LOCALHOST", "localhost.", "a.b.localhost:1", "127.0.0.1:9", "127.8.8.8", "[::1]:8080",
             "media.example", "MEDIA.EXAMPLE:443", "media.example.", "192.168.1.5:8080"]
)  # fmt: skip
def test_own_hosts(text: str) -> None:
    assert is_own_host(text, NAMES, any_address=False)


@pytest.mark.parametrize(
    "text", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "sub.media.example", "media.example.evil",
             "xmedia.example", "media.example..", "", "a,localhost", "localhost,evil.example", "evil.example#localhost",
             "evil.example@localhost", "10.0.0.1", "0.0.0.0", "[::]", "[fe80::1]", "2130706433", "127.1"]
)  # fmt: skip
def test_hosts_of_others(text: str) -> None:
    assert not is_own_host(text, NAMES, any_address=False)


@pytest.mark.parametrize(("text", "own"), [
    ("10.0.0.1:8080", True), ("[fd00::1]:8080", True), ("0.0.0.0", True), ("nas.local", False), ("10.0.0.1.evil.example", False),
])  # fmt: skip
def test_any_address_is_no_name(text: str, own: bool) -> None:
    assert is_own_host(text, NAMES, any_address=True) is own
