"""Names of files that show what they are."""

import pytest

from dlambda.domain.files.plain_name import PortableNames, has_hidden_characters, plain_path
from dlambda.domain.tasks.channel import file_name

DECEIVING = {
    "left to right override": ("a\u202dcba.mp4", "acba.mp4"),
    "right to left override": ("film\u202e4pm.exe", "film4pm.exe"),
    "embeddings": ("\u202aa\u202bb\u202cc", "abc"),
    "isolates": ("\u2066a\u2067b\u2068c\u2069d", "abcd"),
    "marks": ("\u200ea\u200fb\u061cc", "abc"),
    "zero width": ("a\u200bb\u2060c\ufeffd\u180ee", "abcde"),
    "soft hyphen": ("pay\xadpal", "paypal"),
    "fillers": ("a\u3164\uffa0\u115f\u1160b", "ab"),
    "C0": ("a\x07\x1b\r\n\tb", "ab"),
    "DEL": ("a\x7fb", "ab"),
    "C1": ("a\x85\x9b\x9db", "ab"),
    "lines": ("a\u2028\u2029b", "ab"),
    "joiner beside ASCII": ("a\u200db\u200cc\u200d", "abc"),
    "joiner before the ending": ("é\u200d.mp4", "é.mp4"),
    "tags": ("a\U000e0065\U000e0078\U000e0065\U000e0001", "a"),
    "annotations": ("a\ufff9b\ufffac\ufffb", "abc"),
    "backslashes": ("..\\..\\evil.bat", "..⧹..⧹evil.bat"),
    "a drive's root": ("C:\\x", "C:⧹x"),
    "only hidden ones": ("\u202e", "_"),
    "the folder above": (".\u200b.", "_"),
    "the folder above behind a hidden one": ("\u200b..", "_.."),
    "a hidden file": ("\u200b.bashrc", "_.bashrc"),
    "the folder itself in a path": ("a/\u2066./b", "a/_./b"),
    "in a folder": ("a\u202e/b\\c/d\u200b.mp4", "a/b⧹c/d.mp4"),
}  # fmt: skip
HONEST = [
    "Big Buck Bunny.mp4",
    "你好, 世界.mp4",
    "مرحبا بالعالم.mp4",
    "שלום עולם (2026).mp4",
    "می\u200cخواهم.mp4",
    "क्\u200dष.mp4",
    "👩\u200d💻 works 👨\u200d👩\u200d👧.mp4",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f.mp4",
    "❤\ufe0f.mp4",
    "e\u0301.mp4",
    "50% off %2e%2e%2fx.mp4",
    ".hidden",
    "a/.b/c...",
]


@pytest.mark.parametrize(("name", "expected"), DECEIVING.values(), ids=DECEIVING)
def test_what_deceives_goes(name: str, expected: str) -> None:
    assert plain_path(name) == expected
    assert plain_path(expected) == expected
    assert has_hidden_characters(name) is ("\\" not in name or "\u202e" in name)


@pytest.mark.parametrize("name", HONEST)
def test_what_scripts_and_emoji_need_stays(name: str) -> None:
    assert plain_path(name) == name
    assert not has_hidden_characters(name)


def test_entries_of_an_archive_can_be_unpacked_anywhere_and_are_told_apart() -> None:
    names = PortableNames()
    found = [
        names.name_of(path)
        for path in ("a\\b.mp4", "a⧹b.mp4", "C:evil.bat", "x/D:y", "x\u202e", "x", "x", "v.mp4", "v\u200b.mp4")
    ]
    assert found == ["a⧹b.mp4", "a⧹b (2).mp4", "C：evil.bat", "x/D：y", "x", "x (2)", "x (3)", "v.mp4", "v (2).mp4"]


def test_folders_of_channels_have_plain_names() -> None:
    assert file_name("The \u202elennahc\u202c \\ \u200b1") == "The lennahc _ 1"
