"""Continuing downloads: nothing is lost, nothing is mixed, nothing is loaded twice (docs/design: yt-dlp, as measured)."""

import contextlib
import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest
from yt_dlp.downloader.hls import HlsFD
from yt_dlp.YoutubeDL import YoutubeDL

from dlambda.media.workers.child import resume_patches
from dlambda.media.workers.download import Progress, Running
from dlambda.media.ytdlp.resume import State, prepare, read_json, snapshot, write_json
from tests.media.conftest import Start, finish, wait_for
from tests.origin import Origin
from tests.origin.media import ffmpeg


def digest(path: Path) -> str:
    """Of the packets of pictures and sounds: containers may differ in their writing date."""
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-map", "0", "-c", "copy", "-f", "md5", "-"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def first_bytes(running: Running) -> float:
    """How much is there by the first report."""
    reports: list[Progress] = []
    while running.alive and not reports:
        reports = [one for one in running.messages(1) if isinstance(one, Progress)]
    return reports[0].downloaded_bytes or 0


def has_part_or_end(running: Running, workdir: Path, least: int) -> bool:
    return part_of(workdir, least) or not running.alive


def part_of(workdir: Path, least: int) -> bool:
    """Whether an unfinished file (no fragment: those come and go) has that many bytes."""
    parts = [part for part in (workdir / "temp").glob("*.part") if "-Frag" not in part.name]
    with contextlib.suppress(FileNotFoundError):
        return any(part.stat().st_size >= least for part in parts)
    return False


def test_a_stopped_direct_download_continues_where_it_was(origin: Origin, start: Start, service: Path) -> None:
    workdir = service / "items" / "item"
    url = origin.url("/slow/700000/clip-resumed.mp4")
    running = start(url)
    wait_for(running, lambda: part_of(workdir, 500_000))
    running.stop(1)
    have = (workdir / "temp" / "clip-resumed.mp4.part").stat().st_size
    second = start(url)
    assert first_bytes(second) >= have
    assert finish(second).ok
    assert (workdir / "home" / "clip-resumed.mp4").read_bytes() == origin.media("clip.mp4").read_bytes()


def test_a_source_that_has_changed_is_loaded_from_the_start(origin: Origin, start: Start, service: Path) -> None:
    workdir = service / "items" / "item"
    running = start(origin.url("/slow/300000/same/a/video.mp4"))
    wait_for(running, lambda: part_of(workdir, 100_000))
    running.stop(1)
    # The same name and place, another content behind it.
    record = workdir / "temp" / "video.mp4.part.source.json"
    assert record.exists()
    result = finish(start(origin.url("/same/b/video.mp4")))
    assert result.ok
    assert (workdir / "home" / "video.mp4").read_bytes() == origin.media("other.mp4").read_bytes()


def test_a_source_that_changes_at_every_request_gives_one_whole_version(
    origin: Origin, start: Start, service: Path
) -> None:
    workdir = service / "items" / "item"
    result = finish(start(origin.url("/changing/video.mp4")))
    assert result.ok
    versions = {origin.media(name).read_bytes() for name in ("clip.mp4", "other.mp4")}
    assert (workdir / "home" / "video.mp4").read_bytes() in versions


def test_a_source_without_ranges_starts_over(origin: Origin, start: Start, service: Path) -> None:
    workdir = service / "items" / "item"
    url = origin.url("/no-range/slow/700000/clip-1.mp4")
    running = start(url)
    wait_for(running, lambda: part_of(workdir, 200_000))
    running.stop(1)
    assert finish(start(url)).ok
    assert (workdir / "home" / "clip-1.mp4").read_bytes() == origin.media("clip.mp4").read_bytes()


def test_a_part_with_every_byte_is_taken_without_a_request_for_the_rest(
    origin: Origin, start: Start, service: Path
) -> None:
    workdir = service / "items" / "item"
    running = start(origin.url("/stall/2000000/clip-whole.mp4"))
    wait_for(running, lambda: part_of(workdir, 1))
    running.stop(1)
    part = workdir / "temp" / "clip-whole.mp4.part"
    shutil.copyfile(origin.media("clip.mp4"), part)
    result = finish(start(origin.url("/clip-whole.mp4")))
    assert result.ok
    assert (workdir / "home" / "clip-whole.mp4").read_bytes() == origin.media("clip.mp4").read_bytes()


def test_a_part_of_unknown_origin_is_not_trusted(origin: Origin, start: Start, service: Path) -> None:
    workdir = service / "items" / "item"
    (workdir / "temp").mkdir(parents=True)
    (workdir / "temp" / "clip-1.mp4.part").write_bytes(b"x" * 1000)
    assert finish(start(origin.url("/clip-1.mp4"))).ok
    assert (workdir / "home" / "clip-1.mp4").read_bytes() == origin.media("clip.mp4").read_bytes()


@pytest.mark.parametrize("path", ["/slow/200000/hls/high/index.m3u8", "/slow/200000/dash/manifest.mpd"])
@pytest.mark.parametrize("workers", [1, 4])
def test_streams_killed_at_any_moment_lose_no_fragment(
    origin: Origin, start: Start, service: Path, path: str, workers: int
) -> None:
    params = {"concurrent_fragment_downloads": workers}
    whole = finish(start(origin.url(path.removeprefix("/slow/200000")), item_id="whole", params=params))
    assert whole.filepath is not None
    workdir = service / "items" / "item"
    for least in (1, 100_000, 250_000):
        running = start(origin.url(path), params=params)
        wait_for(running, partial(has_part_or_end, running, workdir, least))
        if running.alive:
            os.killpg(running.pid, signal.SIGKILL)
            finish(running)
    result = finish(start(origin.url(path.removeprefix("/slow/200000")), params=params))
    assert result.error is None
    assert result.filepath is not None
    assert digest(workdir / "home" / result.filepath) == digest(service / "items" / "whole" / "home" / whole.filepath)


def test_the_state_names_the_fragment_that_was_written_and_not_how_many_have_come(tmp_path: Path) -> None:
    resume_patches.install()
    downloader = HlsFD(YoutubeDL({"quiet": True}), {})
    film, fragment = tmp_path / "film.mp4", tmp_path / "film.mp4.part-Frag2"
    fragment.write_bytes(b"")
    with (tmp_path / "film.mp4.part").open("wb") as part:
        names = {"filename": str(film), "tmpfilename": part.name, "fragment_filename_sanitized": str(fragment)}
        counts = {"fragment_index": 5, "total_frags": 9}
        downloader._append_fragment(
            {**names, **counts, "dest_stream": part, "live": False, "generation": "g"}, b"second"
        )
    state = read_json(tmp_path / "film.mp4.ytdl")["downloader"]
    assert (state["current_fragment"], state["part_bytes"]) == ({"index": 2}, len(b"second"))


def test_a_tail_of_an_interrupted_write_is_cut_off(origin: Origin, start: Start, service: Path) -> None:
    workdir = service / "items" / "item"
    url = origin.url("/slow/300000/hls/high/index.m3u8")
    whole = finish(start(origin.url("/hls/high/index.m3u8"), item_id="whole"))
    running = start(url)
    wait_for(running, lambda: part_of(workdir, 100_000))
    running.stop(0)
    part = next((workdir / "temp").glob("*.part"))
    with part.open("ab") as file:
        file.write(b"half a fragment")
    result = finish(start(origin.url("/hls/high/index.m3u8")))
    assert result.filepath is not None
    assert whole.filepath is not None
    assert digest(workdir / "home" / result.filepath) == digest(service / "items" / "whole" / "home" / whole.filepath)


def test_a_result_that_nobody_took_over_is_given_again(origin: Origin, start: Start, service: Path) -> None:
    first = finish(start(origin.url("/clip-twice.mp4"), archive=frozenset()))
    before = origin.counts["GET /clip-twice.mp4"]
    assert finish(start(origin.url("/clip-twice.mp4"), archive=frozenset())) == first
    assert origin.counts["GET /clip-twice.mp4"] == before


def test_another_item_in_the_same_folder_gets_its_own_result(origin: Origin, start: Start, service: Path) -> None:
    workdir = service / "shared"
    assert finish(start(origin.url("/clip-1.mp4"), workdir=workdir)).filepath == "clip-1.mp4"
    params = {"outtmpl": {"default": "other.%(ext)s"}}
    second = finish(start(origin.url("/clip-1.mp4"), item_id="second", workdir=workdir, params=params))
    assert (second.filepath, second.extra_files) == ("other.mp4", ())


def test_a_state_continues_on_another_machine(origin: Origin, start: Start, service: Path) -> None:
    url = origin.url("/slow/700000/clip-1.mp4")
    running = start(url, workdir=service / "here")
    wait_for(running, lambda: part_of(service / "here", 500_000))
    running.stop(1)
    for path in snapshot(service / "here"):
        target = service / "there" / path.relative_to(service / "here")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    second = start(url, workdir=service / "there")
    assert first_bytes(second) >= 500_000
    assert finish(second).ok
    assert (service / "there" / "home" / "clip-1.mp4").read_bytes() == origin.media("clip.mp4").read_bytes()


# What is kept


def test_fragments_and_half_made_files_are_never_kept(tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    names = ["a.mp4.part", "a.mp4.ytdl", "a.mp4.part.source.json", "a.mp4.part-Frag3", "a.mp4.part-Frag3.part",
             "a.temp.mp4", "a.mp3", "a.f1.mp4"]  # fmt: skip
    for name in names:
        (temp / name).write_bytes(b"12345")
    state = State(tmp_path, item_id="i")
    state.note_finished(temp / "a.f1.mp4", "1")
    kept = [path.name for path in snapshot(tmp_path)]
    assert kept == ["state.json", "a.f1.mp4", "a.mp4.part", "a.mp4.part.source.json", "a.mp4.ytdl"]


def test_a_finished_file_of_another_size_is_not_finished(tmp_path: Path) -> None:
    (tmp_path / "temp").mkdir()
    file = tmp_path / "temp" / "a.f1.mp4"
    file.write_bytes(b"12345")
    state = State(tmp_path, item_id="i")
    state.note_finished(file, "1")
    file.write_bytes(b"123")
    assert prepare(tmp_path, "i").finished == {}
    assert not file.exists()


@pytest.mark.parametrize(("item_id", "left"), [("same", True), ("new", False)])
def test_no_continue_empties_the_folder_once(tmp_path: Path, item_id: str, left: bool) -> None:
    prepare(tmp_path, "same")
    (tmp_path / "temp" / "a.mp4.part").write_bytes(b"12345")
    prepare(tmp_path, item_id, keep=False)
    assert (tmp_path / "temp" / "a.mp4.part").exists() is left


def test_a_broken_state_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{", encoding="utf-8")
    assert State.load(tmp_path) == State(tmp_path)
    write_json(tmp_path / "state.json", ["odd"])
    assert State.load(tmp_path) == State(tmp_path)
