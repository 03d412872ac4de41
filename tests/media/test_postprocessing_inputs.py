"""What comes as a video, a subtitle or a picture and is a list of other files: yt-dlp's post-processors do not follow it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlambda.media.av.pieces.probing import probe
from dlambda.media.workers.child.ffmpeg_inputs import InputRefused, guarded
from dlambda.media.workers.download import Result
from tests.media.conftest import Start, finish
from tests.media.hostile import SECRET_WIDTH, Site, hostile_site, make_film
from tests.media.samples import FFMPEG

SECRET = "secret"


@pytest.fixture
def site() -> Iterator[Site]:
    with hostile_site() as running:
        yield running


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    make_film(folder / "good.mp4", width=240)
    return folder


@pytest.fixture
def secret(service: Path) -> str:
    """A film beside the folders of items, as the library may be; its path as an item's files could name it."""
    service.mkdir(parents=True, exist_ok=True)
    make_film(service / f"{SECRET}.mp4")
    make_film(service / f"{SECRET}.ts")
    return "../../../secret"


def mpd(path: str) -> str:
    return f"""<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
 mediaPresentationDuration="PT6S" minBufferTime="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">
<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" codecs="avc1.42c01e" width="2" height="2">
<BaseURL>{path}</BaseURL></Representation></AdaptationSet></Period></MPD>"""


def m3u8(path: str) -> str:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{path}\n#EXT-X-ENDLIST\n"


def master(path: str) -> str:
    return f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{path}\n"


def imf(path: str) -> str:
    return (
        '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">'
        f"<Id>urn:uuid:{path}</Id><EditRate>24 1</EditRate></CompositionPlaylist>"
    )


# Texts that ffmpeg takes for lists of other files, or that point to some in another way.
LISTS: dict[str, Callable[[str, Path], str]] = {
    "dash": lambda secret, folder: mpd(f"{secret}.mp4"),
    "dash-file": lambda secret, folder: mpd(f"file:{folder}/{SECRET}.mp4"),
    "dash-absolute": lambda secret, folder: mpd(f"{folder}/{SECRET}.mp4"),
    "hls": lambda secret, folder: m3u8(f"{secret}.ts"),
    "hls-file": lambda secret, folder: m3u8(f"file:{folder}/{SECRET}.ts"),
    "hls-master": lambda secret, folder: master(f"{secret}.ts"),
    "hls-key": lambda secret, folder: m3u8(f"{secret}.ts").replace(
        "#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="{secret}.ts"\n#EXTINF'
    ),
    "concat": lambda secret, folder: f"ffconcat version 1.0\nfile {secret}.mp4\n",
    "concat-file": lambda secret, folder: f"ffconcat version 1.0\nfile 'file:{folder}/{SECRET}.mp4'\n",
    "imf": lambda secret, folder: imf(secret),
    "sdp": lambda secret, folder: (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n"
    ),
    "smil": lambda secret, folder: f'<smil><body><video src="{secret}.mp4"/></body></smil>',
    "avisynth": lambda secret, folder: f'FFmpegSource2("{folder}/{SECRET}.mp4")\n',
    "vobsub": lambda secret, folder: f"# VobSub index file, v7\nid: en, index: 0\nlangidx: 0\n{secret}\n",
    "svg": lambda secret, folder: (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<image xlink:href="file:{folder}/{SECRET}.png"/></svg>'
    ),
}
# What is done with a finished file; each reads it with ffmpeg or ffprobe.
POSTPROCESSORS: dict[str, dict[str, Any]] = {
    "remux": {"key": "FFmpegVideoRemuxer", "preferedformat": "mkv"},
    "recode": {"key": "FFmpegVideoConvertor", "preferedformat": "mkv"},
    "audio": {"key": "FFmpegExtractAudio", "preferredcodec": "mp3"},
    "metadata": {"key": "FFmpegMetadata"},
    "copy": {"key": "FFmpegCopyStream"},
    "timestamps": {"key": "FFmpegFixupTimestamp"},
}
CASES = [(name, "remux") for name in LISTS] + [("dash", name) for name in POSTPROCESSORS if name != "remux"]


def content_of(service: Path, result: Result, item_id: str = "item") -> dict[str, Any] | None:
    """What came, if it is media."""
    if not result.filepath:
        return None
    try:
        return probe(str(service / "items" / item_id / "home" / result.filepath))
    except Exception:
        return None


@pytest.mark.parametrize(("kind", "action"), CASES)
def test_a_list_that_poses_as_a_video_brings_nothing_in(
    site: Site, start: Start, service: Path, secret: str, kind: str, action: str
) -> None:
    url = site.put("/video.mp4", LISTS[kind](secret, service))
    result = finish(start(url, params={"postprocessors": [POSTPROCESSORS[action]]}))
    assert content_of(service, result) is None
    assert result.error


def test_nor_do_two_that_are_merged(site: Site, start: Start, service: Path, secret: str) -> None:
    """No option at all: an ordinary manifest names a picture and a sound, and both are manifests themselves."""
    for name in ("v.mp4", "a.m4a"):
        site.put(f"/{name}", mpd(f"{secret}.mp4"))
    text = f"""<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT6S"
><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" codecs="avc1.42c01e" width="2" height="2">
<BaseURL>{site.base}/v.mp4</BaseURL></Representation></AdaptationSet><AdaptationSet mimeType="audio/mp4"><Representation
id="2" bandwidth="1" codecs="mp4a.40.2"><BaseURL>{site.base}/a.m4a</BaseURL></Representation></AdaptationSet></Period></MPD>"""
    result = finish(start(site.put("/two.mpd", text, Content_Type="application/dash+xml")))
    assert content_of(service, result) is None
    assert result.error


PARTS = ["concat", "dash", "hls"]


@pytest.mark.parametrize("kind", PARTS)
def test_nor_does_one_that_is_cut(site: Site, start: Start, service: Path, secret: str, kind: str) -> None:
    """`--remove-chapters` writes a list for ffmpeg's concat format, and allows that format."""
    url = site.put("/video.mp4", LISTS[kind](secret, service))
    params = {
        "postprocessors": [
            {
                "key": "ModifyChapters",
                "remove_ranges": [(1, 2)],
                "remove_sponsor_segments": [],
                "sponsorblock_chapter_title": "x",
            }
        ]
    }
    result = finish(start(url, params=params))
    assert content_of(service, result) is None


@pytest.mark.parametrize("kind", ["concat", "dash", "hls", "svg"])
@pytest.mark.parametrize("what", ["thumbnail", "subtitle"])
def test_nor_do_sidecars(
    site: Site, films: Path, start: Start, service: Path, secret: str, kind: str, what: str
) -> None:
    video = site.put("/film.mp4", films / "good.mp4")
    picture = site.put("/picture.png", LISTS[kind](secret, service), Content_Type="image/png")
    text = site.put("/text.vtt", LISTS[kind](secret, service), Content_Type="text/vtt")
    page = f'<html><title>x</title><video poster="{picture}"><source src="{video}" type="video/mp4"><track src="{text}" srclang="en"></video></html>'
    params: dict[str, dict[str, Any]] = {
        "thumbnail": {
            "writethumbnail": True,
            "postprocessors": [
                {"key": "FFmpegThumbnailsConvertor", "format": "jpg", "when": "before_dl"}, {"key": "EmbedThumbnail"},
            ],
        },
        "subtitle": {
            "writesubtitles": True, "subtitleslangs": ["all"],
            "postprocessors": [{"key": "FFmpegSubtitlesConvertor", "format": "srt"}, {"key": "FFmpegEmbedSubtitle"}],
        },
    }  # fmt: skip
    result = finish(start(site.put("/page.html", page, Content_Type="text/html"), params=params[what]))
    assert result.error is None
    assert result.warnings
    home = service / "items" / "item"
    for path in home.rglob("*"):
        if path.suffix in (".jpg", ".srt"):
            assert path.read_bytes() == b""


def test_a_film_that_points_to_another_file_brings_no_other(
    site: Site, films: Path, start: Start, service: Path, secret: str
) -> None:
    """QuickTime's data references: the file says that its samples lie in another."""
    name = f"{secret}.mp4".encode()
    content = (films / "good.mp4").read_bytes()
    outside = content.replace(b"url \0\0\0\x01", b"url \0\0\0\0", 1)
    assert outside != content
    url = site.put("/film.mp4", outside + name)
    result = finish(start(url, params={"postprocessors": [POSTPROCESSORS["remux"]]}))
    found = content_of(service, result)
    assert found is None or found["streams"][0].get("width") != SECRET_WIDTH


def test_what_they_are_for_still_works(site: Site, films: Path, start: Start, service: Path) -> None:
    """Every post-processor that reads files with ffmpeg, on real ones."""
    video = site.put("/film.mp4", films / "good.mp4")
    picture = films / "picture.png"
    subprocess.run(
        [FFMPEG, "-y", "-v", "error", "-f", "lavfi", "-i", "color=s=64x64", "-frames:v", "1", str(picture)], check=True
    )
    site.put("/picture.png", picture, Content_Type="image/png")
    site.put("/text.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\nHello\n", Content_Type="text/vtt")
    page = f'<html><title>x</title><video poster="{site.base}/picture.png"><source src="{video}" type="video/mp4"><track src="{site.base}/text.vtt" srclang="en"></video></html>'
    chain = [
        {"key": "FFmpegSubtitlesConvertor", "format": "srt", "when": "before_dl"},
        {"key": "FFmpegThumbnailsConvertor", "format": "jpg", "when": "before_dl"},
        {"key": "FFmpegEmbedSubtitle", "already_have_subtitle": True},
        {
            "key": "ModifyChapters",
            "remove_ranges": [(1, 2)],
            "remove_sponsor_segments": [],
            "sponsorblock_chapter_title": "x",
        },
        {"key": "FFmpegMetadata", "add_chapters": True, "add_metadata": True},
        {"key": "EmbedThumbnail", "already_have_thumbnail": True},
        {"key": "FFmpegSplitChapters"},
        {"key": "FFmpegVideoRemuxer", "preferedformat": "mov"},
        {"key": "FFmpegCopyStream"},
    ]
    params = {"writesubtitles": True, "subtitleslangs": ["all"], "writethumbnail": True, "postprocessors": chain}
    info_chapters = {
        "chapters": [{"start_time": 0, "end_time": 3, "title": "a"}, {"start_time": 3, "end_time": 6, "title": "b"}]
    }
    result = finish(start(site.put("/page.html", page, Content_Type="text/html"), params=params, extras=info_chapters))
    assert (result.error, result.warnings) == (None, ())
    found = content_of(service, result)
    assert found is not None
    assert float(found["format"]["duration"]) < 5.7  # a second was cut out
    assert {"video", "audio"} <= {stream["codec_type"] for stream in found["streams"]}


COMMANDS = [
    (["/x/ffmpeg", "-y", "-i", "file:a", "-c", "copy", "file:b"], ["file"]),
    (["/x/ffmpeg", "-i", "file:a", "-i", "file:b", "file:c"], ["file", "file"]),
    (["/x/ffprobe", "-show_streams", "file:a"], ["file"]),
    (["/x/ffmpeg", "-i", "file:a"], ["file"]),
    (["/x/ffmpeg", "-i", "-", "file:c"], ["pipe,fd"]),
]


@pytest.mark.parametrize(("command", "protocols"), COMMANDS)
def test_the_lists_stand_before_each_input(command: list[str], protocols: list[str]) -> None:
    words = guarded(command)
    assert [words[n + 1] for n, word in enumerate(words) if word == "-protocol_whitelist"] == protocols
    assert words.count("-format_whitelist") == len(protocols)
    assert [word for word in words if word in command] == command
    for name in ("dash", "hls", "concat", "sdp", "lavfi", "imf", "avisynth", "rtsp"):
        assert all(name not in words[n + 1].split(",") for n, word in enumerate(words) if word == "-format_whitelist")


INPUTS = [
    "tcp://h/x",
    "rtsp://h/x",
    "concat:a|b",
    "/etc/passwd",
    "pipe:0",
    "lavfi",
    "hls+http://x",
    "data:,x",
    "HTTP://x",
    "",
]


@pytest.mark.parametrize("source", INPUTS)
def test_other_inputs_are_refused(source: str) -> None:
    with pytest.raises(InputRefused):
        guarded(["/x/ffmpeg", "-i", source, "file:b"])
    with pytest.raises(InputRefused):
        guarded(["/x/ffmpeg", "-i", "file:a", "-i", source, "file:b"])
