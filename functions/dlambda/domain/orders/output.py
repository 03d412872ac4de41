"""Output formats: what each holds as it is, and how the rest is converted (docs/contract/hostapi.md, Tasks)."""

from collections.abc import Mapping
from dataclasses import dataclass

from dlambda.domain.files.segment import EVEN_SIZE
from dlambda.errors import Invalid

_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-vf", EVEN_SIZE, "-pix_fmt", "yuv420p")
_VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1", "-b:v", "0", "-crf", "33",
        "-pix_fmt", "yuv420p")  # fmt: skip
_AAC = ("-c:a", "aac", "-b:a", "160k")
_MP3 = ("-c:a", "libmp3lame", "-q:a", "2")
_OPUS = ("-c:a", "libopus", "-b:a", "128k", "-ar", "48000")
_VORBIS = ("-c:a", "libvorbis", "-q:a", "5")
_FLAC = ("-c:a", "flac")
_FAST = ("-movflags", "+faststart")
_PCM = frozenset({"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_u8", "pcm_f32le"})
# Everything that Matroska takes and we meet.
_ANY_VIDEO = frozenset({"h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "mpeg1video", "theora", "prores"})
_ANY_AUDIO = frozenset({"aac", "mp3", "opus", "vorbis", "flac", "alac", "ac3", "eac3", "mp2"}) | _PCM


@dataclass(frozen=True, slots=True)
class Output:
    """A format: extension, codecs (by ffmpeg's names) that stay as they are, encoders for all others."""

    ext: str
    video: frozenset[str] = frozenset()
    audio: frozenset[str] = frozenset()
    video_encoder: tuple[str, ...] = ()
    audio_encoder: tuple[str, ...] = ()
    muxer: tuple[str, ...] = ()

    @property
    def has_video(self) -> bool:
        return bool(self.video_encoder)

    def codecs(self, video: str | None, audio: str | None) -> list[str]:
        """ffmpeg's arguments for streams of these codecs; None for one that is not there."""
        arguments: list[str] = []
        if video and self.has_video:
            arguments += ("-c:v", "copy") if video in self.video else self.video_encoder
            if self.ext in {"mp4", "mov"} and video == "hevc" and video in self.video:
                arguments += ("-tag:v", "hvc1")
        if audio and self.audio_encoder:
            arguments += ("-c:a", "copy") if audio in self.audio else self.audio_encoder
        return [*arguments, *self.muxer]


GIF = Output("gif", frozenset(), frozenset(), ("-c:v", "gif"))

VIDEO: Mapping[str, Output] = {
    "mp4": Output("mp4", frozenset({"h264", "hevc", "av1", "vp9", "mpeg4"}),
                  frozenset({"aac", "mp3", "opus", "flac", "alac", "ac3", "eac3"}), _X264, _AAC, _FAST),
    "mkv": Output("mkv", _ANY_VIDEO, _ANY_AUDIO, _X264, _AAC),
    "webm": Output("webm", frozenset({"vp8", "vp9", "av1"}), frozenset({"opus", "vorbis"}), _VP9, _OPUS),
    "mov": Output("mov", frozenset({"h264", "hevc", "mpeg4", "prores"}), frozenset({"aac", "mp3", "alac"}) | _PCM,
                  _X264, _AAC, _FAST),
    "avi": Output("avi", frozenset({"h264", "mpeg4"}), frozenset({"mp3", "ac3", "pcm_s16le"}), _X264, _MP3),
    "flv": Output("flv", frozenset({"h264"}), frozenset({"aac", "mp3"}), _X264, _AAC),
    "ts": Output("ts", frozenset({"h264", "hevc", "mpeg2video"}), frozenset({"aac", "mp3", "ac3", "mp2"}), _X264, _AAC,
                 ("-f", "mpegts")),
    "gif": GIF,
}  # fmt: skip

AUDIO: Mapping[str, Output] = {
    "mp3": Output("mp3", audio=frozenset({"mp3"}), audio_encoder=_MP3),
    "m4a": Output("m4a", audio=frozenset({"aac", "alac"}), audio_encoder=_AAC, muxer=("-f", "ipod", *_FAST)),
    "aac": Output("aac", audio=frozenset({"aac"}), audio_encoder=_AAC, muxer=("-f", "adts")),
    "alac": Output("m4a", audio=frozenset({"alac"}), audio_encoder=("-c:a", "alac"), muxer=("-f", "ipod", *_FAST)),
    "opus": Output("opus", audio=frozenset({"opus"}), audio_encoder=_OPUS),
    "ogg": Output("ogg", audio=frozenset({"vorbis", "opus", "flac"}), audio_encoder=_VORBIS),
    "vorbis": Output("ogg", audio=frozenset({"vorbis"}), audio_encoder=_VORBIS),
    "flac": Output("flac", audio=frozenset({"flac"}), audio_encoder=_FLAC),
    "wav": Output("wav", audio=_PCM, audio_encoder=("-c:a", "pcm_s16le")),
    "mka": Output("mka", audio=_ANY_AUDIO, audio_encoder=_AAC, muxer=("-f", "matroska")),
}

# What sound is kept in when nobody asks for a format.
_AS_SOURCE = {"aac": "m4a", "alac": "m4a", "mp3": "mp3", "opus": "opus", "vorbis": "ogg", "flac": "flac"}


def audio_as_source(codec: str) -> Output:
    """The format that holds `codec` as it is."""
    return AUDIO["wav" if codec in _PCM else _AS_SOURCE.get(codec, "mka" if codec in _ANY_AUDIO else "m4a")]


def read_output(value: object, outputs: Mapping[str, Output]) -> str:
    """The name of an output format. Raises `Invalid` naming the field and what there is."""
    name = value.strip().lower().removeprefix(".") if isinstance(value, str) else ""
    if name not in outputs:
        raise Invalid(f"output_format must be one of {', '.join(outputs)}.")
    return name
