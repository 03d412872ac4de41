"""Downloading one item (docs/contract/downloads.md 5.8)."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Collection, Container, Iterator
from pathlib import Path

import pytest
from yt_dlp.utils import download_range_func

from dlambda.domain.items.failure import FailureKind
from dlambda.media.av.ffmpeg import probe
from dlambda.media.workers.child.ffmpeg_proxy import Relay
from dlambda.media.workers.download import DownloadSpec, Postprocessing, Progress, start_download
from dlambda.media.workers.extract import extract
from tests.endless import endless_server
from tests.media.conftest import TITLE, Start, finish, follow, processes_of_group, wait_for
from tests.origin import Origin
from tests.patience import must_end


def home(service: Path, item_id: str = "item") -> Path:
    return service / "items" / item_id / "home"


def test_a_direct_file_arrives_whole(origin: Origin, start: Start, service: Path) -> None:
    running = start(origin.url("/clip-1.mp4"))
    messages = follow(running)
    assert running.result is not None
    assert running.result.ok
    assert running.result.filepath == "clip-1.mp4"
    assert (home(service) / "clip-1.mp4").read_bytes() == origin.media("clip.mp4").read_bytes()
    last = [one for one in messages if isinstance(one, Progress)][-1]
    assert (last.status, last.downloaded_bytes) == ("finished", origin.media("clip.mp4").stat().st_size)


def test_an_extraction_is_used_in_place_of_the_page(origin: Origin, start: Start) -> None:
    url = origin.url("/clip-reused.mp4")
    info = extract(url, {}, allow_internal=True).info
    before = origin.counts["GET /clip-reused.mp4"]
    assert finish(start(url, info=info)).ok
    assert origin.counts["GET /clip-reused.mp4"] == before + 1


def test_stale_links_of_an_extraction_are_read_anew(origin: Origin, start: Start) -> None:
    url = origin.url("/clip-1.mp4")
    info = extract(url, {}, allow_internal=True).info
    assert info is not None
    for one in (info, *info["formats"]):
        one["url"] = origin.url("/status/403/old.mp4")
    assert finish(start(url, info=info)).ok


@pytest.mark.parametrize("path", ["/hls/high/index.m3u8", "/hls/aes/index.m3u8", "/dash/manifest.mpd"])
def test_streams_arrive(origin: Origin, start: Start, service: Path, path: str) -> None:
    running = start(origin.url(path), params={"concurrent_fragment_downloads": 4})
    messages = follow(running)
    result = running.result
    assert result is not None
    assert result.error is None
    assert result.filepath is not None
    assert (home(service) / result.filepath).stat().st_size > 100_000
    assert any(isinstance(one, Postprocessing) and one.status == "started" for one in messages)
    assert not list((service / "items" / "item" / "temp").rglob("*Frag*"))


def test_progress_comes_at_most_five_times_a_second(origin: Origin, start: Start) -> None:
    running = start(origin.url("/slow/1000000/clip-1.mp4"))
    began = time.monotonic()
    reports = [one for one in follow(running) if isinstance(one, Progress) and one.status == "downloading"]
    seconds = time.monotonic() - began
    assert 3 <= len(reports) <= 5 * seconds + 1
    assert all(one.total_bytes == origin.media("clip.mp4").stat().st_size for one in reports)
    assert [one.downloaded_bytes for one in reports] == sorted(one.downloaded_bytes or 0 for one in reports)


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("/status/404/a.mp4", "HTTP Error 404", FailureKind.GONE),
        ("/truncated/clip-1.mp4", "more expected", FailureKind.TRANSIENT),
    ],
)
def test_a_failure_is_a_text_with_a_kind(origin: Origin, start: Start, path: str, text: str, kind: FailureKind) -> None:
    result = finish(start(origin.url(path), params={"retries": 1}))
    assert not result.ok
    assert text in (result.error or "")
    assert result.filepath is None
    assert result.failure is not None
    assert result.failure.kind is kind


def test_a_connection_that_breaks_is_continued(origin: Origin, start: Start, service: Path) -> None:
    result = finish(start(origin.url("/drop/3/clip-1.mp4")))
    assert result.ok
    assert (home(service) / "clip-1.mp4").read_bytes() == origin.media("clip.mp4").read_bytes()


def test_a_name_in_use_gets_a_number_and_so_do_its_sidecars(origin: Origin, start: Start, service: Path) -> None:
    result = finish(start(origin.url("/clip-1.mp4"), taken={"clip-1", "clip-1 (2)"}, params={"writeinfojson": True}))
    assert result.filepath == "clip-1 (3).mp4"
    assert result.extra_files == ("clip-1 (3).info.json",)
    assert (home(service) / "clip-1 (3).mp4").is_file()


def test_another_url_with_the_same_name_is_another_file(origin: Origin, start: Start, service: Path) -> None:
    assert finish(start(origin.url("/same/a/video.mp4"), item_id="a")).ok
    assert finish(start(origin.url("/same/b/video.mp4"), item_id="b")).ok
    assert (home(service, "a") / "video.mp4").read_bytes() == origin.media("clip.mp4").read_bytes()
    assert (home(service, "b") / "video.mp4").read_bytes() == origin.media("other.mp4").read_bytes()


@pytest.mark.parametrize("name", ["quo\"te's", "100% #1", "überaus schön 🎬", "a" * 180, "trailing dots..."])
def test_odd_names_arrive(origin: Origin, start: Start, service: Path, name: str) -> None:
    result = finish(start(origin.url(f"/names/{name}.mp4".replace("%", "%25"))))
    assert result.ok
    assert result.filepath is not None
    assert (home(service) / result.filepath).stat().st_size == origin.media("clip.mp4").stat().st_size


@pytest.mark.parametrize("title", ["long " * 100, "ü" * 300, "🎬" * 100])
def test_a_name_too_long_for_a_disk_is_cut(origin: Origin, start: Start, service: Path, title: str) -> None:
    url = origin.url("/hls/high/index.m3u8")
    info = extract(url, {}, allow_internal=True).info
    assert info is not None
    params = {"writeinfojson": True, "outtmpl": {"default": "%(title)s/%(title)s.%(ext)s"}}
    result = finish(start(url, info={**info, "title": title}, params=params))
    assert result.error is None
    assert result.filepath is not None
    folder, _, name = result.filepath.partition("/")
    assert 190 <= len(name.encode()) <= 210
    assert title.startswith(folder)
    assert result.extra_files == (result.filepath.removesuffix("mp4") + "info.json",)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("film\u202e4pm.exe", "film4pm.exe"),
        ("a\u2066b\u2069c\u200fd\u061ce", "abcde"),
        ("pay\u200bpal\ufeff\xad", "paypal"),
        ("bell\x07\x9b31m", "bell31m"),
        ("\u202e\u200b", "_"),
        ("..\\..\\evil.bat", "..⧹..⧹evil.bat"),
        ("می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"),
    ],
)
def test_names_show_what_they_are(origin: Origin, start: Start, service: Path, title: str, expected: str) -> None:
    """In the folder, the name, and the sidecars; whatever the page calls its languages."""
    url = origin.url("/hls/high/index.m3u8")
    info = extract(url, {}, allow_internal=True).info
    assert info is not None
    subtitle = {"url": origin.url("/clip.en.vtt"), "ext": "vtt"}
    params = {
        "outtmpl": {"default": "%(title)s/%(title)s.%(ext)s"}, "writeinfojson": True, "writedescription": True,
        "writesubtitles": True, "subtitleslangs": ["all"], "writedesktoplink": True, "writeurllink": True,
        "writewebloclink": True,
    }  # fmt: skip
    told = {**info, "title": title, "description": "x", "subtitles": {"e\u202en/x": [subtitle]}}
    result = finish(start(url, info=told, params=params))
    assert result.error is None
    assert result.filepath == f"{expected}/{expected}.mp4"
    endings = ("description", "desktop", "en_x.vtt", "info.json", "url", "webloc")
    assert sorted(result.extra_files) == [f"{expected}/{expected}.{ending}" for ending in endings]
    for ending in ("desktop", "url", "webloc"):
        text = (home(service) / expected / f"{expected}.{ending}").read_text()
        assert url in text
        assert str(service) not in text
        assert "/home" not in text


@pytest.mark.parametrize(("option", "size"), [("max_filesize", 1000), ("min_filesize", 10**9)])
def test_a_file_of_an_unwanted_size_is_skipped(origin: Origin, start: Start, option: str, size: int) -> None:
    result = finish(start(origin.url("/clip-1.mp4"), params={option: size}))
    assert result.error is None
    assert (result.skipped_reason or "").startswith("File is ")


def test_a_file_that_no_disk_holds_is_not_begun(start: Start, service: Path) -> None:
    with endless_server() as server:
        result = finish(start(f"{server}/film.mp4"))
    assert (result.error or "").startswith("The file is larger than the scratch folder: 1,000,000,000 MB of ")
    assert result.failure is not None
    assert result.failure.kind is FailureKind.DISK
    assert sum(path.stat().st_size for path in service.rglob("*.part")) < 10_000_000


def test_what_fits_a_small_volume_arrives_and_nothing_takes_its_last_byte(
    origin: Origin, start: Start, small_volume: Path
) -> None:
    assert finish(start(origin.url("/clip-1.mp4"), workdir=small_volume / "a")).ok
    with endless_server(size=None) as server:
        result = finish(start(f"{server}/film.mp4", workdir=small_volume / "b"))
    assert (result.error or "").startswith("No space left on device: ")
    assert shutil.disk_usage(small_volume).free > 0


@pytest.fixture
def small_volume(service: Path, tmp_path: Path) -> Iterator[Path]:
    """A volume of 20 MB, where one may be mounted."""
    folder = tmp_path / "volume"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)], capture_output=True)  # noqa: PLW1510
    if mounted.returncode:
        pytest.skip("nothing may be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("template", ["../%(title)s.%(ext)s", "%(id)s/../../x.%(ext)s", "/tmp/x.%(ext)s"])
def test_a_template_cannot_leave_the_folder(origin: Origin, start: Start, service: Path, template: str) -> None:
    result = finish(start(origin.url("/clip-1.mp4"), params={"outtmpl": {"default": template}}))
    assert not result.ok
    assert not list(service.parent.rglob("x.mp4"))


@pytest.mark.parametrize(
    "template",
    ["%(title)s/", "%(title)1000000s.%(ext)s", "%(nope|)s.%(ext)s", "a/%(nope|)s", "%(nope|)s", "%(nope|-)s", "a/ .."],
)
def test_a_template_that_gives_no_name_is_told(origin: Origin, start: Start, template: str) -> None:
    asked = _Asked()
    result = finish(start(origin.url("/clip-1.mp4"), taken=asked, params={"outtmpl": {"default": template}}))
    assert result.error == "The output template gives no file name."
    assert result.failure is not None
    assert result.failure.kind is FailureKind.OPTIONS
    assert asked.names == []


def test_a_sidecar_without_a_name_is_left_out(origin: Origin, start: Start) -> None:
    templates = {"default": "%(title)s.%(ext)s", "infojson": "%(nope|)s"}
    result = finish(start(origin.url("/clip-1.mp4"), params={"outtmpl": templates, "writeinfojson": True}))
    assert (result.error, result.filepath, result.extra_files) == (None, "clip-1.mp4", ())


def test_a_name_that_begins_with_a_dot_keeps_its_type(origin: Origin, start: Start) -> None:
    asked = _Asked({".clip-1"})
    params = {"outtmpl": {"default": ".%(title)s.%(ext)s"}}
    result = finish(start(origin.url("/clip-1.mp4"), taken=asked, params=params))
    assert result.filepath == ".clip-1 (2).mp4"


class _Asked(Container[str]):
    """Names in use, and those that were asked for."""

    def __init__(self, used: Collection[str] = ()) -> None:
        self._used = used
        self.names: list[str] = []

    def __contains__(self, name: object) -> bool:
        self.names.append(str(name))
        return name in self._used


def test_the_environment_is_no_template_field(origin: Origin, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "s3cret")
    result = finish(start(origin.url("/clip-1.mp4"), params={"outtmpl": {"default": "$SECRET ~ %(title)s.%(ext)s"}}))
    assert result.filepath == "$SECRET ~ clip-1.mp4"


def test_extras_fill_what_metadata_lack(origin: Origin, start: Start) -> None:
    params = {"outtmpl": {"default": "%(playlist_index)s %(title)s %(is_live)s.%(ext)s"}}
    extras = {"playlist_index": 7, "title": "not this", "is_live": 123}
    assert finish(start(origin.url("/clip-1.mp4"), params=params, extras=extras)).filepath == "7 clip-1 NA.mp4"


def test_an_item_in_the_archive_is_skipped(origin: Origin, start: Start) -> None:
    result = finish(start(origin.url("/clip-1.mp4"), archive={"generic clip-1"}))
    assert not result.ok
    assert result.error is None
    assert result.skipped_reason == "Item has already been downloaded."


def test_an_existing_video_stops_and_is_skipped(origin: Origin, start: Start) -> None:
    result = finish(start(origin.url("/clip-1.mp4"), archive={"generic clip-1"}, params={"break_on_existing": True}))
    assert result.skipped_reason == "Item has already been downloaded."


def test_the_ids_for_the_archive_are_reported(origin: Origin, start: Start) -> None:
    assert finish(start(origin.url("/clip-1.mp4"), archive=frozenset())).archive_ids == ("generic clip-1",)
    assert finish(start(origin.url("/clip-2.mp4"), item_id="b")).archive_ids == ()


def test_a_rejected_title_says_why(origin: Origin, start: Start) -> None:
    result = finish(start(origin.url("/clip-1.mp4"), params={"matchtitle": "holiday"}))
    assert result.skipped_reason == '"clip-1" title did not match pattern "holiday". Skipping download.'


def test_an_nfo_is_written_with_the_time_of_the_file(origin: Origin, start: Start, service: Path) -> None:
    params = {"postprocessors": [{"key": "NFOMaker", "when": "after_move", "mode": "movie", "prefix": "true"}]}
    extras = {"upload_date": "20240115"}
    result = finish(start(origin.url("/clip-1.mp4"), params=params, extras=extras))
    assert result.extra_files == ("clip-1.nfo",)
    nfo = home(service) / "clip-1.nfo"
    assert "<title>clip-1</title>" in nfo.read_text()
    assert abs(nfo.stat().st_mtime - (home(service) / "clip-1.mp4").stat().st_mtime) <= 2


def test_metadata_may_be_replaced_but_not_where_files_lie(origin: Origin, start: Start) -> None:
    actions = [["replace", "title", "clip", "film"], ["interpret", "/etc/passwd", "%(filepath)s"],
               ["interpret", "/etc", "(?P<__finaldir>.+)"]]  # fmt: skip
    params = {
        "postprocessors": [
            {"key": "MetadataParser", "actions": actions, "when": when} for when in ("pre_process", "post_process")
        ]
    }
    assert finish(start(origin.url("/clip-1.mp4"), params=params)).filepath == "film-1.mp4"


def test_audio_is_extracted(origin: Origin, start: Start) -> None:
    params = {
        "format": "bestaudio/best",
        "final_ext": "mp3",
        "postprocessors": [{"key": "FFmpegExtractAudio", "preferredcodec": "mp3"}],
    }
    result = finish(start(origin.url("/short.mp4"), params=params))
    assert result.error is None
    assert result.filepath == "short.mp3"


def test_a_part_of_a_video_comes_through_ffmpeg(origin: Origin, start: Start, service: Path) -> None:
    params = {"download_ranges": download_range_func([], [(2, 5)])}
    result = finish(start(origin.url("/clip-1.mp4"), params=params))
    assert result.error is None
    assert result.filepath is not None
    assert 2 <= float(probe(str(home(service) / result.filepath))["format"]["duration"]) <= 5


def test_ffmpeg_reaches_no_internal_address(origin: Origin, service: Path) -> None:
    url = origin.url("/clip-forbidden.mp4")
    info = extract(url, {}, allow_internal=True).info
    before = origin.counts["GET /clip-forbidden.mp4"]
    params = {**TITLE, "download_ranges": download_range_func([], [(2, 5)])}
    spec = DownloadSpec(item_id="x", url=url, params=params, workdir=service / "x", info=info)
    result = finish(start_download(spec))
    assert "ffmpeg could not read the stream" in (result.error or "")
    assert origin.counts["GET /clip-forbidden.mp4"] == before


def test_a_download_goes_through_the_users_proxy(origin: Origin, start: Start) -> None:
    relay = Relay().start()
    proxy = relay.url
    assert finish(start(origin.url("/short.mp4"), params={"proxy": proxy})).ok
    relay.close()
    result = finish(start(origin.url("/short.mp4"), item_id="b", params={"proxy": proxy, "retries": 0}))
    assert not result.ok


def test_a_stop_leaves_no_process(origin: Origin, start: Start, service: Path) -> None:
    running = start(origin.url("/slow/200000/clip-1.mp4"))
    part = service / "items" / "item" / "temp" / "clip-1.mp4.part"
    wait_for(running, part.exists)
    pid = running.pid
    with must_end():
        result = running.stop(3600)  # it ends by itself when it is asked to, long before it would be killed
    assert result.stopped
    assert not result.ok
    assert processes_of_group(pid) == []
    assert part.exists()


def test_a_worker_that_dies_is_an_error(origin: Origin, start: Start, service: Path) -> None:
    running = start(origin.url("/slow/200000/clip-1.mp4"))
    wait_for(running, (service / "items" / "item" / "temp" / "clip-1.mp4.part").exists)
    os.kill(running.pid, signal.SIGKILL)
    result = finish(running)
    assert result.error == "Download process ended unexpectedly."
    assert result.failure is not None
    assert result.failure.retryable


def test_an_internal_address_is_refused(origin: Origin, service: Path) -> None:
    spec = DownloadSpec(item_id="x", url=origin.url("/clip-1.mp4"), params={}, workdir=service / "x")
    result = finish(start_download(spec))
    assert result.failure is not None
    assert result.failure.kind is FailureKind.INTERNAL
