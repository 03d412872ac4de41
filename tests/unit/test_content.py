"""What a file holds, by its first bytes (docs/contract/downloads.md 5.8, Media)."""

import gzip
import io
import zipfile

import pytest

from dlambda.domain.files.content import find_container, find_foreign, find_no_subtitle, find_picture

_TS = (b"\x47" + bytes(187)) * 4
_M2TS = (bytes(4) + b"\x47" + bytes(187)) * 4
_ID3 = b"ID3\x04\x00\x00\x00\x00\x00\x05" + bytes(5)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.mp4", b"x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "phrase"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf\r\n  <HTML lang=en>", "a web page"),
        ("\ufeff<html><title>Fehler</title>".encode("utf-16-le"), "a web page"),
        ("<html><title>Für Sie</title>".encode("latin-1"), "a web page"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x"><html xmlns="y">', "a web page"),
        (b"<script>location='/login'</script>", "a web page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML document"),
        (b'<rss version="2.0"><channel><title>x</title>', "an XML document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an XML document"),
        (b'{"error": "not logged in"}', "a JSON text"),
        (b"\n[1, 2]", "a JSON text"),
        (b"#EXTM3U\n#EXTINF:2\na.ts\n", "a playlist"),
        (b"Not found\n", "a text"),
        ("Zugriff verweigert für Sie".encode(), "a text"),
        (zipped(), "a ZIP archive"),
        (gzip.compress(b"<html>", mtime=0), "a compressed file"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a picture"),
        (b"GIF89a\x01\x00\x01\x00", "a picture"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "a picture"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "a picture"),
    ],
)
def test_what_is_no_media(head: bytes, phrase: str) -> None:
    assert find_foreign(head, "mp4") == phrase
    assert find_container(head) is None


@pytest.mark.parametrize(
    ("head", "extension", "wrong"),
    [
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "mp4", "webm"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00", "m4a", "mp3"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00", "mov", "unknown_video"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "webm", "mp4"),
        (b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska", "mkv", "webm"),
        (b"OggS\x00\x02" + bytes(22) + b"OpusHead", "opus", "mp3"),
        (b"OggS\x00\x02" + bytes(22) + b"\x01vorbis", "ogg", "mp4"),
        (b"OggS\x00\x02" + bytes(22) + b"\x80theora", "ogv", "mp4"),
        (b"fLaC\x00\x00\x00\x22", "flac", "mp3"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "wav", "mp3"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "avi", "mp4"),
        (b"FLV\x01\x05", "flv", "mp4"),
        (b"\x00\x00\x01\xba\x44\x00", "mpg", "mp4"),
        (_TS, "ts", "mp4"),
        (_M2TS, "ts", "mp4"),
        (_ID3 + b"\xff\xfb\x90\x64" + bytes(50), "mp3", "mp4"),
        (_ID3 + b"\xff\xf1\x50\x80" + bytes(50), "aac", "mp4"),
        (b"\xff\xfb\x90\x64" + bytes(50), "mp3", "mp4"),
        (b"\xff\xf1\x50\x80" + bytes(50), "aac", "mp3"),
    ],
)
def test_containers(head: bytes, extension: str, wrong: str) -> None:
    container = find_container(head)
    assert container is not None
    assert (container.extension, container.fits(extension.upper()), container.fits(wrong)) == (extension, True, False)
    assert find_foreign(head, "mp4") is None


@pytest.mark.parametrize("extension", ["m4v", "m4a", "3gp", "mov", "f4v"])
def test_names_of_one_container_all_fit(extension: str) -> None:
    container = find_container(b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00")
    assert container is not None
    assert container.fits(extension)


def test_what_is_not_known_may_be_media() -> None:
    assert find_foreign(bytes(4096), "mp4") is None
    assert find_foreign(bytes(range(256)), "mp4") is None


@pytest.mark.parametrize(
    ("head", "extension"), [(b"MIME-Version: 1.0\n", "mhtml"), (b"\xff\xd8\xff\xe0", "jpg"), (b"GIF89a", "gif")]
)
def test_who_asks_for_texts_and_pictures_gets_them(head: bytes, extension: str) -> None:
    assert find_foreign(head, extension) is None


@pytest.mark.parametrize(
    ("head", "extension", "phrase"),
    [
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nx", "vtt", None),
        (b"WEBVTT\n", "vtt", None),
        ("1\n00:00:01,000 --> 00:00:02,000\nДа".encode("cp1251"), "srt", None),
        (b"1\n00:00:01,000 --> 00:00:02,000\n<i>x</i>", "srt", None),
        (b'<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml">', "ttml", None),
        (b'{"events": []}', "json3", None),
        (b"", "vtt", "an empty file"),
        (b" \r\n", "srt", "an empty file"),
        (b"<!doctype html><html>", "vtt", "a web page"),
        (b"<!doctype html><html>", "ttml", "a web page"),
        (b'{"error": 1}', "vtt", "a JSON text"),
        (b"<Error/>", "srt", "an XML document"),
        (b"PK\x03\x04\x14\x00\x00\x00", "srt", "a ZIP archive"),
    ],
)
def test_what_holds_no_subtitles(head: bytes, extension: str, phrase: str | None) -> None:
    assert find_no_subtitle(head, extension) == phrase


@pytest.mark.parametrize(
    ("head", "extension"),
    [(b"\xff\xd8\xff\xe1", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"RIFF\x00\x00\x00\x00WEBP", "webp")],
)
def test_pictures(head: bytes, extension: str) -> None:
    picture = find_picture(head)
    assert picture is not None
    assert picture.extension == extension
