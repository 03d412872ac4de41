"""Secrets in addresses, names and extras, behind a mask: contract README, Secrets."""

import pytest

from dlambda.domain.secrets.extra_secrets import mask_extras, unmask_extras
from dlambda.domain.secrets.mask import MASK, is_secret_name, mask_addresses, match_masks
from dlambda.domain.telemetry.log_line import masked
from dlambda.domain.ytdlp.option_secrets import mask_options
from tests.patience import must_end

SECRET = "s3cr3t-Value"


@pytest.mark.parametrize(
    "text",
    [
        f"http://user:{SECRET}@proxy.example:8080",
        f"socks5h://user:{SECRET}@9.9.9.9",
        f"https://{SECRET}@host.example/feed",
        f"https://host.example/a?x=1&token={SECRET}",
        f"https://host.example/a?access_token={SECRET}#t=1",
        f"https://host.example/a#id_token={SECRET}",
        f"https://host.example/a?X-Amz-Signature={SECRET}&y=2",
        f"https://host.example/a?api_key={SECRET}",
        f"https://host.example/a?apikey={SECRET}",
        f"https://host.example/a;session-id={SECRET}",
        f"https://host.example/a?auth[token]={SECRET}",
        f"see https://host.example/a?Key={SECRET}, or not",
        f"https://user:{SECRET}@host.example/?password={SECRET}",
    ],
)
def test_an_address_hides_its_secrets(text: str) -> None:
    shown = mask_addresses(text)
    assert SECRET not in shown
    assert MASK in shown
    assert mask_addresses(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://host.example:80/x?mail=a@b",
        "https://video.example/watch?v=dQw4w9WgXcQ&list=PL1&t=10",
        "https://host.example/search?keyword=cats&author=me&sort=key",
        "mail me at a@b.example",
        "token=abc, but no address",
    ],
)
def test_other_addresses_stay_as_they_are(text: str) -> None:
    assert mask_addresses(text) == text


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("token", True), ("access_token", True), ("X-Amz-Security-Token", True), ("client_secret", True),
        ("Password", True), ("passwd", True), ("api-key", True), ("apikey", True), ("key", True), ("sid", True),
        ("session_id", True), ("sessionId", True), ("hdnts", True), ("set_cookies", True), ("cookies", True),
        ("Authorization", True), ("x-auth-key", True), ("jwt", True),
        ("keyword", False), ("author", False), ("monkey", False), ("session_title", False), ("passage", False),
        ("signal", False), ("title", False), ("", False),
    ],
)  # fmt: skip
def test_names_tell_of_a_secret(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


@pytest.mark.parametrize(
    ("sent", "known", "meant"),
    [
        ("*", "A", "A"),
        ("**", "AB", "AB"),
        ("*", "AB", "B"),  # one was removed: the last one of an option counts
        ("n*", "AB", "nB"),  # the first was replaced
        ("*n", "AB", "An"),
        ("B*", "AB", "BB"),
        ("A*n", "AB", "ABn"),  # one was added
        ("**", "A", "AA"),
        ("***", "AB", "AAB"),
        ("*", "", "?"),
        ("n", "A", "n"),
    ],
)
def test_masks_of_one_key_mean_what_stood_in_their_place(sent: str, known: str, meant: str) -> None:
    pairs = [("k", MASK if letter == "*" else letter) for letter in sent]
    assert match_masks(pairs, [("k", letter) for letter in known]) == [None if each == "?" else each for each in meant]


def test_keys_are_told_apart_in_any_order() -> None:
    sent = [("b", MASK), ("c", MASK), ("a", MASK)]
    assert match_masks(sent, [("a", "1"), ("b", "2")]) == ["2", None, "1"]


EXTRAS = {
    "set_cookies": SECRET,
    "n": 1,
    "token_count": 3,
    "nested": {"api_key": SECRET, "title": "t", "list": [{"password": SECRET}, "x", 5]},
    "empty": {"cookies": ""},
}


def test_extras_hide_members_with_telling_names_and_take_them_back() -> None:
    shown = mask_extras(EXTRAS)
    assert SECRET not in str(shown)
    assert shown == {
        "set_cookies": MASK,
        "n": 1,
        "token_count": 3,
        "nested": {"api_key": MASK, "title": "t", "list": [{"password": MASK}, "x", 5]},
        "empty": {"cookies": ""},
    }
    assert unmask_extras(shown, EXTRAS) == EXTRAS
    assert unmask_extras({"set_cookies": MASK, "title": MASK}, {}) == {"set_cookies": "", "title": MASK}


@pytest.mark.parametrize(
    "part",
    [
        "x", "x-", "a-", "--", "--prox", "http://a:", "://", "x-akey", "--proxy=a:", "-p x ", "#\n", "'\n#'", '"\n#" ',
        "token", "?token", "http://a?token=", "--add-headers A:b ", "--pass", "hook/", "http://hook/", "&a", "a@", "a.b:",
    ],
)  # fmt: skip
def test_long_texts_are_looked_through(part: str) -> None:
    text = part * (100_000 // len(part))
    with must_end():
        mask_options(text)
        mask_addresses(text)
        masked(text)
