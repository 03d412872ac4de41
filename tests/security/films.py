"""Small films: the attacker's own, one of the library, and a secret one that nobody may ever get."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.media.samples import FFMPEG

_SECONDS = 3


@dataclass(frozen=True)
class Film:
    """One film as MP4 and as MPEG-TS, and bytes that every copy of it holds, whatever the container."""

    mp4: Path
    ts: Path
    marks: tuple[bytes, ...]

    def is_in(self, content: bytes) -> bool:
        """Whether `content` holds this film's picture or its sound."""
        return any(mark in content for mark in self.marks)


def make_film(folder: Path, name: str, size: str, seed: int) -> Film:
    """A film of 3 s with noise as its sound; its picture carries its name in a message for decoders."""
    folder.mkdir(parents=True, exist_ok=True)
    mp4, ts, sound = folder / f"{name}.mp4", folder / f"{name}.ts", folder / f"{name}.aac"
    mark = f"film-{name}-{seed}-is-in-here"
    message = f"h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+{mark}"
    _run(
        *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=10:d={_SECONDS}"),
        *("-f", "lavfi", "-i", f"anoisesrc=d={_SECONDS}:seed={seed}:sample_rate=44100"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p", "-bsf:v", message),
        *("-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", str(mp4)),
    )
    _run("-i", str(mp4), "-c", "copy", str(ts))
    _run("-i", str(mp4), "-vn", "-c:a", "copy", "-f", "adts", str(sound))
    return Film(mp4, ts, (mark.encode(), _bytes_of_a_frame(sound.read_bytes())))


def _bytes_of_a_frame(stream: bytes) -> bytes:
    """64 bytes from within the tenth AAC frame of an ADTS stream."""
    position = 0
    for _ in range(10):
        position += (stream[position + 3] & 3) << 11 | stream[position + 4] << 3 | stream[position + 5] >> 5
    return stream[position + 40 : position + 104]


def _run(*arguments: str) -> None:
    subprocess.run([FFMPEG, "-y", "-loglevel", "error", *arguments], check=True, stdin=subprocess.DEVNULL)
