"""Films whose every frame says which one it is: a strip of black and white blocks above a test picture.

`player.js` reads the strip. Its blocks, from the left: white, black, eleven bits of the frame's number (highest first),
three of the number modulo 7.
"""

import subprocess
from pathlib import Path

from tests.origin.media import ffmpeg

RATE = 25
_WIDTH, _STRIP_HEIGHT, _PICTURE_HEIGHT = 320, 36, 180
_BLOCKS = 16
_H264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-pix_fmt", "yuv420p", "-c:a", "aac"]
_VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-c:a", "libopus"]
_CODECS = {".mp4": _H264, ".mkv": _VP9}


def _strip(number: int) -> bytes:
    """The strip of one frame, as grey pixels."""
    bits = f"10{number:011b}{number % 7:03b}"
    row = b"".join((b"\xff" if bit == "1" else b"\x00") * (_WIDTH // _BLOCKS) for bit in bits)
    return row * _STRIP_HEIGHT


def make_film(path: Path, seconds: int) -> None:
    """Writes a film with sound: H.264 and AAC for .mp4 (a key frame every 2.4 s), VP9 and Opus for .mkv."""
    strips = f"rawvideo -pix_fmt gray -s {_WIDTH}x{_STRIP_HEIGHT} -r {RATE}".split()
    command = [
        *(ffmpeg(), "-loglevel", "error", "-f", *strips, "-i", "-"),
        *("-f", "lavfi", "-i", f"testsrc2=s={_WIDTH}x{_PICTURE_HEIGHT}:r={RATE}:d={seconds}"),
        *("-f", "lavfi", "-i", f"sine=440:sample_rate=48000:d={seconds}"),
        *("-filter_complex", "[0]format=yuv420p[strip];[1]format=yuv420p[picture];[strip][picture]vstack[all]"),
        *("-map", "[all]", "-map", "2:a", *_CODECS[path.suffix], str(path)),
    ]
    frames = b"".join(_strip(number) for number in range(seconds * RATE))
    subprocess.run(command, input=frames, check=True)


def make_subtitles(path: Path, seconds: int, every: int) -> None:
    """WebVTT: a line for each `every` seconds, `From <start> s`, which ends half a second before the next begins."""
    cues = [
        f"{_clock(start)}.000 --> {_clock(start + every - 1)}.500\nFrom {start} s\n"
        for start in range(0, seconds, every)
    ]
    path.write_text("WEBVTT\n\n" + "\n".join(cues))


def _clock(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02}"
