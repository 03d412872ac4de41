"""Placeholders that yt-dlp does not have (docs/contract/downloads.md 6)."""

import re

import pytest

from dlambda.domain.paths.own_placeholders import placeholder_problem, with_own_fields
from dlambda.domain.paths.paths import safe_template
from dlambda.errors import Invalid


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [
        ("%(ytp_random:8)s.%(ext)s", "%(ytp_random_8_m)s.%(ext)s", "[A-Za-z0-9]{8}"),
        ("%(ytp_random:6:d)s", "%(ytp_random_6_d)s", "[0-9]{6}"),
        ("%(ytp_random:6:Letters)s", "%(ytp_random_6_s)s", "[A-Za-z]{6}"),
        ("%(title,ytp_random:3:s|x)s", "%(title,ytp_random_3_s|x)s", "[A-Za-z]{3}"),
        ("%(ytp_random:100)s", "%(ytp_random_100_m)s", "[A-Za-z0-9]{100}"),
        ("%(title)s ytp_random:8", "%(title)s ytp_random:8", ""),
    ],
)
def test_random_texts(template: str, text: str, values: str) -> None:
    rewritten, fields = with_own_fields(template, "seed")
    assert rewritten == text
    assert re.fullmatch(values, "".join(fields.values()))


def test_the_seed_decides() -> None:
    assert with_own_fields("%(ytp_random:8)s", "a") == with_own_fields("%(ytp_random:8)s", "a")
    assert with_own_fields("%(ytp_random:8)s", "a") != with_own_fields("%(ytp_random:8)s", "b")
    assert with_own_fields("%(ytp_random:8)s %(ytp_random:8)s", "a")[0].count("ytp_random_8_m") == 2


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("%(ytp_random)s", "needs a length"),
        ("%(ytp_random:0)s", "needs a length"),
        ("%(ytp_random:101)s", "needs a length"),
        ("%(ytp_random:" + "1" * 5000 + ")s", "needs a length"),
        ("%(ytp_random:x)s", "needs a length"),
        ("%(ytp_random:٣)s", "needs a length"),
        ("%(ytp_random:8:q)s", "d for digits"),
        ("%(ytp_random:8:d:d)s", "d for digits"),
        ("%(title)s/%(ytp_date:8)s", "there is no placeholder 'ytp_date'"),
    ],
)
def test_what_cannot_work_is_refused(template: str, problem: str) -> None:
    assert problem in str(placeholder_problem(template))
    with pytest.raises(Invalid, match="is not valid"):
        safe_template(template)


def test_templates_of_yt_dlp_alone_pass() -> None:
    assert placeholder_problem("%(title|ytp_x)s %(a.ytp_x)s %(upload_date>%Y)s [%(id)s].%(ext)s") is None
