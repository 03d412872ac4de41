"""The site of an address."""

import pytest

from dlambda.domain.web.site import is_of_site, site_of


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.example.com/x", "example.com"),
        ("https://a.b.Example.com.:8443/x", "example.com"),
        ("https://news.example.co.uk/", "example.co.uk"),
        ("https://example.io/", "example.io"),
        ("https://youtu.be/x", "youtube.com"),
        ("http://127.0.0.1:9000/x", "127.0.0.1"),
        ("http://[::1]/x", "::1"),
        ("http://localhost/x", "localhost"),
        ("no address", ""),
        ("http://[bad", ""),
    ],
)
def test_site_of(url: str, site: str) -> None:
    assert site_of(url) == site


def test_names_below_a_site_are_of_it() -> None:
    assert is_of_site("a.example.com", "example.com")
    assert is_of_site("example.com", "example.com")
    assert not is_of_site("badexample.com", "example.com")
