"""Reads from a file what its playlist must know."""

from dlambda.domain.files.segment import conversion_of, key_frame_grid
from dlambda.domain.files.timeline import Timeline
from dlambda.media.av.pieces.key_frames import key_frames
from dlambda.media.av.pieces.source import is_turned, open_source
from dlambda.media.av.pieces.time_stamps import has_jumps, lacks_index


def read_timeline(location: str) -> Timeline:
    """From a path or URL, by a few range requests. Raises what `open_source` raises."""
    with open_source(location) as source:
        streams = [candidate for candidate in (source.video, source.audio) if candidate is not None]
        conversion = conversion_of(
            {
                "codec_type": stream.type,
                "codec_name": stream.codec_context.codec.canonical_name,
                "pix_fmt": getattr(stream, "pix_fmt", None),
                "channels": getattr(stream, "channels", None),
            }
            for stream in streams
        )
        starts, convert_video = None, conversion.video
        duration = source.duration if streams else None
        if source.video is not None and duration and not conversion.video:
            times = key_frames(source)
            grid = key_frame_grid(times, duration) if times else None
            # Without usable key frames it cannot be cut where it should; MPEG-TS cannot say that it is to be turned.
            convert_video = grid is None or is_turned(source)
            starts = [round(segment.start, 6) for segment in grid] if grid and not convert_video else None
        is_of_copy = bool(streams) and (not duration or has_jumps(source) or lacks_index(source))
        return Timeline(duration, convert_video, conversion.audio, starts, source.container.bit_rate, is_of_copy)
