"""The media that the origin serves: made once with ffmpeg, kept in a cache folder, the same bytes ever after."""

import fcntl
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

VERSION = 3  # raise it when a recipe changes: the cache folder carries it in its name
BIG_BYTES = 522_000_000
CLIP_SECONDS = 10
CLIP_FRAMES = 300
LIVE_SEGMENTS = 120  # of one second each, with continuous timestamps
_BLOCK = 8 * 1024 * 1024

_H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30", "-keyint_min", "30",
         "-sc_threshold", "0", "-threads", "2"]  # fmt: skip
_AAC = ["-c:a", "aac", "-b:a", "96k", "-ar", "44100", "-ac", "2"]
_FIXED = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]


@dataclass(frozen=True)
class Recipe:
    """How one output comes to be: ffmpeg's arguments behind the inputs; `output` is relative to the folder."""

    output: str
    arguments: list[str]
    source: str = "lavfi"  # or the name of a file made before


def ffmpeg() -> str:
    """The ffmpeg binary for tests."""
    import imageio_ffmpeg  # only where media is made: the origin itself needs none

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def _lavfi(seconds: int, size: str, tone: int, picture: str) -> list[str]:
    return [
        "-f", "lavfi", "-i", f"{picture}=size={size}:rate=30:duration={seconds}",
        "-f", "lavfi", "-i", f"sine=frequency={tone}:sample_rate=44100:duration={seconds}",
    ]  # fmt: skip


_CLIP = _lavfi(CLIP_SECONDS, "640x360", 440, "testsrc2")
_OTHER = _lavfi(CLIP_SECONDS, "640x360", 880, "smptebars")
_SHORT = _lavfi(3, "320x180", 660, "testsrc2")
_LIVE = _lavfi(LIVE_SEGMENTS, "320x180", 550, "testsrc")
_RATE = ["-b:v", "1500k", "-minrate", "1500k", "-maxrate", "1500k", "-bufsize", "1500k", "-nal-hrd", "cbr"]

_FROM_NOTHING: list[tuple[list[str], Recipe]] = [
    (_CLIP, Recipe("clip.mp4", [*_H264, *_RATE, *_AAC, "-movflags", "+faststart"])),
    (_OTHER, Recipe("other.mp4", [*_H264, "-b:v", "600k", *_AAC, "-movflags", "+faststart"])),
    (_SHORT, Recipe("short.mp4", [*_H264, *_AAC, "-movflags", "+faststart"])),
    (_SHORT, Recipe("vp9.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "200k",
                                 "-c:a", "libopus", "-ac", "2", "-ar", "48000"])),
    (_SHORT, Recipe("hevc.mp4", ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error",
                                 "-tag:v", "hvc1", *_AAC, "-movflags", "+faststart"])),
    (_SHORT, Recipe("audio.mp3", ["-vn", "-map", "1:a", "-c:a", "libmp3lame", "-b:a", "128k"])),
    (_SHORT, Recipe("audio.m4a", ["-vn", "-map", "1:a", *_AAC])),
    (_SHORT, Recipe("audio.opus", ["-vn", "-map", "1:a", "-c:a", "libopus", "-ar", "48000"])),
    (_LIVE, Recipe("live/%d.ts", [*_H264, "-b:v", "150k", *_AAC, "-f", "segment", "-segment_time", "1",
                                  "-segment_format", "mpegts", "-reset_timestamps", "0"])),
]  # fmt: skip

_FROM_FILES = [
    Recipe("hls/high/index.m3u8", ["-c", "copy", "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod",
                                   "-hls_segment_filename", "hls/high/%d.ts"], "clip.mp4"),
    Recipe("hls/low/index.m3u8", ["-c", "copy", "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod",
                                  "-hls_segment_filename", "hls/low/%d.ts"], "other.mp4"),
    Recipe("hls/aes/index.m3u8", ["-c", "copy", "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod",
                                  "-hls_key_info_file", "hls/aes/key.info",
                                  "-hls_segment_filename", "hls/aes/%d.ts"], "clip.mp4"),
    Recipe("dash/manifest.mpd", ["-c", "copy", "-f", "dash", "-seg_duration", "2", "-use_template", "1",
                                 "-use_timeline", "0", "-init_seg_name", "init-$RepresentationID$.m4s",
                                 "-media_seg_name", "$RepresentationID$-$Number%05d$.m4s",
                                 "-adaptation_sets", "id=0,streams=v id=1,streams=a"], "clip.mp4"),
    Recipe("thumbnail.jpg", ["-frames:v", "1", "-update", "1"], "clip.mp4"),
]  # fmt: skip

_MASTER = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS="avc1.42c01e,mp4a.40.2"
low/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1800000,RESOLUTION=640x360,CODECS="avc1.42c01e,mp4a.40.2"
high/index.m3u8
"""
_CUES = [("00:00:00", "00:00:04", "First line"), ("00:00:04", "00:00:09", "Second line, with ünïcode")]


def cache_folder() -> Path:
    """Where the media is kept: `DLAMBDA_TEST_MEDIA`, else a folder of this user under the system's temporary one."""
    named = os.environ.get("DLAMBDA_TEST_MEDIA")
    return Path(named) if named else Path(tempfile.gettempdir()) / f"dlambda-origin-{os.getuid()}-v{VERSION}"


def media_folder() -> Path:
    """The folder with everything but the big file, made at the first call (about 20 s). Safe between processes."""
    folder = cache_folder()
    with _lock(folder):
        if not (folder / "done").exists():
            _make(folder)
            (folder / "done").touch()
    return folder


def big_file() -> Path:
    """`big.mp4`, a playable mp4 of exactly `BIG_BYTES`: the clip, then a `free` box of noise."""
    folder = media_folder()
    big = folder / "big.mp4"
    with _lock(folder):
        if not big.exists():
            _make_big(folder / "clip.mp4", big)
    return big


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    for name in ("hls/high", "hls/low", "hls/aes", "dash", "live"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    (folder / "hls/aes/enc.key").write_bytes(bytes(range(16)))
    (folder / "hls/aes/key.info").write_text("enc.key\nhls/aes/enc.key\n" + "0" * 31 + "1\n")
    (folder / "hls/master.m3u8").write_text(_MASTER)
    for inputs, recipe in _FROM_NOTHING:
        _run(folder, [*inputs, *recipe.arguments, recipe.output])
    for recipe in _FROM_FILES:
        _run(folder, ["-i", recipe.source, *recipe.arguments, recipe.output])
    _write_subtitles(folder)


def _run(folder: Path, arguments: list[str]) -> None:
    command = [ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *arguments[:-1], *_FIXED]
    subprocess.run([*command, arguments[-1]], cwd=folder, check=True)


def _write_subtitles(folder: Path) -> None:
    vtt = "\n\n".join(f"{start}.000 --> {end}.000\n{text}" for start, end, text in _CUES)
    srt = "\n\n".join(f"{n}\n{a},000 --> {b},000\n{text}" for n, (a, b, text) in enumerate(_CUES, 1))
    (folder / "clip.en.vtt").write_text(f"WEBVTT\n\n{vtt}\n", encoding="utf-8")
    (folder / "clip.en.srt").write_text(f"{srt}\n", encoding="utf-8")


def _make_big(clip: Path, big: Path) -> None:
    head = clip.read_bytes()
    box = BIG_BYTES - len(head)
    noise = random.Random(522).randbytes(_BLOCK)
    making = big.with_suffix(".part")
    with making.open("wb") as file:
        file.write(head + box.to_bytes(4, "big") + b"free")
        left = box - 8
        number = 0
        while left > 0:
            block = number.to_bytes(8, "big") + noise[8:]  # numbered: a block lost or doubled shows
            file.write(block[:left])
            left -= len(block[:left])
            number += 1
    making.rename(big)
