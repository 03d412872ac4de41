"""What a playlist must know of a file: how long it is, what browsers cannot play of it, where it may be cut."""

from dataclasses import dataclass

from dlambda.domain.files.segment import Conversion, Segment, conversion_of, fixed_grid, grid_from, key_frame_grid
from dlambda.media.pieces.key_frames import key_frames
from dlambda.media.pieces.source import open_source


@dataclass(frozen=True)
class Timeline:
    """Seconds; `starts` of the segments when they follow key frames, else None. `bit_rate` in bits a second."""

    duration: float | None
    convert_video: bool
    convert_audio: bool
    starts: list[float] | None
    bit_rate: int

    @property
    def conversion(self) -> Conversion:
        return Conversion(video=self.convert_video, audio=self.convert_audio)

    @property
    def segments(self) -> list[Segment]:
        """The file's segments; none without a duration."""
        if not self.duration:
            return []
        return fixed_grid(self.duration) if self.starts is None else grid_from(self.starts, self.duration)


def read_timeline(location: str) -> Timeline:
    """From a path or URL, by a few range requests. Raises what `open_source` raises."""
    with open_source(location) as source:
        streams = [each for each in (source.video, source.audio) if each is not None]
        conversion = conversion_of(
            {
                "codec_type": stream.type,
                "codec_name": stream.codec_context.codec.canonical_name,
                "pix_fmt": getattr(stream, "pix_fmt", None),
            }
            for stream in streams
        )
        starts, convert_video = None, conversion.video
        duration = source.duration if streams else None
        if source.video is not None and duration and not conversion.video:
            times = key_frames(source)
            grid = key_frame_grid(times, duration) if times else None
            # Without usable key frames it cannot be cut where it should.
            convert_video = grid is None
            starts = [round(segment.start, 6) for segment in grid] if grid else None
        return Timeline(duration, convert_video, conversion.audio, starts, source.container.bit_rate)
