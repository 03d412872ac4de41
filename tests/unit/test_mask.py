"""Passwords inside options, behind a mask: contract README, Secrets."""

import time

import pytest

from dlambda.domain.log_line import masked
from dlambda.domain.mask import mask_passwords, unmask_passwords


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("--proxy http://u:pw@host:80", "--proxy http://u:********@host:80"),
        ("--proxy http://u:p@ss@host", "--proxy http://u:********@host"),
        ("--proxy u:pw@9.9.9.9:80", "--proxy u:********@9.9.9.9:80"),
        ("--proxy='u:pw@host' -f b", "--proxy='u:********@host' -f b"),
        ("--geo-verification-proxy socks5://u:pw@host", "--geo-verification-proxy socks5://u:********@host"),
        ("https://host:80/x?mail=a@b", "https://host:80/x?mail=a@b"),
        ("--add-header X:a@b", "--add-header X:a@b"),
    ],
)
def test_passwords_are_masked_and_come_back(text: str, shown: str) -> None:
    assert mask_passwords(text) == shown
    assert unmask_passwords(shown, text) == text


@pytest.mark.parametrize("part", ["x", "x-", "a-", "--", "--prox", "http://a:", "://", "x-akey", "--proxy=a:"])
def test_long_texts_are_looked_through_at_once(part: str) -> None:
    text = part * (100_000 // len(part))
    began = time.process_time()
    mask_passwords(text)
    masked(text)
    assert time.process_time() - began < 2
