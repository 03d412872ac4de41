"""No address but http(s) reaches ffmpeg, or any other program, whatever a site or an option names."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from yt_dlp.utils import download_range_func

from dlambda.domain.items.failure import FailureKind
from dlambda.media.workers import warm_process
from dlambda.media.workers.download import Result
from tests.media.conftest import Start, finish
from tests.media.hostile import SECRET_WIDTH, Decoy, Site, decoy, hostile_site, make_film

SECTIONS = {"download_ranges": download_range_func([], [(0, 4)])}
PREFER = {"hls_prefer_native": False}


@pytest.fixture
def site() -> Iterator[Site]:
    with hostile_site() as running:
        yield running


@pytest.fixture
def port() -> Iterator[Decoy]:
    with decoy() as running:
        yield running


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this machine with `secret.ts`, which no download may hold, and `good.ts`, 240 wide, for sites."""
    folder = tmp_path_factory.mktemp("elsewhere")
    make_film(folder / "secret.ts")
    make_film(folder / "good.ts", width=240)
    return folder


def width(service: Path, result: Result, item_id: str = "item") -> int | None:
    """The width of the film that came; None without one."""
    if not result.filepath:
        return None
    with av.open(service / "items" / item_id / "home" / result.filepath) as film:
        return next((stream.width for stream in film.streams.video), None)


def master(*uris: str) -> str:
    """Variants, the best last."""
    rows = [
        f'#EXT-X-STREAM-INF:BANDWIDTH={n + 1}00000,CODECS="avc1.42c01e,mp4a.40.2"\n{uri}' for n, uri in enumerate(uris)
    ]
    return "\n".join(["#EXTM3U", *rows, ""])


def media(*uris: str, ended: bool = True, head: str = "") -> str:
    rows = [f"#EXTINF:4,\n{uri}" for uri in uris]
    end = ["#EXT-X-ENDLIST"] if ended else []
    return "\n".join(
        ["#EXTM3U", "#EXT-X-TARGETDURATION:4", "#EXT-X-VERSION:4", *([head] if head else []), *rows, *end, ""]
    )


# What a variant of a playlist may name; {port} is a decoy of this machine, {secret} a film of it.
SCHEMES = [
    "tcp://127.0.0.1:{port}/x.m3u8", "TCP://127.0.0.1:{port}/x.m3u8", "tls://127.0.0.1:{port}/x.m3u8",
    "rtsp://127.0.0.1:{port}/x", "rtsps://127.0.0.1:{port}/x", "rtmp://127.0.0.1:{port}/a/x", "rtmpt://127.0.0.1:{port}/a/x",
    "rtmpe://127.0.0.1:{port}/a/x", "mmst://127.0.0.1:{port}/x", "mmsh://127.0.0.1:{port}/x", "rtp://127.0.0.1:{port}",
    "udp://127.0.0.1:{port}", "srt://127.0.0.1:{port}", "ftp://127.0.0.1:{port}/x.m3u8", "sftp://127.0.0.1:{port}/x",
    "gopher://127.0.0.1:{port}/x", "hls+http://127.0.0.1:{port}/x", "httpproxy://127.0.0.1:{port}/x", "zmq:tcp://127.0.0.1:{port}",
    "file:{secret}", "file://{secret}", "crypto+file:{secret}", "concat:{secret}", "subfile,,start,0,end,0,,:{secret}",
    "async:file:{secret}", "cache:file:{secret}", "unix:{secret}", "ipfs://x/y", "data:application/x-mpegurl;base64,I0VYVE0zVQo=",
    "concatf:{secret}", "ffrtmphttp://127.0.0.1:{port}/", "icecast://127.0.0.1:{port}/", "pipe:0", "fd:0", "bluray:/", "shared:x",
]  # fmt: skip


# Addresses that Python would fetch; the last is a path to it.
FETCHED = [scheme for scheme in SCHEMES if scheme.startswith(("ftp:", "data:", "subfile"))]
LEFT_OUT = [scheme for scheme in SCHEMES if scheme not in FETCHED]


def fetch_best_of(site: Site, port: Decoy, films: Path, start: Start, schemes: list[str], params: Any) -> Result:
    """Downloads a playlist whose worst variant is good, and whose better ones are those."""
    site.put("/good.ts", films / "good.ts")
    low = site.put("/low.m3u8", media(f"{site.base}/good.ts"))
    variants = [scheme.format(port=port.port, secret=films / "secret.ts") for scheme in schemes]
    port.answer = media(f"file:{films}/secret.ts").encode()
    url = site.put("/w.m3u8", master(low, *variants))
    return finish(start(url, params={**params, "retries": 0, "socket_timeout": 3}))


@pytest.mark.parametrize("params", [SECTIONS, PREFER], ids=["sections", "prefer"])
@pytest.mark.parametrize("schemes", [LEFT_OUT, LEFT_OUT[::-1]], ids=["as listed", "backwards"])
def test_variants_with_other_schemes_are_left_out(
    site: Site, port: Decoy, films: Path, start: Start, service: Path, schemes: list[str], params: dict[str, Any]
) -> None:
    """One that was not left out would be taken: it is better than the good one."""
    result = fetch_best_of(site, port, films, start, schemes, params)
    assert port.heard == []
    assert result.error is None
    assert width(service, result) == 240


@pytest.mark.parametrize("scheme", FETCHED)
def test_a_variant_that_python_would_fetch_is_an_error(
    site: Site, port: Decoy, films: Path, start: Start, scheme: str
) -> None:
    result = fetch_best_of(site, port, films, start, [scheme], SECTIONS)
    assert port.heard == []
    assert result.error


@pytest.mark.parametrize("scheme", ["tcp", "rtsp", "rtmp", "mmst", "udp"])
@pytest.mark.parametrize("params", [SECTIONS, {}], ids=["sections", "plain"])
def test_a_source_with_nothing_else_says_why(
    site: Site, port: Decoy, start: Start, scheme: str, params: dict[str, Any]
) -> None:
    url = site.put("/w.m3u8", master(f"{scheme}://127.0.0.1:{port.port}/x"))
    result = finish(start(url, params=params))
    assert port.heard == []
    assert result.error is not None
    assert result.error.startswith(f"{scheme} streams are not supported: ")
    assert "http or https" in result.error
    assert result.failure is not None
    assert result.failure.kind is FailureKind.UNSUPPORTED
    assert not result.failure.retryable


def test_a_live_stream_with_a_sound_group_elsewhere_goes_on_without_it(
    site: Site, port: Decoy, films: Path, start: Start, service: Path
) -> None:
    """Two audio groups: yt-dlp hands both to ffmpeg by itself."""
    site.put("/good.ts", films / "good.ts")
    low = site.put("/low.m3u8", media(f"{site.base}/good.ts"))
    text = "\n".join(
        [
            "#EXTM3U",
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",DEFAULT=YES,URI="{low}"',
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="b",URI="rtsp://127.0.0.1:{port.port}/x"',
            f'#EXT-X-STREAM-INF:BANDWIDTH=100000,CODECS="avc1.42c01e,mp4a.40.2",AUDIO="a"\n{low}',
            "",
        ]
    )
    result = finish(start(site.put("/w.m3u8", text), params=PREFER))
    assert port.heard == []
    assert result.error is None
    assert width(service, result) == 240


# What a media playlist that ffmpeg reads may name.
SEGMENTS = [scheme for scheme in SCHEMES if not scheme.startswith("data:")][::3]


@pytest.mark.parametrize("scheme", SEGMENTS)
@pytest.mark.parametrize("kind", ["segment", "key", "map", "variant"])
def test_a_manifest_that_ffmpeg_reads_names_web_addresses_alone(
    site: Site, port: Decoy, films: Path, start: Start, service: Path, scheme: str, kind: str
) -> None:
    bad = scheme.format(port=port.port, secret=films / "secret.ts")
    good = site.put("/good.ts", films / "good.ts")
    text = {
        "segment": media(bad, bad),
        "key": media(good, head=f'#EXT-X-KEY:METHOD=AES-128,URI="{bad}"'),
        "map": media(good, head=f'#EXT-X-MAP:URI="{bad}"'),
        "variant": master(bad),
    }[kind]
    url = site.put("/film.mp4", text)  # to yt-dlp a file, to ffmpeg a playlist
    result = finish(start(url, params={**SECTIONS, "retries": 0}))
    assert port.heard == []
    assert width(service, result) != SECRET_WIDTH


METADATA = [
    (("tcp", "m3u8"), "before_dl"), (("tcp", "http_dash_segments"), "before_dl"), (("rtsp", "m3u8"), "pre_process"),
    (("tcp", "m3u8"), "after_filter"), (("rtmp", "rtmp"), "before_dl"), (("mmst", "mms"), "video"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "when"), METADATA)
@pytest.mark.parametrize("how", ["parse", "replace"])
def test_metadata_options_do_not_lead_elsewhere(
    site: Site, port: Decoy, films: Path, start: Start, service: Path, fields: tuple[str, str], when: str, how: str
) -> None:
    scheme, protocol = fields
    target = f"{scheme}://127.0.0.1:{port.port}/x.m3u8"
    port.answer = media(f"file:{films}/secret.ts").encode()
    url = site.put("/good.mp4", films / "good.ts")
    if how == "parse":
        actions = [["interpret", target, "(?P<url>.+)"], ["interpret", protocol, "(?P<protocol>.+)"],
                   ["interpret", target, "%(manifest_url)s"]]  # fmt: skip
    else:
        actions = [["replace", "url", ".*", target], ["replace", "protocol", ".*", protocol]]
    params = {"postprocessors": [{"key": "MetadataParser", "actions": actions, "when": when}]}
    result = finish(start(url, params=params))
    assert port.heard == []
    assert width(service, result) == 240


def test_other_programs_are_not_started(
    site: Site, port: Decoy, films: Path, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs that yt-dlp knows, on PATH of the whole service."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("rtmpdump", "phantomjs", "aria2c", "curl", "wget", "axel", "http", "AtomicParsley", "bidiv"):
        program = folder / name
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started-{name}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    warm_process.warm_processes().close()  # the warm process has the PATH of before
    url = site.put("/good.mp4", films / "good.ts")
    live = site.put("/w.m3u8", master(f"rtmp://127.0.0.1:{port.port}/x"))
    try:
        for number, tool in enumerate(("aria2c", "curl", "wget", "axel", "httpie")):
            finish(start(url, item_id=f"tool-{number}", params={"external_downloader": {"default": tool}}))
        assert "rtmp streams are not supported" in (finish(start(live, item_id="live")).error or "")
        finish(start(url, item_id="text", params={"bidi_workaround": True}))
    finally:
        warm_process.warm_processes().close()
    assert port.heard == []
    assert list(tmp_path.glob("started-*")) == []
