"""Templates are refused at once only when yt-dlp would refuse them later (domain/paths/template_syntax.py)."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yt_dlp import YoutubeDL

from dlambda.domain.paths.paths import safe_template
from dlambda.domain.paths.template_syntax import problem_of
from dlambda.errors import Invalid

GOOD = [
    "%(title)s.%(ext)s", "%(title).200B [%(id)s].%(ext)s", "%(playlist_index|)03d - %(title)s", "100% %(title)s", "%", "%%",
    "%(title)s/%(upload_date>%Y-%m-%d)s", "%(formats.:.format_id)j", "%(tags)+l", "%(a)#j", "%(a)D", "%(a)+U", "%(a)#S",
    "%(a)q", "%(a)h", "%(a,b&{} - |none)s", "%(a+1)05.2f", "%(chapters.0.title&<{}>)s", "%s %d %abc%", "% (a)s", "%()s",
    "%(a)hs", "%(a).5D", "%%(title)s", "%%%(title)s", "%(a)x%(b)o%(c)c%(d)e%(f)G%(g)r%(h)i%(a)u", "ü %(ü)s", "%(a)100000000s",
]  # fmt: skip
BAD = ["%(title", "%(title)", "%(a)k", "a/%(b)", "%(a(b)s", "%(a)5", "%(a)s %(", "%(a).", "%(a)٣d", "%(a)*s"]


def is_good(template: str) -> bool:
    """What yt-dlp says; where it fails it would fail later as well."""
    try:
        return YoutubeDL.validate_outtmpl(template) is None
    except TypeError:
        return False


@pytest.mark.parametrize("template", GOOD)
def test_what_ytdlp_takes_is_taken(template: str) -> None:
    assert problem_of(template) is None
    if "100000000" not in template:
        assert is_good(template)


@pytest.mark.parametrize("template", BAD)
def test_what_ytdlp_refuses_is_refused_at_once(template: str) -> None:
    assert not is_good(template)
    with pytest.raises(Invalid, match=r"Template .* is not valid: "):
        safe_template(template)


PIECES = [*"%%%%()()#0-+ .159hlLsdjqBUDSxkc*|&>,{}:/aü\0٣\n", "%(", ")s", "%(a)", "%%", "title"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_both_say_the_same(template: str) -> None:
    assert (problem_of(template) is None) == is_good(template)


def test_a_wide_field_costs_nothing() -> None:
    tracemalloc.start()
    try:
        assert problem_of("%(a)2000000000s%(b).2000000000f" * 20) is None
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
