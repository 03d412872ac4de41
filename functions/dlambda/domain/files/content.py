"""Content of files, told by their first bytes: a container of media, a picture, or no media at all."""

import codecs
import re
from dataclasses import dataclass

HEAD_BYTES = 16384
"""How much of a file's beginning is looked at."""

_SYNC, _PACKET = 0x47, 188
_M2TS_PACKET = 192
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PAGE = re.compile(r"<!doctype html|<(html|head|body|script|meta|iframe|div|h1|p|center|title)[\s>]", re.IGNORECASE)
_PAGE_INSIDE = re.compile(r"<(html|body)[\s>]", re.IGNORECASE)  # behind an XML declaration, a comment
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_STILL_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"})

_ISO = "mp4 m4v m4a m4b m4r mov qt 3gp 3g2 f4v f4a ismv isma cmfv cmfa m4s mj2 mp4v"
_OGG = "ogg oga ogv opus spx ogx ogm"
_MATROSKA = "mkv mka mks mk3d"
_MPEG_SOUND = "mp3 mp2 mpa mpga m2a mpeg mpg"


@dataclass(frozen=True, slots=True)
class Container:
    """A container: the extension that files of it get, and those that are right for it as well."""

    extension: str
    also: frozenset[str] = frozenset()

    def fits(self, extension: str) -> bool:
        return extension.lower() in self.also | {self.extension}


def _container(extension: str, also: str = "") -> Container:
    return Container(extension, frozenset(also.split()))


_ISO_BRANDS = {b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4b", b"M4V ": "m4v", b"3gp": "3gp", b"3g2": "3g2"}
_WEBM, _MKV = _container("webm", f"weba {_MATROSKA}"), _container("mkv", _MATROSKA)
_TS, _MP3, _AAC = _container("ts", "mts m2ts m2t mpegts tsv"), _container("mp3", _MPEG_SOUND), _container("aac", "adts")

_MEDIA: tuple[tuple[bytes, Container], ...] = (
    (b"fLaC", _container("flac")),
    (b"FLV\x01", _container("flv", "f4v")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _container("wmv", "asf wma wm")),
    (b"\x00\x00\x01\xba", _container("mpg", "mpeg vob mpe m2p ps")),
    (b".RMF", _container("rm", "rmvb ra ram")),
    (b"wvpk", _container("wv")),
    (b"MAC ", _container("ape")),
    (b"#!AMR", _container("amr", "3gp")),
    (b"caff", _container("caf")),
)
_PICTURES: tuple[tuple[bytes, Container], ...] = (
    (b"\xff\xd8\xff", _container("jpg", "jpeg jpe jfif mjpeg mjpg")),
    (b"\x89PNG\r\n\x1a\n", _container("png", "apng")),
    (b"GIF8", _container("gif")),
    (b"II*\x00", _container("tiff", "tif")),
    (b"MM\x00*", _container("tiff", "tif")),
)
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b\x08", "a compressed file"),
    (b"%PDF-", "a PDF document"),
    (b"\x7fELF", "a program"),
)
# Formats that are text or pictures: whoever asks for one of them gets it.
_WRITTEN = frozenset(["mhtml", "vtt", "srt", "ass", "ssa", "ttml", "dfxp", "lrc", "json3", "srv1", "srv2", "srv3"])

# Subtitles that are neither XML nor JSON.
_PLAIN_SUBTITLES = frozenset(["vtt", "srt", "ass", "ssa", "lrc", "sbv", "sub"])


def find_picture(head: bytes) -> Container | None:
    """The kind of picture that a file with this beginning holds. SVG is none: it may name further files."""
    for magic, kind in _PICTURES:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _container("webp")
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        return _container("avif" if head[8:11] == b"avi" else "heic", "heif")
    return _container("bmp") if head[:2] == b"BM" and head[6:10] == bytes(4) else None


def find_container(head: bytes) -> Container | None:
    """The container of media that a file with this beginning is; None when it is another thing or not known."""
    for magic, container in _MEDIA:
        if head.startswith(magic):
            return container
    if head[4:8] in (b"ftyp", b"styp", b"moov", b"moof"):
        return None if head[8:12] in _STILL_BRANDS else _iso(head)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _WEBM if b"webm" in head[:64] else _MKV
    if head[:4] == b"OggS":
        return _ogg(head)
    if head[:4] in (b"RIFF", b"RF64"):
        return {b"WAVE": _container("wav", "wave bwf rf64"), b"AVI ": _container("avi", "divx")}.get(head[8:12])
    return _TS if _is_transport_stream(head) else _raw_sound(head)


def find_foreign(head: bytes, extension: str = "") -> str | None:
    """The phrase for a file with this beginning that is no media, such as `a web page`; None for what may be media.

    `extension`: what is expected. A picture is no film, but whoever asks for pictures gets them.
    """
    if not head:
        return "an empty file"
    if extension.lower() in _WRITTEN or find_container(head):
        return None
    for magic, phrase in _OTHERS:
        if head.startswith(magic):
            return phrase
    picture = find_picture(head)
    if picture is not None:
        return None if extension.lower() in {"webp", "avif", "heic", "bmp", *_raster()} else "a picture"
    text = _text(head)
    return None if text is None else _kind_of_text(text)


def find_no_subtitle(head: bytes, extension: str) -> str | None:
    """The phrase for a file with this beginning that holds no subtitles; None for what may be subtitles."""
    text = _text(head)
    if text is None:
        return find_foreign(head)
    if not text.strip("\ufeff \t\r\n"):
        return "an empty file"
    kind = _kind_of_text(text)
    plain = extension.lower() in _PLAIN_SUBTITLES
    return kind if kind == "a web page" or (plain and kind != "a text") else None


def _raster() -> frozenset[str]:
    return frozenset(extension for _, kind in _PICTURES for extension in (kind.extension, *kind.also))


def _kind_of_text(text: str) -> str:
    begin = text.lstrip("\ufeff \t\r\n")
    if _PAGE.match(begin) or (begin.startswith(("<?xml", "<!")) and _PAGE_INSIDE.search(begin)):
        return "a web page"
    if begin.startswith("<"):
        return "an XML document"
    if begin.startswith("#EXTM3U"):
        return "a playlist"
    return "a JSON text" if begin[:1] in ("{", "[") else "a text"


def _text(head: bytes) -> str | None:
    """The beginning as text; None when it is none."""
    encoding = next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")
    text: str | None
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        # Pages in another code page begin with ASCII all the same.
        text = head.decode("latin-1") if head.lstrip()[:1] == b"<" else None
    return None if text is None or _CONTROLS.search(text) else text


def _iso(head: bytes) -> Container:
    brand = head[8:12]
    extension = next((name for start, name in _ISO_BRANDS.items() if brand.startswith(start)), "mp4")
    return _container(extension, _ISO)


def _ogg(head: bytes) -> Container:
    if b"OpusHead" in head[:64]:
        return _container("opus", _OGG)
    return _container("ogv" if b"theora" in head[:64] else "ogg", _OGG)


def _is_transport_stream(head: bytes) -> bool:
    for packet, start in ((_PACKET, 0), (_M2TS_PACKET, 4)):
        marks = head[start : start + 5 * packet : packet]
        if len(marks) >= 2 and set(marks) == {_SYNC}:
            return True
    return False


def _raw_sound(head: bytes) -> Container | None:
    """Frames of sound without a container, or behind an ID3 tag, which any of them may have."""
    if head[:3] == b"ID3" and len(head) > 10:
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        behind = head[10 + size :]
        if behind[:4] == b"fLaC":
            return _container("flac")
        return _frames(behind) or _container("mp3", f"{_MPEG_SOUND} aac ac3 ts")
    return _frames(head)


def _frames(head: bytes) -> Container | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    layer, version = head[1] >> 1 & 3, head[1] >> 3 & 3
    if layer == 0:
        return _AAC if head[1] & 0xF0 == 0xF0 else None
    return _MP3 if version != 1 and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3 else None
