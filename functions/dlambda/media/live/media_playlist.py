"""HLS media playlists, as far as a recorder needs them (RFC 8216). Pure."""

import re
from dataclasses import dataclass, field
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
    reader = _Reader(url)
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            reader.read_tag(line)
        else:
            reader.add_segment(line)
    return MediaPlaylist(tuple(reader.segments), reader.target, reader.is_complete)


@dataclass
class _Reader:
    """The segments so far, and what the tags since the last one say of the next."""

    url: str
    segments: list[Segment] = field(default_factory=list)
    target: float = 6.0
    is_complete: bool = False
    _sequence: int = 0
    _seconds: float = 0.0
    _key: Key | None = None
    _range: Range | None = None
    _map: tuple[str | None, Range | None, Key | None] = (None, None, None)
    _is_gap: bool = False
    _is_jump: bool = False

    def read_tag(self, line: str) -> None:
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-MEDIA-SEQUENCE":
            self._sequence = int(value)
        elif tag == "#EXT-X-TARGETDURATION":
            self.target = float(value)
        elif tag == "#EXTINF":
            self._seconds = float(value.split(",")[0] or 0)
        elif tag == "#EXT-X-KEY":
            self._key = _key(line, self.url)
        elif tag == "#EXT-X-MAP":
            attributes = _attributes(line)
            place = _range(attributes["BYTERANGE"], 0) if "BYTERANGE" in attributes else None
            self._map = (urljoin(self.url, attributes["URI"]), place, self._key)
        elif tag == "#EXT-X-BYTERANGE":
            last = self.segments[-1].range if self.segments else None
            self._range = _range(value, last.first + last.length if last else 0)
        elif tag == "#EXT-X-DISCONTINUITY":
            self._is_jump = True
        elif tag == "#EXT-X-GAP":
            self._is_gap = True
        elif tag == "#EXT-X-ENDLIST":
            self.is_complete = True

    def add_segment(self, line: str) -> None:
        if not self._is_gap:
            place, key, jump = urljoin(self.url, line), self._key, self._is_jump
            self.segments.append(Segment(self._sequence, place, self._seconds, key, self._range, *self._map, jump))
            self._is_jump = False
        self._sequence, self._range, self._is_gap = self._sequence + 1, None, False
