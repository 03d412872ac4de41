"""Short media files of every kind that a player may meet, made with ffmpeg."""

import hashlib
import random
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg

from tests.origin.media import cache_folder

SECONDS = 13
RATE = 25
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()

_PICTURE = ("-f", "lavfi", "-i", f"testsrc2=s=320x180:r={RATE}:d={SECONDS}")
_SOUND = ("-f", "lavfi", "-i", f"sine=440:sample_rate=44100:d={SECONDS}")
_H264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-pix_fmt", "yuv420p")  # a key frame every 2.4 s
_RECIPES: dict[str, tuple[str, ...]] = {
    "h264-aac.mp4": (*_PICTURE, *_SOUND, *_H264, "-c:a", "aac"),
    "faststart.mp4": (*_PICTURE, *_SOUND, *_H264, "-c:a", "aac", "-movflags", "+faststart"),
    "fragments.mp4": (*_PICTURE, *_SOUND, *_H264, "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"),
    "h264-mp3.mkv": (*_PICTURE, *_SOUND, *_H264, "-c:a", "libmp3lame"),
    "h264-aac.ts": (*_PICTURE, *_SOUND, *_H264, "-c:a", "aac"),
    "h264-opus.mkv": (*_PICTURE, *_SOUND, *_H264, "-c:a", "libopus"),
    "h264-10bit.mkv": (*_PICTURE, *_SOUND, *_H264[:-1], "yuv420p10le", "-c:a", "aac"),
    "hevc-flac.mkv": (
        *_PICTURE,
        *_SOUND,
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=error",
        "-c:a",
        "flac",
    ),
    "vp9-opus.webm": (
        *_PICTURE,
        *_SOUND,
        "-c:v",
        "libvpx-vp9",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-c:a",
        "libopus",
    ),
    "silent.mp4": (*_PICTURE, *_H264),
    "aac.m4a": (*_SOUND, "-c:a", "aac"),
    "mp3.mp3": (*_SOUND, "-c:a", "libmp3lame"),
    "opus.opus": (*_SOUND, "-c:a", "libopus"),
    "short-sound.mp4": (*_PICTURE, *_SOUND[:-1], "sine=440:d=5", *_H264, "-c:a", "aac"),
}
NAMES = tuple(_RECIPES)

_SMALL = ("-f", "lavfi", "-i", f"testsrc2=s=160x90:r={RATE}:d={SECONDS}")
_LATE = ("-itsoffset", "8", *_SMALL[:-1], f"testsrc2=s=160x90:r={RATE}:d=5")
_TONE = "sin(440*2*PI*t)"
_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")
_HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "bframes=4:rc-lookahead=20:log-level=error")
_SLOW = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=1/4:d=60")
_MINUTE = ("-f", "lavfi", "-i", "sine=d=60")
_ODD: dict[str, tuple[str, ...]] = {
    # Where no index leads a seek to the key frame, which lies far from a piece's start.
    "far-key.ts": (*_SMALL, *_SOUND, *_H264, "-g", "250", "-c:a", "aac"),
    "far-key.mpg": (*_SMALL, *_SOUND, "-c:v", "mpeg2video", "-g", "80", "-bf", "2", "-c:a", "mp2"),
    "sound-goes-on.webm": (*_SMALL[:-1], f"testsrc2=s=160x90:r={RATE}:d=3", *_SOUND, *_VP9, "-c:a", "libopus"),
    "far-key.flv": (*_SMALL, *_SOUND, "-c:v", "flv1", "-g", "80", "-c:a", "libmp3lame"),
    "mp2.ts": (*_SMALL, *_SOUND, "-c:v", "mpeg2video", "-g", "80", "-c:a", "mp2"),
    # Sound is found by the index of the pictures, which begins behind the sound.
    "late-picture.webm": (*_LATE, *_SOUND, "-map", "0", "-map", "1", *_VP9, "-c:a", "libopus"),
    "late-picture.mkv": (*_LATE, *_SOUND, "-map", "0", "-map", "1", *_VP9, "-c:a", "libmp3lame"),
    "sound.wav": _SOUND,
    "sound.aac": (*_SOUND, "-c:a", "aac"),
    "begins-late.mkv": (*_SMALL, *_SOUND, *_H264, "-c:a", "aac", "-output_ts_offset", "5"),
    "7.1.mp4": (*_SMALL, "-f", "lavfi", "-i", f"aevalsrc={_TONE}{'|0' * 7}:c=7.1:d={SECONDS}", *_H264, "-c:a", "aac"),
    # An encoder has read on far before it gives the first of few pictures, and what it gives is shown much later.
    "slow-hevc.mp4": (*_SLOW, *_MINUTE, *_HEVC, "-c:a", "aac"),
    "slow-hevc.mkv": (*_SLOW, *_MINUTE, *_HEVC, "-c:a", "aac"),
    "slow-hevc.ts": (*_SLOW, *_MINUTE, *_HEVC, "-c:a", "aac"),
    "slow-ac3.mkv": (*_SLOW, *_MINUTE, *_H264, "-c:a", "ac3"),
    "slow-keys.mkv": (*_SLOW, *_MINUTE, *_H264, "-g", "3", "-c:a", "aac"),
    "slow-keys.ts": (*_SLOW, *_MINUTE, *_H264, "-g", "3", "-c:a", "aac"),
    "slow-mpeg4.mkv": (
        *_SLOW[:-1],
        "testsrc2=s=160x90:r=1/8:d=64",
        *_MINUTE,
        "-c:v",
        "mpeg4",
        "-bf",
        "2",
        "-c:a",
        "aac",
    ),
    "pauses.mp4": (
        *(*_SLOW[:-1], "testsrc2=s=160x90:r=5:d=60", *_MINUTE, "-vf", "select='lt(mod(t,20),3)'"),
        *("-fps_mode", "vfr", *_HEVC, "-c:a", "aac"),
    ),
    # Pieces without pictures, at the end and at the beginning.
    "sound-goes-on.mp4": (
        *_SMALL[:-1],
        f"testsrc2=s=160x90:r={RATE}:d=8",
        *_MINUTE[:-1],
        "sine=d=31",
        *_HEVC,
        "-c:a",
        "aac",
    ),
    "late-picture-aac.mkv": (*_LATE, *_SOUND, "-map", "0", "-map", "1", *_H264, "-c:a", "aac"),
    # Its time stamps, which have 33 bits, begin anew after 2.3 s.
    "wrapped.ts": (*_SMALL, *_SOUND, *_H264, "-c:a", "aac", "-output_ts_offset", "95440"),
    "wrapped-hevc.ts": (*_SMALL, *_SOUND, *_HEVC, "-c:a", "aac", "-output_ts_offset", "95440"),
    "sound-ends.mkv": (
        *_SMALL[:-1],
        f"testsrc2=s=160x90:r={RATE}:d=60",
        *_SOUND[:-1],
        "sine=d=3",
        *_H264,
        "-c:a",
        "aac",
    ),
    "minute.mp4": (  # so large that a seek is a request of its own
        *("-f", "lavfi", "-i", f"testsrc2=s=640x360:r={RATE}:d=60", *_SOUND[:-1], "sine=440:sample_rate=44100:d=60"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac"),
        *("-movflags", "+faststart"),
    ),
    "faststart-ac3.mp4": (*_PICTURE, *_SOUND, *_H264, "-c:a", "ac3", "-movflags", "+faststart"),
    "faststart-hevc.mp4": (*_PICTURE, *_SOUND, *_HEVC, "-c:a", "aac", "-movflags", "+faststart"),
    "hevc-aac.ts": (*_PICTURE, *_SOUND, *_HEVC, "-c:a", "aac"),
    "slides.webm": (*_SMALL[:-1], "testsrc2=s=160x90:r=1/10:d=20", *_SOUND, *_VP9, "-c:a", "libopus"),
}


def make_changing_sound(folder: Path) -> Path:
    """4 s of a tone in stereo, and 4 s of it in 5.1 behind them, in one stream."""
    path = folder / "changing.ts"
    with path.open("wb") as file:
        for start, layout, channels in ((0, "stereo", (_TONE, _TONE)), (4, "5.1", (_TONE, _TONE, "0", "0", "0", "0"))):
            sound = ("-f", "lavfi", "-i", f"aevalsrc={'|'.join(channels)}:c={layout}:d=4")
            made = ("-c:a", "ac3", "-output_ts_offset", str(start), "-f", "mpegts", "-")
            subprocess.run([FFMPEG, "-loglevel", "error", *sound, *made], stdout=file, check=True)
    return path


def make_damaged(folder: Path, name: str, *, kept: float, noise: bool) -> Path:
    """A sample of which only the first part (`kept`, of 1) is as it was: then it ends, or there is noise."""
    content = make(name, folder).read_bytes()
    path = folder / f"{'noise' if noise else 'end'}-{name}"
    size = round(len(content) * kept)
    path.write_bytes(content[:size] + (random.Random(1).randbytes(len(content) - size) if noise else b""))
    return path


def make_turned(folder: Path, name: str, *how: str) -> Path:
    """A film whose container tells players to turn or mirror the picture (`-display_rotation 90`, ...)."""
    path = folder / name
    command = [
        FFMPEG,
        "-y",
        "-loglevel",
        "error",
        *how,
        "-i",
        str(make("h264-aac.mp4", folder)),
        "-c",
        "copy",
        str(path),
    ]
    subprocess.run(command, check=True)
    return path


def make(name: str, folder: Path) -> Path:
    """The sample of this name; those of `NAMES` are 13 s long at 25 frames a second."""
    path = folder / name
    if not path.exists():
        encode((_RECIPES | _ODD)[name], path)
    return path


def encode(arguments: Sequence[str], path: Path) -> None:
    """Makes the file at `path` by ffmpeg, or copies what a process of this user made of the same arguments before.

    The arguments must name no file: the copy would not follow its changes.
    """
    key = hashlib.sha256("\0".join([Path(FFMPEG).name, *arguments, path.suffix]).encode()).hexdigest()
    stored = cache_folder() / "samples" / f"{key}{path.suffix}"
    if not stored.exists():
        stored.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=stored.parent) as folder:
            made = Path(folder) / stored.name
            subprocess.run([FFMPEG, "-loglevel", "error", *arguments, str(made)], check=True)
            made.rename(stored)  # at once: another process may look at the same moment
    shutil.copyfile(stored, path)
