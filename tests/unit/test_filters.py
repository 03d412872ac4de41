"""Every case table of docs/contract/rules.md 4."""

import pytest

from dlambda.domain.rules.filters import FilterError, compile_filter
from tests.patience import must_end

BOTH = "(filesize>1MB & duration<10m) || uploader='BBC'"
LONG_OR_SHORT = "(duration>30s & duration<5m) || (duration>1h & uploader*='BBC')"
NEWS = {"uploader": "BBC News Channel"}
CHANNEL = {"channel_id": "UC-7oMv6E4Uz2tF51w5Sj49w", "uploader": "BBC"}
OTHER = {"channel_id": "UC1111111111111111111111"}
SMALL = {"filesize": 2_000_000, "duration": 200}


def size(filesize, duration, uploader=None):
    return {"filesize": filesize, "duration": duration} | ({"uploader": uploader} if uploader else {})


def counts(age_limit, fps, like_count, **more):
    return {"age_limit": age_limit, "fps": fps, "like_count": like_count, **more}


CASES = [
    ("filesize>1MB & duration<10m", size(2_000_000, 200), True),
    ("filesize>1MB & duration<10m", size(500_000, 200), False),
    *(("uploader='BBC' || uploader='NHK'", {"uploader": name}, name != "CNN") for name in ("BBC", "NHK", "CNN")),
    (BOTH, size(2_000_000, 200), True),
    (BOTH, {"uploader": "BBC"}, True),
    (BOTH, size(500_000, 200, "CNN"), False),
    ("duration", {"duration": 100}, True),
    ("duration", {}, False),
    ("!duration", {}, True),
    ("!duration", {"duration": 100}, False),
    *(
        (text, {"duration": seconds}, expected)
        for text, *answers in [
            ("duration<120", (30, True), (200, False)),
            ("duration<90", (30, True), (120, False)),
            ("duration<3600", (3599, True), (3700, False)),
            ("duration<2m", (90, True), (150, False)),
            ("duration<5m", (240, True), (360, False)),
            ("duration<10m", (480, True), (720, False)),
            ("duration<1h", (3000, True), (4000, False)),
            ("duration>=5m", (300, True), (400, True), (200, False)),
            ("duration<2m || duration>1h", (60, True), (4000, True), (1800, False)),
            ("duration<600", (200, True), (800, False)),
            ("yt:duration > 600", (601, True), (599, False)),
        ]
        for seconds, expected in answers
    ),
    ("filesize>1MB", {"filesize": 2_000_000}, True),
    ("filesize>1MB", {"filesize": 500_000}, False),
    ("filesize>=1GiB", {"filesize": 1_073_741_824}, True),
    ("filesize>=1GiB", {"filesize": 1_000_000}, False),
    (BOTH, size(2_000_000, 300), True),
    (BOTH, size(500_000, 300, "CNN"), False),
    (LONG_OR_SHORT, {"duration": 120}, True),
    (LONG_OR_SHORT, {"duration": 4000, "uploader": "BBC News"}, True),
    (LONG_OR_SHORT, {"duration": 4000, "uploader": "CNN"}, False),
    (LONG_OR_SHORT, {"duration": 1800}, False),
    *((f"uploader{test}", NEWS, True) for test in ("*='News'", "^='BBC'", "$='Channel'", r"~='News\s+Channel'")),
    *((f"uploader{test}", NEWS, False) for test in ("*='CNN'", "^='CNN'", "$='BBC'", r"~='News\s+Network'")),
    ("artist ~= '(?i)^[0-9A-L]'", {"artist": "Adele"}, True),
    ("artist ~= '(?i)^[0-9A-L]'", {"artist": "muse"}, False),
    ("uploader = 'BBC News'", {"uploader": "BBC News"}, True),
    ("uploader = 'BBC News'", {"uploader": "BBC"}, False),
    ("title='a(b)c'", {"title": "a(b)c"}, True),
    ("title='a(b)c'", {"title": "abc"}, False),
    (r"description~='(?i)\bcats \& dogs\b'", {"description": "Cats & Dogs are great"}, True),
    (r"description~='(?i)\bcats \& dogs\b'", {"description": "Cats and dogs are great"}, False),
    ("channel_id = 'UC-7oMv6E4Uz2tF51w5Sj49w'", CHANNEL, True),
    ("channel_id = 'different-id'", CHANNEL, False),
    ("channel_id = 'UC-7oMv6E4Uz2tF51w5Sj49w' & uploader = 'BBC'", CHANNEL, True),
    ("channel_id = 'different-id' & uploader = 'BBC'", CHANNEL, False),
    *(
        (text, SMALL, True)
        for text in ("filesize > 1000000", "filesize >= 2000000", "duration < 300", "duration <= 200")
    ),
    ("channel_id = 'UCfmrcEdes7yDtEISGPM1T-A' & availability = subscriber_only", OTHER, False),
    ("channel_id = 'UCfmrcEdes7yDtEISGPM1T-A'", OTHER, False),
    ("availability = subscriber_only", OTHER, False),
    *(
        (text, data, True)
        for text in ("(age_limit=0 & fps=120) || like_count=81", "age_limit=0 & fps=120 || like_count=81")
        for data in (counts(0, 120, 81), counts(0, 60, 81), counts(1, 60, 81))
    ),
    ("age_limit=0 & fps=120 || like_count=81", counts(0, 120, 50), True),
    ("age_limit=0 & fps=120 || like_count=81 || view_count=1000", counts(1, 60, 50, view_count=1000), True),
    ("filesize>1000000", {"filesize": 2_000_000}, True),
    ("filesize>1000000", {"filesize": 500_000}, False),
    ("uploader*='BBC'", {"uploader": "BBC News"}, True),
    ("uploader*='BBC'", {"uploader": "CNN News"}, False),
    ("title^='How'", {"title": "How to code"}, True),
    ("title^='How'", {"title": "Learn how"}, False),
    ("filesize>1000000 & duration<600", size(2_000_000, 200), True),
    ("filesize>1000000 & duration<600", size(500_000, 200), False),
    ("filesize>1000000 & duration<600", size(2_000_000, 800), False),
    ("(filesize>1000000 & duration<600) || uploader*='BBC'", size(2_000_000, 200), True),
    ("(filesize>1000000 & duration<600) || uploader*='BBC'", {"uploader": "BBC News"}, True),
    ("(filesize>1000000 & duration<600) || uploader*='BBC'", {"filesize": 500_000, "uploader": "CNN"}, False),
    ("missing_field=test", {"other": 1}, False),
    ("!missing_field", {"other": 1}, True),
]


@pytest.mark.parametrize(("text", "data", "expected"), CASES)
def test_first_table(text, data, expected):
    assert compile_filter(text).matches(data) is expected


VIDEO = {
    "duration": 600, "filesize": 2_000_000, "title": "BBC: How & why", "uploader": "BBC News", "fps": 59.94,
    "is_live": False, "was_live": True, "age_limit": 0, "view_count": "1500", "tags": ["a", "b"], "description": "",
    "like_count": None, "availability": "public", "id": "0123", "len": "5m",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("duration>10m", False),
        ("duration>=10m", True),
        ("duration>=600.0", True),
        ("duration=10:00", True),
        ("duration<1:00:00", True),
        ("duration>30s", True),
        ("duration>=1h30m", False),
        ("filesize>1.5MB", True),
        ("filesize>=2MB", True),
        ("filesize>1.9MiB", True),
        ("filesize>1M", True),
        ("duration!=600", False),
        ("duration != 601", True),
        ("duration!>500", False),
        ("duration>?5", True),
        ("view_count>1000", True),
        ("view_count=1500", True),
        ("fps>50", True),
        ("fps>=59.94", True),
        ("fps=59.94", True),
        ("((duration>5))", True),
        ("is_live", False),
        ("!is_live", True),
        ("was_live", True),
        ("!was_live", False),
        ("age_limit", True),
        ("!age_limit", False),
        ("description", True),
        ("!description", False),
        ("like_count", False),
        ("!like_count", True),
        ("tags*='a'", True),
        ("tags*='c'", False),
        ("title='BBC: How & why'", True),
        ('title="BBC: How & why"', True),
        (r"title*='How \& why'", True),
        ("title~='(?i)bbc'", True),
        ("title*=How", True),
        ("uploader*='bbc'", False),
        ("title!*='CNN'", True),
        ("title!*='BBC'", False),
        ("uploader!~='^BBC'", False),
        ("title ! *= 'x'", True),
        ("missing!='x'", False),
        ("availability=public", True),
        ("duration>1 || missing=2 & title='z'", True),
        # 4.2 and 4.3 in words
        ("missing=?'x'", True),
        ("missing !=? 'x'", True),
        ("like_count>?5", True),
        ("missing!~='x'", False),
        ("yt:is_live || !yt:missing", True),
        ("id='0123'", True),
        ("id=123", True),
        ("len=300", True),
        ("is_live=true", False),
        ("was_live=True", False),
        ("description=''", True),
        ("title=''", False),
        ("title*='24'", False),
        ("duration*='x'", False),
        ("duration!*='x'", True),
        ("tags^='a'", False),
        ("title=24", False),
        ("tags='a'", False),
        ("title>'AAA'", True),
        ("duration='600'", True),
        ("duration='10min'", True),
        ("duration=10minutes", True),
        ("duration=PT10M", True),
        (r"title=BBC:\ How\ \&\ why", True),
        ("uploader~=^BBC", True),
    ],
)
def test_second_table(text, expected):
    assert compile_filter(text).matches(VIDEO) is expected


def test_a_quoted_number_searches_text():
    assert compile_filter("title*='24'").matches({"title": "The 24 hours"})
    assert compile_filter("title~='24'").matches({"title": "The 24 hours"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *((text, "Expected ATOM") for text in (
            "", "  ", "()", "duration>1 &", "duration>1 & & title", "duration>1 && title", "duration>1 ||", "& a", "a || )",
        )),
        *((text, "Unexpected token '") for text in (
            "duration>1 | title", "duration > 1 and title", "uploader=BBC News", "duration>2 hours", "filesize>1 MB",
            "duration<1h 30m", "title ~= (?i)bbc", "!(duration>1)", "uploader='BBC' stray", "a)", "a!b", "title=\\",
        )),
        *((text, f"Invalid filter part '{text}'") for text in (
            "n2=5", "Title=x", "!duration>1", "title=", "'x'=title", "a==b", "=5", "title='x'y",
        )),
        ("(duration>1", "Expected RPAREN"),
        ("((a) & b", "Expected RPAREN"),
        ("(a | b)", "Expected RPAREN"),
        ("title='abc", "Unterminated quoted string in filter expression"),
        ('title="abc\'', "Unterminated quoted string in filter expression"),
        (r"title='abc\'", "Unterminated quoted string in filter expression"),
        ("duration*=6", "Operator *= only supports string values!"),
        ("title^=10min", "Operator ^= only supports string values!"),
        ("title~='['", "Invalid regular expression '['"),
        ("height>=1080p", "Cannot compare '1080p' with a number."),
        ("filesize>1k", "Cannot compare '1k' with a number."),
        ("duration<1.5m", "Cannot compare '1.5m' with a number."),
        ("duration<1d", "Cannot compare '1d' with a number."),
        ("a & title~='[' & b", "Invalid regular expression '['"),
        ("(" * 200 + "a" + ")" * 200, "Filter is nested too deeply."),
        ("a" * 70_000, "Filter is longer than 65536 characters."),
    ],
)  # fmt: skip
def test_errors(text, message):
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("uploader='BBC' stray & more", "Unexpected token 'stray & more'", 15),
        ("a & n2=5", "Invalid filter part 'n2=5'", 4),
        ("a & (b || ", "Expected ATOM", 10),
        ("a & title='x", "Unterminated quoted string in filter expression", 10),
    ],
)
def test_errors_say_where(text, message, position):
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    assert (caught.value.message, caught.value.position) == (message, position)


@pytest.mark.parametrize(
    ("text", "data", "message"),
    [
        ("lines>=1080p", {"lines": 1080}, "Cannot compare '1080p' with a number."),
        ("title>5", {"title": "BBC"}, "Cannot compare 'BBC' with a number."),
        ("tags>5", {"tags": ["a"]}, "Cannot compare '['a']' with a number."),
        ("tags>a", {"tags": ["a"]}, "Cannot compare 'a' with a list."),
    ],
)
def test_what_cannot_be_compared(text, data, message):
    compiled = compile_filter(text)
    with pytest.raises(FilterError) as caught:
        compiled.matches(data)
    assert caught.value.message == message


def test_the_rest_is_not_looked_at_once_the_result_is_known():
    assert compile_filter("a || title>5").matches({"a": 1, "title": "BBC"})
    assert not compile_filter("!a & title>5").matches({"a": 1, "title": "BBC"})


def test_a_pattern_that_backtracks_for_ever_is_cut_off():
    compiled = compile_filter("title~='^(a|a|b?a)+$'")
    with must_end(), pytest.raises(FilterError, match="took too long"):
        compiled.matches({"title": "a" * 60 + "!"}, search_seconds=0.1)


def test_all_patterns_of_a_filter_share_one_limit():
    compiled = compile_filter(" || ".join(["title~='^(a|a|b?a)+$'"] * 50))
    with must_end(), pytest.raises(FilterError, match="took too long"):
        compiled.matches({"title": "a" * 60 + "!"}, search_seconds=0.1)


def test_a_text_is_compiled_once():
    assert compile_filter("duration>1") is compile_filter("duration>1")
