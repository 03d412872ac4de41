"""HLS media playlists, as far as a recorder needs them (RFC 8216). Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urljoin

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)')


@dataclass(frozen=True)
class Key:
    """How segments are encrypted; `iv` is None where the media sequence stands for it."""

    method: str
    url: str | None = None
    iv: bytes | None = None


@dataclass(frozen=True)
class Range:
    """Bytes of a resource, as the header wants them."""

    first: int
    length: int

    @property
    def header(self) -> str:
        return f"bytes={self.first}-{self.first + self.length - 1}"


@dataclass(frozen=True)
class Segment:
    """A segment; `sequence` is its number in the stream, `map_url` where its initialisation lies."""

    sequence: int
    url: str
    seconds: float
    key: Key | None = None
    range: Range | None = None
    map_url: str | None = None
    map_range: Range | None = None
    map_key: Key | None = None
    discontinuity: bool = False  # its times and settings may differ from those of the one before


@dataclass(frozen=True)
class MediaPlaylist:
    """A playlist at one moment. `ended`: nothing will be added."""

    segments: tuple[Segment, ...]
    target_seconds: float
    ended: bool


def _attributes(line: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(line.partition(":")[2])}


def _key(line: str, base: str) -> Key | None:
    attributes = _attributes(line)
    if attributes.get("METHOD", "NONE") == "NONE":
        return None
    iv = attributes.get("IV")
    url = attributes.get("URI")
    return Key(
        attributes["METHOD"], urljoin(base, url) if url else None, bytes.fromhex(iv[2:].zfill(32)) if iv else None
    )


def _range(text: str, after: int) -> Range:
    length, _, first = text.partition("@")
    return Range(int(first) if first else after, int(length))


def parse(text: str, url: str) -> MediaPlaylist:
    """The playlist in `text`, which came from `url`. Raises ValueError when it is no media playlist, or broken."""
    try:
        return _parse(text, url)
    except KeyError as error:
        raise ValueError(f"a media playlist without {error}") from None


def _parse(text: str, url: str) -> MediaPlaylist:
    text = text.lstrip("\ufeff \r\n")
    if not text.startswith("#EXTM3U") or "#EXT-X-STREAM-INF" in text:
        raise ValueError("not a media playlist")
    segments: list[Segment] = []
    sequence, target, seconds, is_complete, gap, jump = 0, 6.0, 0.0, False, False, False
    key: Key | None = None
    here: Range | None = None
    map_url: str | None = None
    map_range: Range | None = None
    map_key: Key | None = None
    for line in map(str.strip, text.splitlines()):
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-MEDIA-SEQUENCE":
            sequence = int(value)
        elif tag == "#EXT-X-TARGETDURATION":
            target = float(value)
        elif tag == "#EXTINF":
            seconds = float(value.split(",")[0] or 0)
        elif tag == "#EXT-X-KEY":
            key = _key(line, url)
        elif tag == "#EXT-X-MAP":
            attributes = _attributes(line)
            map_url, map_key = urljoin(url, attributes["URI"]), key
            map_range = _range(attributes["BYTERANGE"], 0) if "BYTERANGE" in attributes else None
        elif tag == "#EXT-X-BYTERANGE":
            last = segments[-1].range if segments else None
            here = _range(value, last.first + last.length if last else 0)
        elif tag == "#EXT-X-DISCONTINUITY":
            jump = True
        elif tag == "#EXT-X-GAP":
            gap = True
        elif tag == "#EXT-X-ENDLIST":
            is_complete = True
        elif line and not line.startswith("#"):
            if not gap:
                place = urljoin(url, line)
                segments.append(Segment(sequence, place, seconds, key, here, map_url, map_range, map_key, jump))
                jump = False
            sequence, here, gap = sequence + 1, None, False
    return MediaPlaylist(tuple(segments), target, is_complete)
