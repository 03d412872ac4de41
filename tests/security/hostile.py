"""Pages, playlists and manifests that lead wherever an attempt wants. Texts may hold the placeholders of `attempts`."""

import json
from collections.abc import Mapping
from xml.sax.saxutils import escape

from tests.security.attempts import Attempt, Content, Own, Redirect

SECTIONS = {"cli": "--download-sections *0-2"}


def media_playlist(*segments: str, head: str = "", live: bool = False) -> str:
    """An HLS playlist of segments of 1 s; `head` is put before the first."""
    entries = "".join(f"#EXTINF:1.0,\n{segment}\n" for segment in segments)
    start = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
    return start + (f"{head}\n" if head else "") + entries + ("" if live else "#EXT-X-ENDLIST\n")


def master_playlist(*variants: str, sound: tuple[str, ...] = ()) -> str:
    """An HLS playlist of variants, the best last; with `sound`, a group of audio for each."""
    groups = "".join(
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a{n}",NAME="a{n}",DEFAULT=YES,URI="{url}"\n' for n, url in enumerate(sound)
    )
    codecs = 'CODECS="avc1.42c00c,mp4a.40.2"'
    streams = "".join(
        f"#EXT-X-STREAM-INF:BANDWIDTH={100_000 * (n + 1)},RESOLUTION={160 * (n + 1)}x{90 * (n + 1)},{codecs}"
        + (f',AUDIO="a{min(n, len(sound) - 1)}"' if sound else "")
        + f"\n{url}\n"
        for n, url in enumerate(variants)
    )
    return "#EXTM3U\n" + groups + streams


def best_variant(url: str) -> dict[str, Content]:
    """A master playlist `@KEY@.m3u8` whose best variant is `url`, beside a good one."""
    return {
        "@KEY@.m3u8": master_playlist("good.m3u8", url),
        "good.m3u8": media_playlist("good.ts"),
        "good.ts": Own.TS,
    }


def dash(*representations: str, base: str = "", template: str = "") -> str:
    """An MPD of 3 s. A representation is the address of a whole file; `template` is a SegmentTemplate's media."""
    segments = f'<SegmentTemplate media="{escape(template)}" duration="1" startNumber="1"/>' if template else ""
    sets = "".join(_adaptation_set(n, url, segments) for n, url in enumerate(representations or ("",)))
    base_url = f"<BaseURL>{escape(base)}</BaseURL>" if base else ""
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT3S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">'
        f'{base_url}<Period duration="PT3S">{sets}</Period></MPD>'
    )


def _adaptation_set(number: int, url: str, segments: str) -> str:
    kind, size = (
        ("video/mp4", ' codecs="avc1.42c00c" width="160" height="120"'),
        ("audio/mp4", ' codecs="mp4a.40.2" audioSamplingRate="44100"'),
    )[number % 2]
    address = f"<BaseURL>{escape(url)}</BaseURL>" if url else ""
    return (
        f'<AdaptationSet mimeType="{kind}"><Representation id="r{number}" bandwidth="90000"{size}>'
        f"{address}{segments}</Representation></AdaptationSet>"
    )


def json_ld(url: str, **more: str) -> str:
    """A page with a VideoObject whose film is `url`."""
    data = {
        "@context": "https://schema.org", "@type": "VideoObject", "name": "A film", "contentUrl": url,
        "thumbnailUrl": "http://pub.test/none.jpg", "uploadDate": "2026-01-01", **more,
    }  # fmt: skip
    return f'<html><head><script type="application/ld+json">{json.dumps(data)}</script></head><body></body></html>'


def video_page(source: str = "", inner: str = "", attributes: str = "", head: str = "") -> str:
    """A page with one `<video>`."""
    sources = f'<source src="{source}" type="video/mp4">' if source else ""
    return f"<html><head><title>t</title>{head}</head><body><video {attributes}>{sources}{inner}</video></body></html>"


def page_attempt(fact: str, page: str, body: Mapping[str, object] | None = None, **more: Content) -> Attempt:
    """An attempt by a page; `good.mp4` is beside it."""
    return Attempt(fact, {"@KEY@.html": page, "good.mp4": Own.MP4, **more}, body or {})


def playlist_attempt(fact: str, playlist: str, body: Mapping[str, object] | None = None, **more: object) -> Attempt:
    """An attempt by a playlist `@KEY@.m3u8`; `good.ts` is beside it, and `away.ts` redirects to the decoy."""
    pages: dict[str, Content] = {
        "@KEY@.m3u8": playlist,
        "good.ts": Own.TS,
        "away.ts": Redirect("@DECOY@.ts"),
    }
    return Attempt(fact, pages, {"url": "@BASE@/@KEY@.m3u8", **(body or {})}, **more)  # type: ignore[arg-type]
