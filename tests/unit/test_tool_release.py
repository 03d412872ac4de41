"""Ages of programs, as they say of themselves."""

from datetime import date

import pytest

from dlambda.domain.system.tool_release import MINIMUM, age, is_safe, released_on, version_of

OURS = {
    "ffmpeg": "ffmpeg version n9.0.2-17-g2a571b6068-20260930",
    "ffprobe": "ffprobe version n8.1.2",
    "deno": "deno 2.9.8 (stable, release, x86_64-unknown-linux-gnu)",
    "yt-dlp": "2026.10.26",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OURS["ffmpeg"], "9.0.2"),
        (OURS["ffprobe"], "8.1.2"),
        (OURS["deno"], "2.9.8"),
        (OURS["yt-dlp"], "2026.10.26"),
        ("ffmpeg version 5.1.9-0+deb12u1", "5.1.9"),
        ("ffprobe version N-66595-gc2b38619c0-static https://johnvansickle.com/ffmpeg/ ", None),
        ("yt-dlp 2026.10.26.232815", "2026.10.26.232815"),
        ("", None),
        (None, None),
    ],
)
def test_version(text: str | None, expected: str | None) -> None:
    assert version_of(text) == expected


@pytest.mark.parametrize(
    ("name", "text", "released", "safe"),
    [
        ("ffmpeg", OURS["ffmpeg"], date(2026, 9, 30), True),
        ("ffmpeg", "ffmpeg version n9.0.2", date(2026, 9, 30), True),
        ("ffmpeg", "ffmpeg version n8.1.2-20260726", date(2026, 7, 26), False),
        ("ffmpeg", "ffmpeg version 5.1.9-0+deb12u1", None, False),
        ("ffmpeg", "ffmpeg version 2026-09-30-git-2a571b6068-full", date(2026, 9, 30), None),
        ("ffprobe", OURS["ffprobe"], date(2026, 7, 26), True),
        ("ffprobe", "ffprobe version N-66595-gc2b38619c0-static", None, None),
        ("deno", OURS["deno"], date(2026, 10, 1), True),
        ("deno", "deno 2.7.9 (stable)", None, False),
        ("deno", "deno 2.10.0", None, True),
        ("yt-dlp", "2026.10.26", date(2026, 10, 26), True),
        ("yt-dlp", "2026.01.01", date(2026, 1, 1), False),
        ("yt-dlp", "2026.13.99", None, True),
        ("yt-dlp", None, None, None),
        ("deno", "nonsense", None, None),
    ],
)
def test_release(name: str, text: str | None, released: date | None, safe: bool | None) -> None:
    assert released_on(name, text) == released
    assert is_safe(name, text) is safe


def test_age() -> None:
    assert age("yt-dlp", "2026.10.26", date(2026, 11, 29)) == {
        "released": "2026-10-26", "age_days": 34, "old": False, "safe": True,
    }  # fmt: skip
    assert age("yt-dlp", "2026.10.26", date(2027, 2, 1))["old"] is True
    assert age("ffprobe", None, date(2027, 2, 1)) == {"released": None, "age_days": None, "old": None, "safe": None}


@pytest.mark.parametrize("name", MINIMUM)
def test_what_we_ship_is_known(name: str) -> None:
    assert released_on(name, OURS[name])
    assert is_safe(name, OURS[name])
