"""Cuts one segment of a media file for streaming, as MPEG-TS (docs/contract/files.md 4; README.md, Player).

What browsers play is copied, from one key frame to another; the rest is converted. Segments are made one by one and
in any order, so all of them carry time stamps of one common line: seconds from the file's beginning.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from fractions import Fraction
from heapq import merge
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from dlambda.domain.files.segment import Conversion, Segment
from dlambda.errors import Invalid, NotFound
from dlambda.media.av.pieces.audio_piece import BIT_RATE, RATE, encoded
from dlambda.media.av.pieces.continuity import announce_new_counts
from dlambda.media.av.pieces.key_frames import decodable_from
from dlambda.media.av.pieces.packets import ROUNDING, Packet, Piece, begins_at_key_frame, copied
from dlambda.media.av.pieces.source import Source, open_source
from dlambda.media.av.pieces.transcode import DamagedVideo, RunUp, VideoEncoder

_CLOCK = Fraction(1, 90_000)  # MPEG-TS counts in these seconds
_Track = tuple[VideoStream | None, list[Packet]]
# In every piece, whatever it holds: where a piece without pictures had its sound in their place, players would lose one
# or the other for the rest of the film.
_PICTURES_ID, _SOUND_ID = 0x100, 0x101
_LEAST_SECONDS = 0.1  # a shorter piece may lie between two packets
_OUTPUT_OPTIONS = {"mpegts_copyts": "1", "avoid_negative_ts": "disabled"}


def _missing_decode_times(packets: list[Packet]) -> None:
    """Matroska holds display times alone: decode times are those in ascending order, early enough for every frame."""
    display_times = sorted(packet.pts for packet in packets if packet.pts is not None)
    if len(display_times) != len(packets):
        return
    ahead = max(
        time - packet.pts for time, packet in zip(display_times, packets, strict=True) if packet.pts is not None
    )
    for time, packet in zip(display_times, packets, strict=True):
        packet.dts = time - ahead


def _restamp(packets: list[Packet], origin: Fraction) -> list[Packet]:
    """The packets on the common line; those that would lie before its beginning are left out.

    Players take the lowest decode time of what they load first for the film's beginning. Frames that are decoded before
    they are shown would put that before the first picture: decode times begin at zero, and only have to ascend.
    """
    if any(packet.dts is None for packet in packets):
        _missing_decode_times(packets)
    restamped: list[Packet] = []
    earliest = 0
    for packet in packets:
        if packet.pts is None or packet.dts is None or packet.time_base is None:
            continue
        ticks = packet.time_base / _CLOCK  # fine ones: some files count in frames, between which nothing fits
        begin = origin / _CLOCK
        display_time, decoded = round(packet.pts * ticks - begin), max(round(packet.dts * ticks - begin), earliest)
        if display_time >= decoded:
            packet.pts, packet.dts, packet.time_base = display_time, decoded, _CLOCK
            packet.duration = round((packet.duration or 0) * ticks)
            earliest = decoded + 1
            restamped.append(packet)
    return restamped


def _decode_seconds(packet: Packet) -> Fraction:
    assert packet.dts is not None
    assert packet.time_base is not None
    return packet.dts * packet.time_base


def _encode_video(source: Source, segment: Segment, encoder: VideoEncoder, path: Path, stack: ExitStack) -> _Track:
    """Encodes the piece's video with ffmpeg into `path`; its stream and packets are readable until `stack` closes.

    `(None, [])` where the piece has no video. Packets behind the piece's end are left out.
    """
    begin = decodable_from(source, Fraction(segment.start))
    run_up = None if begin is None else RunUp(begin, source.origin)
    encoder.encode(source.location, segment, path, run_up, is_damaged=source.is_damaged)
    if path.stat().st_size == 0:
        return None, []  # the sound may go on where the pictures have ended
    encoded = stack.enter_context(open_source(str(path)))
    if encoded.video is None:
        return None, []
    # ffmpeg may take a frame more, which is the next piece's first. A packet without a time is the end marker.
    end = source.origin + Fraction(segment.end) - ROUNDING
    packets = [
        packet
        for packet in encoded.container.demux(encoded.video)
        if packet.pts is not None and packet.pts * packet.time_base < end
    ]
    return encoded.video, packets


def write_segment(location: str, segment: Segment, conversion: Conversion, target: Path, encoder: VideoEncoder) -> None:
    """Cuts `segment` out of the file at `location` (a path or an http(s) URL) into `target`, and may leave a file
    beside it.

    A video that should be copied but has no key frame at the segment's start is converted after all. Of a damaged file
    what can be read is kept. Raises `NotFound` for a start beyond the end, `Invalid` when nothing can be read of the
    segment, and what `open_source` and the encoder raise.
    """
    try:
        _write(location, segment, conversion, target, encoder)
    except (av.InvalidDataError, DamagedVideo):
        # A connection that breaks may look the same: only what fails twice is damaged.
        _write(location, segment, conversion, target, encoder, is_damaged=True)


def _write(
    location: str,
    segment: Segment,
    conversion: Conversion,
    target: Path,
    encoder: VideoEncoder,
    *,
    is_damaged: bool = False,
) -> None:
    with ExitStack() as stack:
        source = stack.enter_context(open_source(location, is_damaged=is_damaged))
        if source.duration is not None and segment.start >= source.duration:
            raise NotFound("The segment lies beyond the end of the file.")
        piece = copied(source, segment, video=not conversion.video, audio=not conversion.audio)
        template, video = source.video, piece.video
        if template is not None and not begins_at_key_frame(piece, segment, source.origin):
            template, video = _encode_video(source, segment, encoder, target.with_suffix(".video"), stack)
        output = stack.enter_context(av.open(str(target), "w", format="mpegts", options=_OUTPUT_OPTIONS))
        pictures = _pictures(source, template, output)
        sound, audio = _audio(source, segment, conversion, piece, output)
        output.start_encoding()  # a piece of silence or of nothing is a file, too
        packets = merge(_assign(_restamp(video, source.origin), pictures), _assign(audio, sound), key=_decode_seconds)
        if not _written(packets, output, is_damaged=is_damaged) and (is_damaged or _has_sound(source, segment)):
            raise Invalid("Nothing can be read of this segment.")
        streams = [stream.id for stream in output.streams]
        clock = None if video or pictures is None else round(Fraction(segment.start) / _CLOCK)
    announce_new_counts(target, streams, clock)


def _written(packets: Iterable[Packet], output: OutputContainer, *, is_damaged: bool) -> int:
    """How many of the packets the output took: all, or of a damaged file those that make sense."""
    count = 0
    for packet in packets:
        try:
            output.mux(packet)
        except av.InvalidDataError:
            if not is_damaged:
                raise
        else:
            count += 1
    return count


def _has_sound(source: Source, segment: Segment) -> bool:
    """True if the index names sound in this piece: an empty piece is then no silence, but where the file is lost."""
    stream = source.audio
    if stream is None or stream.time_base is None or segment.length < _LEAST_SECONDS:
        return False
    start, end = (Fraction(time) + source.origin for time in (segment.start, segment.end))
    return any(start <= entry.timestamp * stream.time_base < end for entry in stream.index_entries)


def _pictures(source: Source, template: VideoStream | None, output: OutputContainer) -> Stream | None:
    """The output's stream for pictures, also when this piece has none: a player may have to be told that more come."""
    if source.video is None:
        return None
    stream = output.add_mux_stream("h264") if template is None else output.add_stream_from_template(template)
    stream.id = _PICTURES_ID
    return stream


def _audio(
    source: Source, segment: Segment, conversion: Conversion, piece: Piece, output: OutputContainer
) -> tuple[Stream | None, list[Packet]]:
    """The output's stream for sound, and its packets on the common line."""
    if source.audio is None:
        return None, []
    if not conversion.audio:
        copy = output.add_stream_from_template(source.audio)
        copy.id = _SOUND_ID
        return copy, _restamp(piece.audio, source.origin)
    stream = output.add_stream("aac", rate=RATE, layout="stereo")
    assert isinstance(stream, AudioStream)
    stream.id = _SOUND_ID
    stream.bit_rate = BIT_RATE
    # Encoded packets count from the beginning already.
    return stream, _restamp(encoded(source, segment, stream), Fraction(0))


def _assign(packets: list[Packet], stream: Stream | None) -> list[Packet]:
    for packet in packets:
        packet.stream = stream
    return packets
