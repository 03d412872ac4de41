"""Does a media file play to its end?"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import av


@dataclass(frozen=True)
class Decoded:
    """What a full decode found."""

    video_frames: int
    audio_seconds: float


def decode(media: bytes | Path) -> Decoded:
    """Decodes every frame. Raises `av.error.FFmpegError` when something in it is broken."""
    if isinstance(media, bytes):
        with tempfile.NamedTemporaryFile(suffix=".media") as file:
            file.write(media)
            file.flush()
            return decode(Path(file.name))
    frames, samples, rate = 0, 0, 1
    with av.open(str(media)) as container:
        streams = [stream for stream in container.streams if stream.type in ("video", "audio")]
        for packet in container.demux(streams):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    frames += 1
                elif isinstance(frame, av.AudioFrame):
                    samples, rate = samples + frame.samples, frame.sample_rate
    return Decoded(frames, samples / rate)
