"""The operator's pool of proxies."""

import pytest

from dlambda.domain.web.proxy_pool import choose_proxy, parse_proxies
from dlambda.errors import Invalid

TEXT = "http://me:word@10.0.0.2:3128 socks5h://vpn.example proxy.example:8080"


def test_a_setting_names_several() -> None:
    first, second, third = parse_proxies(TEXT)
    assert (first.host, first.port, second.host, second.port) == ("10.0.0.2", 3128, "vpn.example", 1080)
    assert third.url == "http://proxy.example:8080"
    assert first.at("240.1.2.3") == "http://me:word@240.1.2.3:3128"
    assert second.at("240.1.2.3") == "socks5h://240.1.2.3:1080"
    assert "word" not in repr(first) + first.id


@pytest.mark.parametrize(
    "text", ["ftp://10.0.0.3:21", "http://:word@", "http://[bad", "http://host:port", "http://a:99999"]
)
def test_what_is_none_is_refused_without_a_quote(text: str) -> None:
    with pytest.raises(Invalid, match="proxy 2 is none") as refusal:
        parse_proxies(f"http://a.example {text}")
    assert text not in refusal.value.message


def test_the_first_that_neither_rests_nor_was_tried() -> None:
    pool = parse_proxies(TEXT)
    first, second, third = pool
    assert choose_proxy(pool, {}, 100.0) == first
    assert choose_proxy(pool, {first.id: 101.0}, 100.0) == second
    assert choose_proxy(pool, {first.id: 100.0}, 100.0) == first
    assert choose_proxy(pool, {second.id: 200.0}, 100.0, frozenset({first.id})) == third
    assert choose_proxy(pool, {}, 100.0, frozenset(proxy.id for proxy in pool)) is None
    assert choose_proxy((), {}, 100.0) is None
