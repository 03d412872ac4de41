"""Media types: docs/contract/files.md 2 (MIME) and 3 (/api/download)."""

from typing import Any

import pytest

from dlambda.domain.files.content_type import content_type, is_active, probed_type, suffix

MOV = "mov,mp4,m4a,3gp,3g2,mj2"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.mp4", "video/mp4"),
        ("a.M4A", "audio/mp4"),
        ("a.ts", "video/mp2t"),
        ("a.opus", "audio/ogg"),
        ("a.ass", "text/x-ssa"),
        ("a.en.srt", "text/plain"),
        ("a.nfo", "text/xml"),
        ("a.mkv", "video/x-matroska"),
        ("a.vtt", "text/vtt"),
        ("a.info.json", "application/json"),
        ("a.jpg", "image/jpeg"),
        ("a.html", "text/html"),
        ("a.nonsense", "application/octet-stream"),
        ("README", "application/octet-stream"),
        (".mp4", "application/octet-stream"),
    ],
)
def test_type_by_extension(name: str, expected: str) -> None:
    assert content_type(name) == expected


@pytest.mark.parametrize(
    ("name", "format_name", "codecs", "expected"),
    [
        ("a.mp4", MOV, ["h264", "aac"], "video/mp4"),
        ("a.m4a", MOV, ["aac"], "audio/mp4"),
        ("a.mkv", "matroska,webm", ["h264", "aac"], "video/x-matroska"),
        ("a.mkv", "matroska,webm", ["vp9", "opus"], "video/webm"),
        ("a.webm", "matroska,webm", ["av1", "opus"], "video/webm"),
        ("a.ts", "mpegts", ["h264"], "video/mp2t"),
        ("a.mp3", "mp3", ["mp3"], "audio/mpeg"),
        ("a.bin", "wonder", [], "application/octet-stream"),
        ("a.mp4", None, [], "video/mp4"),
    ],
)
def test_type_by_probe(name: str, format_name: str | None, codecs: list[Any], expected: str) -> None:
    assert probed_type(name, format_name, codecs) == expected


ACTIVE = (
    "html htm HTML xhtml xht shtml svg SVG svgz xml nfo xsl xslt rdf wsdl xpdl mht mhtml MHT eml nws js mjs css htc hta swf "
    "ps sh py zip tar doc"
)


@pytest.mark.parametrize("extension", ACTIVE.split(" "))
def test_what_a_browser_might_run_is_only_saved(extension: str) -> None:
    assert is_active(f"a.{extension}")


@pytest.mark.parametrize(
    "name",
    [
        "a.mp4", "a.mkv", "a.webm", "a.ts", "a.mp3", "a.m4a", "a.opus", "a.jpg", "a.png", "a.webp", "a.avif", "a.gif",
        "a.txt", "a.srt", "a.vtt", "a.ass", "a.md", "a.description", "a.info.json", "a.m3u8", "a.yml", "a.pdf", "README",
        "a.part",
    ],
)  # fmt: skip
def test_what_is_only_looked_at_is_shown(name: str) -> None:
    assert not is_active(name)


@pytest.mark.parametrize(("name", "expected"), [("a.b/c", ""), ("a.MP4", ".mp4"), ("a.", ""), ("..x", ""), ("...", "")])
def test_suffix(name: str, expected: str) -> None:
    assert suffix(name) == expected
