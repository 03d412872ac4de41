"""Addresses that only ffmpeg understands, and "films" that are manifests, playlists or scripts for ffmpeg."""

from collections.abc import Mapping

import pytest

from tests.security.attempts import Attempt, Batch, Content, Own, Redirect, names
from tests.security.hostile import SECTIONS, best_variant, dash, json_ld, master_playlist, media_playlist

_PLAYLIST_OF_THE_SECRET = media_playlist("file:@SECRET@.ts")
_PLAYLIST_OF_THE_DECOY = media_playlist("@DECOY@.ts")
_RTSP_REDIRECT = "RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: rtsp://127.0.0.1:@PORT@/@KEY@.\r\n\r\n"
_SAYS = {"tcp": _PLAYLIST_OF_THE_SECRET, "http": "HTTP/1.1 200 OK\r\n\r\n" + _PLAYLIST_OF_THE_SECRET,
         "rtsp": _RTSP_REDIRECT}  # fmt: skip
_RTSP, _TCP = "rtsp://pub.test:@SAY:rtsp@/@KEY@.", "tcp://pub.test:@SAY:tcp@/@KEY@.m3u8"
_A_SENTENCE = r"^(?!ffmpeg exited)"  # an item that fails says why
_BY_METADATA = (
    "--parse-metadata 'before_dl:%(title)s:(?P<url>.+)' --parse-metadata 'before_dl:{protocol}:(?P<protocol>.+)' "
)

# What may stand in a page or a playlist in place of a web address. Each leads to a secret, or to a decoy.
_ADDRESSES = {
    "tcp to a playlist": _TCP,
    "tcp to loopback": "tcp://127.0.0.1:@PORT@",
    "rtsp that redirects": _RTSP,
    "rtsp to a name that changes": "rtsp://rb1-r@KEY@.test:@PORT@/",
    "satip": "satip://rb1-i@KEY@.test:@PORT@/",
    "rtmp to a name that changes": "rtmp://rb1-m@KEY@.test:@PORT@/live/x",
    "rtmp to loopback": "rtmp://127.0.0.1:@PORT@/live/x",
    "rtmpe": "rtmpe://rb1-e@KEY@.test:@PORT@/live/x",
    "udp": "udp://pub.test:@PORT@",
    "udp to loopback": "udp://127.0.0.1:@PORT@?connect=1",
    "rtp": "rtp://pub.test:@PORT@",
    "mms": "mms://rb1-q@KEY@.test:@PORT@/x",
    "ftp": "ftp://rb1-f@KEY@.test:@PORT@/x.ts",
    "gopher": "gopher://rb1-g@KEY@.test:@PORT@/_x",
    "srt": "srt://pub.test:@PORT@",
    "a unix socket": "unix:/run/x",
    "a pipe": "pipe:0",
    "a file": "file:@SECRET@.ts",
    "a file with slashes": "file://@SECRET@.ts",
    "concat": "concat:@SECRET@.ts|@SECRET@.ts",
    "subfile": "subfile,,start,0,end,0,,:@SECRET@.ts",
    "data": "data:application/vnd.apple.mpegurl,%23EXTM3U%0A%23EXTINF:1,%0Afile:@SECRET@.ts%0A%23EXT-X-ENDLIST",
    "hls over http": "hls+http://pub.test/@KEY@/secret.m3u8",
    "httpproxy": "httpproxy://127.0.0.1:@PORT@/@KEY@.",
    "a websocket": "ws://127.0.0.1:@PORT@/@KEY@.",
}  # fmt: skip
_IN_JSON_LD = (
    "rtmp to a name that changes", "rtmp to loopback", "rtsp that redirects", "tcp to a playlist", "ftp",
    "a file with slashes", "a websocket",
)  # fmt: skip
_BY_A_KEY = ("tcp to a playlist", "rtsp that redirects", "rtmp to a name that changes", "a file")
_PIECES = {"start_time": 0, "end_time": 2}


def _in_playlists() -> list[Attempt]:
    more: dict[str, Content] = {"secret.m3u8": _PLAYLIST_OF_THE_SECRET}
    return [
        Attempt(
            f"a variant by {name}", best_variant(address) | more, {"url": "@BASE@/@KEY@.m3u8", **SECTIONS}, _SAYS,
            text="" if name == "subfile" else _A_SENTENCE,  # its commas make a relative address of it: a plain 404
        )
        for name, address in _ADDRESSES.items()
    ] + [
        Attempt(
            f"a variant by {name}, by a key", best_variant(_ADDRESSES[name]), {"url": "@BASE@/@KEY@.m3u8", **_PIECES},
            _SAYS, order="/get_video", text=_A_SENTENCE,
        )
        for name in _BY_A_KEY
    ]  # fmt: skip


def _in_json_ld() -> list[Attempt]:
    def attempt(name: str, fact: str, body: Mapping[str, object], order: str = "") -> Attempt:
        pages: dict[str, Content] = {"@KEY@.html": json_ld(_ADDRESSES[name]), "secret.m3u8": _PLAYLIST_OF_THE_SECRET}
        return Attempt(fact, pages, body, _SAYS, order=order, ends=("error",), text=_A_SENTENCE)

    return [
        *(attempt(name, f"a page's film by {name}", {}) for name in _IN_JSON_LD),
        *(attempt(name, f"a page's film by {name}, in sections", SECTIONS) for name in _IN_JSON_LD[:2]),
        *(attempt(name, f"a page's film by {name}, by a key", _PIECES, "/get_video") for name in _IN_JSON_LD[:1]),
    ]


def _live_pages() -> list[Attempt]:
    def attempt(kind: str, address: str) -> Attempt:
        pages: dict[str, Content] = {
            "@KEY@.m3u8": master_playlist("video.m3u8", "video.m3u8", sound=("sound.m3u8", address)),
            "video.m3u8": media_playlist("good.ts", live=True),
            "sound.m3u8": media_playlist("good.ts", live=True),
            "good.ts": Own.TS,
        }
        fact = f"a live page alone, its second sound by {kind}"
        return Attempt(fact, pages, {"url": "@BASE@/@KEY@.m3u8"}, _SAYS, text=_A_SENTENCE, goes_on="video.m3u8")

    return [attempt("rtsp", _RTSP), attempt("tcp", _TCP), attempt("rtmp", _ADDRESSES["rtmp to a name that changes"])]


def _by_options() -> list[Attempt]:
    def attempt(name: str, protocol: str, address: str, options: str) -> Attempt:
        page = json_ld("@BASE@/good.mp4", name=address)
        pages: dict[str, Content] = {"@KEY@.html": page, "good.mp4": Own.MP4, "secret.m3u8": _PLAYLIST_OF_THE_SECRET}
        cli = options.format(protocol=protocol)
        return Attempt(f"an option sets {name}", pages, {"cli": cli}, _SAYS)

    url = "--parse-metadata 'before_dl:%(title)s:(?P<{}>.+)' "
    return [
        attempt("address and protocol to tcp", "m3u8", _TCP, _BY_METADATA),
        attempt("address and protocol to rtsp", "rtsp", _RTSP, _BY_METADATA),
        attempt("address and protocol to rtmp", "rtmp", "rtmp://127.0.0.1:@PORT@/x", _BY_METADATA),
        attempt("address and protocol to a file", "m3u8", "file:@SECRET@.ts", _BY_METADATA),
        attempt("address and protocol after the choice", "m3u8", _TCP, _BY_METADATA.replace("before_dl", "video")),
        attempt("the manifest's address", "", _TCP, url.format("manifest_url") + SECTIONS["cli"]),
        attempt("the address alone", "", "file:@SECRET@.mp4", url.format("url")),
        attempt("the address in sections", "", _TCP, url.format("url") + SECTIONS["cli"]),
        attempt("the address of the pieces", "", "@DECOY@.mp4", url.format("fragment_base_url")),
        attempt("the address by replacement", "", _TCP,
                "--replace-in-metadata 'before_dl:url' '.+' 'file:@SECRET@.mp4' --replace-in-metadata "
                "'before_dl:protocol' '.+' 'm3u8'"),
    ]  # fmt: skip


# What a "film" may really be.
_SDP = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video @PORT@ RTP/AVP 96\na=rtpmap:96 H264/90000\n"
)
_LIBRARY = "../../../../media/dlambda/files/library.mp4"
_FILMS = {
    "a DASH manifest of a file": dash("file:@SECRET@.mp4", "file:@SECRET@.mp4"),
    "a DASH manifest of a path": dash("@SECRET@.mp4"),
    "a DASH manifest of the library": dash(_LIBRARY, _LIBRARY),
    "a DASH manifest of loopback": dash("@DECOY@.mp4"),
    "an HLS playlist of a file": _PLAYLIST_OF_THE_SECRET,
    "an HLS playlist of loopback": _PLAYLIST_OF_THE_DECOY,
    "a script of concat": "ffconcat version 1.0\nfile '@SECRET@.ts'\n",
    "an SDP of loopback": _SDP,
    "a Smooth Streaming manifest": '<SmoothStreamingMedia><StreamIndex Url="@DECOY@.mp4"/></SmoothStreamingMedia>',
    "an IMF asset map": '<AssetMap xmlns="http://www.smpte-ra.org/schemas/429-9/2007/AM"><AssetList><Asset><ChunkList>'
    "<Chunk><Path>file:@SECRET@.mp4</Path></Chunk></ChunkList></Asset></AssetList></AssetMap>",
    "an RTSP text": "RTSPtextrtsp://127.0.0.1:@PORT@/@KEY@.\n",
    "an ASX": '<asx version="3.0"><entry><ref href="@DECOY@.mp4"/></entry></asx>',
}  # fmt: skip
_TWO = dash("video.mp4", "audio.mp4")
_PROCESSINGS = {
    "merged": {},
    "remuxed": {"cli": "--remux-video mkv"},
    "recoded": {"cli": "--recode-video avi"},
    "extracted": {"cli": "-x"},
    "tagged": {"cli": "--embed-metadata --embed-chapters"},
    "fixed": {"cli": "--fixup force"},
}


def _films() -> list[Attempt]:
    def attempt(film: str, processing: str, order: str = "") -> Attempt:
        content = _FILMS[film]
        pages: dict[str, Content] = {"@KEY@.mpd": _TWO, "video.mp4": content, "audio.mp4": content}
        fact = f"a film is {film}, {'by ' + order if order else processing}"
        body = {"url": "@BASE@/@KEY@.mpd"} | ({} if order else _PROCESSINGS[processing])
        return Attempt(fact, pages, body, order=order, unchanged=True)

    first = list(_FILMS)[:3]
    return [
        *(attempt(film, "merged") for film in _FILMS),
        *(attempt(film, processing) for film in first[:1] for processing in list(_PROCESSINGS)[1:]),
        *(attempt(film, "remuxed") for film in first[1:3]),
        *(attempt(film, "", order) for film in first[1:3] for order in ("/get_video", "/get_audio")),
    ]


def _single_films() -> list[Attempt]:
    return [
        Attempt(
            f"a single film is {film}, {processing}", {"@KEY@.mp4": content},
            {"url": "@BASE@/@KEY@.mp4", **_PROCESSINGS[processing]}, unchanged=True,
        )
        for film, content in _FILMS.items()
        for processing in ("remuxed", "extracted")
        if film == "a DASH manifest of a file" or (processing == "remuxed" and "HLS" in film)
    ]  # fmt: skip


def _thumbnails_and_subtitles() -> list[Attempt]:
    hostile_subtitle = _PLAYLIST_OF_THE_SECRET
    page = (
        '<html><body><video poster="@BASE@/p.jpg"><source src="good.mp4" type="video/mp4">'
        '<track kind="subtitles" srclang="en" src="s.vtt"></video></body></html>'
    )
    pages: dict[str, Content] = {
        "@KEY@.html": page, "good.mp4": Own.MP4, "s.vtt": hostile_subtitle, "p.jpg": dash("file:@SECRET@.mp4"),
    }  # fmt: skip
    options = {
        "subtitles are a playlist": "--write-subs --embed-subs --remux-video mkv",
        "subtitles are a playlist, converted": "--write-subs --convert-subs srt",
        "a picture is a manifest": "--write-thumbnail --convert-thumbnails png",
        "a picture is a manifest, embedded": "--embed-thumbnail",
    }
    away = pages | {"s.vtt": Redirect("@DECOY@.vtt"), "p.jpg": Redirect("@DECOY@.jpg")}
    return [
        *(Attempt(name, pages, {"cli": cli}) for name, cli in options.items()),
        Attempt("pictures and subtitles redirect", away, {"cli": "--write-thumbnail --write-subs"}),
    ]


ATTEMPTS = [
    *_in_playlists(), *_in_json_ld(), *_live_pages(), *_by_options(), *_films(), *_single_films(),
    *_thumbnails_and_subtitles(),
]  # fmt: skip


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=names(ATTEMPTS))
def test_ffmpeg_reads_only_what_was_downloaded(batch: Batch, attempt: Attempt) -> None:
    batch.check(attempt)
