"""`Content-Disposition` as curl and browsers read it: RFC 6266."""

from typing import Literal

import pytest
from werkzeug.http import parse_options_header

from dlambda.domain.files.disposition import content_disposition

NAMES = {
    "film.mp4": "film.mp4",
    "it's a film; part 1, (2).mp4": "it's a film; part 1, (2).mp4",
    "emoji 🎉.mp4": "emoji _.mp4",
    "👩\u200d👩\u200d👧\ufe0f.mp4": "_.mp4",
    "Fête à Zürich.mp4": "Fete a Zurich.mp4",
    "Fe\u0302te.mp4": "Fete.mp4",  # with a combining accent
    "映画 2.mp4": "_ 2.mp4",
    "Фильм.mp4": "_.mp4",
    "a：b／c⧸d｜e.mp4": "a_b_c_d_e.mp4",
    'say "hi".mp4': "say _hi_.mp4",
    "back\\slash.mp4": "back_slash.mp4",
    "100%25 %41.mp4": "100%25 %41.mp4",
    "a__b é.mp4": "a__b e.mp4",
    "line\r\nbreak\x7f.mp4": "line_break_.mp4",
    "….mp4": "_.mp4",
    "../../etc/passwd": ".._.._etc_passwd",
}


@pytest.mark.parametrize(("name", "plain"), NAMES.items())
@pytest.mark.parametrize("kind", ["inline", "attachment"])
def test_curl_reads_ascii_and_browsers_the_name_itself(
    kind: Literal["inline", "attachment"], name: str, plain: str
) -> None:
    value = content_disposition(kind, name)
    assert value.startswith(f'{kind}; filename="{plain}"')
    assert value.isascii()
    assert value.isprintable()
    assert parse_options_header(value) == (kind, {"filename": name})


def test_a_plain_name_is_said_once() -> None:
    assert content_disposition("inline", "a b.mp4") == 'inline; filename="a b.mp4"'
