"""Secrets in option texts, behind a mask that means unchanged when it comes back: contract README, Secrets."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlambda.domain.secrets.mask import MASK
from dlambda.domain.ytdlp.option_secrets import mask_options, secret_values, unmask_options
from dlambda.domain.ytdlp.options import read_options, split_words

SECRET = "s3cr3t-Value"

# (what the user wrote, what others see)
SHOWN = [
    # spellings of an option
    ("--password x", f"--password {MASK}"),
    ("--password=x -f b", f"--password={MASK} -f b"),
    ("--password 'a b' -f b", f"--password '{MASK}' -f b"),
    ('--password "a\'b"', f'--password "{MASK}"'),
    ("'--password' x", f"'--password' {MASK}"),
    ("--passw x", f"--passw {MASK}"),
    ("--pas=x", f"--pas={MASK}"),
    ("-p x", f"-p {MASK}"),
    ("-px", f"-p{MASK}"),
    ("-ip x", f"-ip {MASK}"),
    ("-ipx", f"-ip{MASK}"),
    ("--password -x", f"--password {MASK}"),
    ("--password\nx\n-f b", f"--password\n{MASK}\n-f b"),
    ("-u me -p a --video-password b", f"-u me -p {MASK} --video-password {MASK}"),
    ("--password a\\ b", f"--password '{MASK}'"),
    # options whose value is a secret
    ("-2 123456", f"-2 {MASK}"),
    ("--twofactor 123456", f"--twofactor {MASK}"),
    ("--ap-mso Comcast --ap-username me --ap-password x", f"--ap-mso Comcast --ap-username me --ap-password {MASK}"),
    ("--client-certificate-password x", f"--client-certificate-password {MASK}"),
    # headers
    ("--add-headers Authorization:x", f"--add-headers Authorization:{MASK}"),
    ("--add-header 'AUTHORIZATION: Bearer x'", f"--add-header 'AUTHORIZATION: {MASK}'"),
    ("--add-headers 'Cookie:a=b; c=d'", f"--add-headers 'Cookie:{MASK}'"),
    ("--add-headers=x-api-key:x", f"--add-headers=x-api-key:{MASK}"),
    ("--add-headers X-Thing:x", f"--add-headers X-Thing:{MASK}"),
    (
        "--add-headers 'Referer: https://a.example/?token=x'",
        f"--add-headers 'Referer: https://a.example/?token={MASK}'",
    ),
    # arguments of extractors
    ("--extractor-args youtube:po_token=web.gvs+x", f"--extractor-args youtube:po_token={MASK}"),
    (
        "--extractor-args 'youtube:player_client=web;po_token=web.gvs+x,mweb.gvs+y;lang=de'",
        f"--extractor-args 'youtube:player_client=web;po_token={MASK};lang=de'",
    ),
    ("--extractor-args 'YouTube:Visitor-Data=x'", f"--extractor-args 'YouTube:Visitor-Data={MASK}'"),
    ("--extractor-args youtube:data_sync_id=x", f"--extractor-args youtube:data_sync_id={MASK}"),
    ("--extractor-args 'a:api_key=x;app_secret=y'", f"--extractor-args 'a:api_key={MASK};app_secret={MASK}'"),
    ("--extractor-args generic:variant_query=x=y", f"--extractor-args generic:variant_query={MASK}"),
    ("--extractor-args p:base_url=http://u:x@h", f"--extractor-args p:base_url=http://u:{MASK}@h"),
    # addresses
    ("--proxy http://u:pw@host:80", f"--proxy http://u:{MASK}@host:80"),
    ("--proxy http://u:p@ss@host", f"--proxy http://u:{MASK}@host"),
    ("--proxy u:pw@9.9.9.9:80", f"--proxy u:{MASK}@9.9.9.9:80"),
    ("--prox='u:pw@host' -f b", f"--prox='u:{MASK}@host' -f b"),
    ("--geo-verification-proxy socks5://u:pw@host", f"--geo-verification-proxy socks5://u:{MASK}@host"),
    ("--referer 'https://a.example/?sig=x&v=1'", f"--referer 'https://a.example/?sig={MASK}&v=1'"),
    ("https://u:pw@a.example/", f"https://u:{MASK}@a.example/"),
    # comments
    ("# --password x\n-f b", f"# --password {MASK}\n-f b"),
    ("  ## don't -p x\n-p y", f"  ## don't -p {MASK}\n-p {MASK}"),
    ("-f b #\n#-p x", f"-f b #\n#-p {MASK}"),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_secrets_are_masked_and_come_back(text: str, shown: str) -> None:
    assert mask_options(text) == shown
    assert mask_options(shown) == shown
    assert split_words(unmask_options(shown, text)) == split_words(text)


@pytest.mark.parametrize(("text", "shown"), [case for case in SHOWN if "\\" not in case[0]])
def test_what_comes_back_is_what_was_written(text: str, shown: str) -> None:
    assert unmask_options(shown, text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "-f", "-f best", "https://host:80/x?mail=a@b", "--add-header User-Agent:a@b", "-o '%(title)s.%(ext)s'",
        "--add-headers 'Accept-Language: de'", "--extractor-args 'youtube:player_client=web;lang=de'", "-- -p x",
        "--password ''", "--username me", "--ap-mso Comcast", "-S vcodec:h264", "--match-filters 'title*=password'",
    ],
)  # fmt: skip
def test_everything_else_stays_letter_by_letter(text: str) -> None:
    assert mask_options(text) == text
    assert secret_values(text) == []


TWO = "--add-headers Authorization:A --add-headers Cookie:B -p C --proxy http://u:D@h"
M = MASK

# (what was stored, what a client sends, what it means)
EDITED = [
    (TWO, f"--proxy http://u:{M}@h -p {M} --add-headers Cookie:{M} --add-headers Authorization:{M}",
     "--proxy http://u:D@h -p C --add-headers Cookie:B --add-headers Authorization:A"),  # another order
    (TWO, f"--add-headers Cookie:{M} -p {M}", "--add-headers Cookie:B -p C"),  # some removed
    (TWO, f"--add-headers Authorization:new --add-headers Cookie:{M}",
     "--add-headers Authorization:new --add-headers Cookie:B"),  # one replaced
    (TWO, f"--add-headers=COOKIE:{M} --password={M}", "--add-headers=COOKIE:B --password=C"),  # spelled otherwise
    (TWO, f"--proxy http://u:{M}@other:81", "--proxy http://u:D@other:81"),
    ("-p A\n-p B", f"-p {M}\n-p new", "-p A\n-p new"),
    ("-p A\n-p B", f"-p {M}", "-p B"),
    ("-p A", f"-p {M} --video-password {M}", "-p A --video-password ''"),  # nothing is known of one
    ("-p A", f"--video-password={M}", "--video-password="),
    ("-f b", f"-p{M} -f b", "-p '' -f b"),
    ("-f b", f"-p {M} -f b", "-p '' -f b"),
    ("-p 'a b'", f"-p {M}", "-p 'a b'"),
    ("-p \"it's\"", f"-p '{M}' -f b", "-p 'it'\"'\"'s' -f b"),
    ("-p '#a'", f"-p\n{M}", "-p\n'#a'"),
    ("-p A", f"# -p {M}", "# -p A"),  # taken out of use
    ("# -p A", f"-p {M}", "-p A"),  # and put in again
    ("-p A\n# -p B", f"-p {M}", "-p A"),
    ("-p A\n# -p B", f"# -p {M}", "# -p B"),
    ("-p 'A\n--exec x'", f"# -p {M}", "# -p ''"),  # a line break would make an option of what follows
    ("--extractor-args 'youtube:po_token=A;visitor_data=B'", f"--extractor-args 'youtube:visitor_data={M};po_token={M};lang=de'",
     "--extractor-args 'youtube:visitor_data=B;po_token=A;lang=de'"),
    ("--extractor-args youtube:po_token=A", f"--extractor-args tiktok:po_token={M}", "--extractor-args tiktok:po_token="),
]  # fmt: skip


@pytest.mark.parametrize(("known", "sent", "meant"), EDITED)
def test_a_mask_sent_back_means_unchanged(known: str, sent: str, meant: str) -> None:
    assert unmask_options(sent, known) == meant


def test_what_cannot_be_read_is_masked_all_the_same() -> None:
    assert SECRET not in mask_options(f"-p {SECRET} -o 'unclosed --video-password {SECRET}")


_PASSWORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0", exclude_categories=["Cs"]), min_size=1)
_OPTIONS = st.sampled_from(
    ["--password", "-p", "--video-password", "--ap-password", "-2", "--twof", "--client-certificate-password"]
)


@given(st.lists(st.tuples(_OPTIONS, _PASSWORDS.filter(lambda text: "\n" not in text and text != MASK)), max_size=6))
def test_any_passwords_come_back_as_they_were(pairs: list[tuple[str, str]]) -> None:
    text = shlex.join([word for pair in pairs for word in pair])
    shown = mask_options(text)
    assert [one.values for one in read_options(shown)] == [(MASK,)] * len(pairs)
    assert split_words(unmask_options(shown, text)) == split_words(text)
    assert secret_values(text) == sorted({password for _, password in pairs}, key=len, reverse=True) or len(pairs) > 1
