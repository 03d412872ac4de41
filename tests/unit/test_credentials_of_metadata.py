"""Metadata without cookies, and with headers that say nothing alone."""

from dlambda.domain.items.credentials import without_credentials


def test_cookies_and_telling_headers_are_left_out_wherever_they_stand() -> None:
    headers = {"User-Agent": "x", "Authorization": "Bearer secret", "Accept": "*/*"}
    part = {"url": "u", "cookies": "sid=secret", "h_cookies": "sid=secret", "http_headers": headers}
    info = {"id": "a", **part, "formats": [part, "odd"], "entries": [{"formats": [part]}], "requested_formats": None}
    shown = without_credentials(info)
    assert "secret" not in str(shown)
    assert shown["formats"][0] == {"url": "u", "http_headers": {"User-Agent": "x", "Accept": "*/*"}}
    assert (shown["formats"][1], shown["requested_formats"], shown["entries"][0]["formats"][0]["url"]) == (
        "odd",
        None,
        "u",
    )
    assert "secret" in str(info)
