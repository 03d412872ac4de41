"""HLS playlists as text: master, video, subtitle (docs/contract/files.md 4).

`base` is the base path with its final slash, `file` a path below the root without a leading slash.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from dlambda.domain.files.segment import LENGTH, Conversion, Segment

CONTENT_TYPE = "application/x-mpegURL"
_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")


def _quoted(text: str) -> str:
    """A value of an attribute list, which can hold neither quotes nor line breaks."""
    return _BREAKS.sub(" ", text).replace('"', "'")


def _url(base: str, route: str, file: str, ending: str) -> str:
    return f"{base.rstrip('/')}/api/player/{route}/{quote(file.lstrip('/'), safe='/')}{ending}"


def master_playlist(
    base: str,
    file: str,
    duration: float,
    subtitles: Iterable[Mapping[str, str]] = (),
    *,
    bandwidth: int | None = None,
) -> str:
    """The entry point of a file: its video and its subtitles (entries of `domain.files.sidecar`, paths below the root).

    `bandwidth` is in bits per second; the HLS rules require it, so leave it out only when nothing is known.
    """
    lines = ["#EXTM3U"]
    for subtitle in subtitles:
        address = _url(base, "m3u8/subtitle", subtitle["file"], f".m3u8?duration={duration}")
        lines.append(
            '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",'
            f'NAME="{_quoted(subtitle["name"])}",DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,'
            f'LANGUAGE="{_quoted(subtitle["lang"])}",URI="{address}"'
        )
    stream = "#EXT-X-STREAM-INF:PROGRAM-ID=1"
    stream += f",BANDWIDTH={bandwidth}" if bandwidth else ""
    stream += ',SUBTITLES="subs"' if len(lines) > 1 else ""
    return "\n".join([*lines, stream, _url(base, "m3u8/video", file, ".m3u8")])


def _header(target: int) -> list[str]:
    return [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
    ]


def _query(segment: Segment, conversion: Conversion) -> str:
    """What the segment's door cannot know by itself: conversions, the length, and a start that is not 6 x index."""
    length, start = f"{segment.length:.6f}", f"{segment.start:.6f}"
    values = [
        "vc=1" if conversion.video else "",
        "ac=1" if conversion.audio else "",
        f"sd={length}" if segment.last or length != f"{LENGTH:.6f}" else "",
        f"st={start}" if start != f"{segment.index * LENGTH:.6f}" else "",
    ]
    query = "&".join(value for value in values if value)
    return f"?{query}" if query else ""


def video_playlist(base: str, file: str, segments: Sequence[Segment], conversion: Conversion) -> str:
    """The segments of one file, in order."""
    # The target must not be below any rounded length; an even grid keeps the documented 6.
    target = max([math.floor(segment.length + 0.5) for segment in segments] + [int(LENGTH)])
    lines = _header(target)
    for segment in segments:
        lines.append(f"#EXTINF:{segment.length:.6f},")
        lines.append(_url(base, f"segments/{segment.index}", file, f".ts{_query(segment, conversion)}"))
    return "\n".join([*lines, "#EXT-X-ENDLIST"])


def subtitle_playlist(base: str, file: str, duration: float) -> str:
    """One subtitle file as a single piece of `duration` seconds. The header is the video's, as documented."""
    lines = [*_header(int(LENGTH)), f"#EXTINF:{duration},", _url(base, "subtitle", file, ".vtt")]
    return "\n".join([*lines, "#EXT-X-ENDLIST"])
