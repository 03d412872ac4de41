"""Who a request comes from, behind proxies."""

from ipaddress import ip_network

import pytest

from dlambda.domain.web.clients import client_address, counted_as

PROXIES = tuple(ip_network(text) for text in ("127.0.0.1/32", "10.0.0.0/8", "fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),  # nobody's proxy
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),  # the first was invented by the client
        ("127.0.0.1", "198.51.100.1, 10.1.1.1", "198.51.100.1"),  # two proxies of ours
        ("127.0.0.1", "198.51.100.1,10.1.1.1 , 10.2.2.2", "198.51.100.1"),
        ("127.0.0.1", "10.3.3.3, 10.1.1.1", "10.3.3.3"),
        ("127.0.0.1", "198.51.100.1:5678", "198.51.100.1"),
        ("127.0.0.1", "[2001:db8::1]:5678", "2001:db8::1"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"),
        ("127.0.0.1", "nonsense\nWARNING", "127.0.0.1"),
        ("127.0.0.1", ",", "127.0.0.1"),
        ("127.0.0.2", "198.51.100.1", "127.0.0.2"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", ""),
        ("unix:", "198.51.100.1", "unix:"),
    ],
)
def test_forwarded_addresses_count_from_trusted_proxies_alone(peer: str, forwarded: str, client: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == client
    assert client_address(peer, forwarded, ()) == peer


def test_an_ipv6_client_is_counted_with_its_network() -> None:
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff:1") != counted_as("2001:db8:0:1::1")
    assert counted_as("192.0.2.1") == counted_as("::ffff:192.0.2.1") != counted_as("192.0.2.2")
    assert counted_as("") == ""
