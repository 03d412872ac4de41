"""HLS playlists as text: master, video, subtitle (docs/contract/files.md 4).

`base` is the base path with its final slash, `file` a path below the root without a leading slash. `apikey` is what
the client has sent as `?apikey=`: players ask for every address of a playlist without headers of their own, so each
carries it on.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, urlencode

from dlambda.domain.files.segment import LENGTH, Conversion, Segment

CONTENT_TYPE = "application/x-mpegURL"
_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")


def _quote(text: str) -> str:
    """A value of an attribute list, which can hold neither quotes nor line breaks."""
    return _BREAKS.sub(" ", text).replace('"', "'")


def _url(base: str, route: str, file: str, ending: str, query: Mapping[str, str]) -> str:
    """The address, with those parameters of `query` that have a value."""
    place = f"{base.rstrip('/')}/api/player/{route}/{quote(file.lstrip('/'), safe='/')}{ending}"
    parameters = urlencode({name: value for name, value in query.items() if value}, quote_via=quote)
    return f"{place}?{parameters}" if parameters else place


def master_playlist(
    base: str,
    file: str,
    duration: float,
    subtitles: Iterable[Mapping[str, str]] = (),
    *,
    bandwidth: int | None = None,
    apikey: str = "",
) -> str:
    """The entry point of a file: its video and its subtitles (entries of `domain.files.sidecar`, paths below the root).

    `bandwidth` is in bits per second; the HLS rules require it, so leave it out only when nothing is known.
    """
    lines = ["#EXTM3U"]
    for subtitle in subtitles:
        query = {"duration": _decimal(duration), "apikey": apikey}
        address = _url(base, "m3u8/subtitle", subtitle["file"], ".m3u8", query)
        lines.append(
            '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",'
            f'NAME="{_quote(subtitle["name"])}",DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,'
            f'LANGUAGE="{_quote(subtitle["lang"])}",URI="{address}"'
        )
    stream = "#EXT-X-STREAM-INF:PROGRAM-ID=1"
    stream += f",BANDWIDTH={bandwidth}" if bandwidth else ""
    stream += ',SUBTITLES="subs"' if len(lines) > 1 else ""
    return "\n".join([*lines, stream, _url(base, "m3u8/video", file, ".m3u8", {"apikey": apikey})])


def _decimal(seconds: float) -> str:
    """Without an exponent, which a playlist cannot hold."""
    text = str(seconds)
    return f"{seconds:.6f}" if "e" in text else text


def _header(longest: float) -> list[str]:
    """The beginning of a playlist whose longest piece has `longest` seconds: RFC 8216 4.3.3.1 rounds these."""
    target = max(math.floor(longest + 0.5), int(LENGTH))  # an even grid keeps the documented 6
    return [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
    ]


def _query(segment: Segment, conversion: Conversion) -> dict[str, str]:
    """Parameters that the segment's route cannot know: conversions, the length, and a start that is not 6 x index."""
    length, start = f"{segment.length:.6f}", f"{segment.start:.6f}"
    return {
        "vc": "1" if conversion.video else "",
        "ac": "1" if conversion.audio else "",
        "sd": length if segment.last or length != f"{LENGTH:.6f}" else "",
        "st": start if start != f"{segment.index * LENGTH:.6f}" else "",
    }


def video_playlist(
    base: str, file: str, segments: Sequence[Segment], conversion: Conversion, *, apikey: str = ""
) -> str:
    """The segments of one file, in order."""
    lines = _header(max((segment.length for segment in segments), default=0.0))
    for segment in segments:
        query = {**_query(segment, conversion), "apikey": apikey}
        lines.append(f"#EXTINF:{segment.length:.6f},")
        lines.append(_url(base, f"segments/{segment.index}", file, ".ts", query))
    return "\n".join([*lines, "#EXT-X-ENDLIST"])


def subtitle_playlist(base: str, file: str, duration: float, *, apikey: str = "") -> str:
    """The playlist of a subtitle file: a single piece of `duration` seconds."""
    address = _url(base, "subtitle", file, ".vtt", {"apikey": apikey})
    return "\n".join([*_header(duration), f"#EXTINF:{_decimal(duration)},", address, "#EXT-X-ENDLIST"])
