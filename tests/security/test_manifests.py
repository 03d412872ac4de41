"""Playlists and manifests that name addresses of the private network, or files of the machine."""

from dataclasses import replace

import pytest

from tests.security.attempts import Attempt, Batch, Content, Own, Redirect, names
from tests.security.hostile import SECTIONS, dash, master_playlist, media_playlist, playlist_attempt

_KEY = '#EXT-X-KEY:METHOD=AES-128,URI="{}"'
_MAP = '#EXT-X-MAP:URI="{}"'
_PLAYLISTS = {
    "a variant at loopback": master_playlist("@DECOY@.m3u8"),
    "a segment at loopback": media_playlist("good.ts", "@DECOY@.ts"),
    "a first segment at loopback": media_playlist("@DECOY@.ts", "good.ts"),
    "a key at loopback": media_playlist("good.ts", head=_KEY.format("@DECOY@.key")),
    "a first piece at loopback": media_playlist("good.ts", head=_MAP.format("@DECOY@.mp4")),
    "a segment that redirects to loopback": media_playlist("good.ts", "away.ts"),
    "a segment whose name changes": media_playlist("good.ts", "http://rb1-@KEY@.test:@PORT@/@KEY@.ts"),
    "a segment at the metadata service": media_playlist("good.ts", "http://169.254.169.254/@KEY@.ts"),
    "a segment at a mapped address": media_playlist("good.ts", "http://[::ffff:7f00:1]:@PORT@/@KEY@.ts"),
    "a segment that is a file": media_playlist("good.ts", "file:@SECRET@.ts"),
    "a segment that is a path": media_playlist("good.ts", "@SECRET@.ts"),
    "a segment by concat": media_playlist("good.ts", "concat:@BASE@/good.ts|file:@SECRET@.ts"),
    "a segment by subfile": media_playlist("good.ts", "subfile,,start,0,end,0,,:@SECRET@.ts"),
    "a segment by crypto": media_playlist("good.ts", "crypto+file:@SECRET@.ts"),
    "a segment by tcp": media_playlist("good.ts", "tcp://127.0.0.1:@PORT@/@KEY@.ts"),
    "a key that is a file": media_playlist("good.ts", head=_KEY.format("file:@SECRET@.ts")),
    "a map that is a file": media_playlist("good.ts", head=_MAP.format("file:@SECRET@.mp4")),
    "a playlist within a playlist": media_playlist("good.ts", "@DECOY@.m3u8"),
}
_ALSO_BY_FFMPEG = ("a segment at loopback", "a key at loopback")
_AS_USUAL_ALONE = (
    "a first segment at loopback", "a segment at a mapped address", "a segment that is a path", "a segment by crypto",
    "a playlist within a playlist", "a segment at the metadata service", "a map that is a file", "a key that is a file",
    "a segment by subfile", "a segment by tcp", "a first piece at loopback",
)  # fmt: skip
_MODES = {"as usual": {}, "by ffmpeg": {"cli": "--hls-prefer-ffmpeg"}, "in sections": SECTIONS}
_DASHES = {
    "a base at loopback": dash("v.mp4", base="@DECOY@./"),
    "a file at loopback": dash("@DECOY@.mp4", "@DECOY@.m4a"),
    "segments at loopback": dash("", template="@DECOY@.$Number$.m4s"),
    "a film of the machine": dash("file:@SECRET@.mp4"),
    "a film by its path": dash("@SECRET@.mp4"),
    "segments of the machine": dash("", template="file:@SECRET@.mp4?$Number$"),
    "a base that is a folder of the machine": dash("secret.mp4", base="file:@SECRET@/../"),
    "a file that redirects": dash("away.mp4"),
}


def _hls() -> list[Attempt]:
    return [
        playlist_attempt(f"{name}, {mode}", playlist, body)
        for name, playlist in _PLAYLISTS.items()
        for mode, body in _MODES.items()
        if mode != "in sections" or name not in _AS_USUAL_ALONE
        if mode != "by ffmpeg" or name in _ALSO_BY_FFMPEG
    ]


def _live() -> list[Attempt]:
    streams = {name: text.replace("#EXT-X-ENDLIST\n", "") for name, text in _PLAYLISTS.items() if "variant" not in name}
    chosen = [
        "a segment at loopback", "a key at loopback", "a first piece at loopback",
        "a segment that redirects to loopback", "a segment whose name changes", "a segment that is a file",
        "a segment by concat",
    ]  # fmt: skip
    one = [replace(playlist_attempt(f"{name}, live", streams[name]), goes_on="@KEY@.m3u8") for name in chosen]
    orders = [
        replace(playlist_attempt(f"{name}, live, by a key", streams[name], {"duration": 3}), order="/get_live_video")
        for name in chosen[-2:]
    ]
    return [*one, *orders, _two_sounds()]


def _two_sounds() -> Attempt:
    pages: dict[str, Content] = {
        "@KEY@.m3u8": master_playlist("video.m3u8", sound=("sound.m3u8",)),
        "video.m3u8": media_playlist("good.ts", "@DECOY@.ts", live=True),
        "sound.m3u8": media_playlist("@DECOY@.aac", live=True),
        "good.ts": Own.TS,
    }
    return Attempt(
        "two groups of sound at loopback, live", pages, {"url": "@BASE@/@KEY@.m3u8"}, goes_on="sound.m3u8", looks=1
    )


def _dash() -> list[Attempt]:
    return [
        Attempt(
            f"DASH: {name}, {mode}",
            {"@KEY@.mpd": text, "away.mp4": Redirect("@DECOY@.mp4")}, {"url": "@BASE@/@KEY@.mpd", **body},
        )
        for name, text in _DASHES.items()
        for mode, body in _MODES.items()
        if mode == "as usual" or (mode == "in sections" and "loopback" in name)
    ]  # fmt: skip


ATTEMPTS = [*_hls(), *_dash(), *_live()]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=names(ATTEMPTS))
def test_no_manifest_leads_inside(batch: Batch, attempt: Attempt) -> None:
    batch.check(attempt)
