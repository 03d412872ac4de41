"""Downloads that take several invocations: each goes on where the one before it was (continuing-downloads.md)."""

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlambda.aws import bucket, objects
from dlambda.aws.growing import PART_BYTES
from dlambda.aws.multipart import Multipart
from dlambda.domain.items.item import Status
from dlambda.domain.paths.paths import object_key_in
from dlambda.store.items import items
from tests.handover.dash import digests_of
from tests.handover.driver import (
    Report,
    add,
    download,
    go_on,
    inside,
    invoke_here,
    invoke_killed_at,
    limited,
    manifest_of,
)
from tests.handover.source import BUFFER_BYTES, Source
from tests.stack import Stack
from tests.store import records

LIMIT_SECONDS = 4.0
FILM_BYTES = 80_000_000
UNDER_WAY_BYTES = 4_000_000  # at the end of an invocation: buffers, and half a second on a busy machine
AT_ONCE = 4
FRAGMENT_BYTES = 32 * 1024
LARGE_FRAGMENT_BYTES = 1024 * 1024
STREAM_BYTES, STREAM_RATE = 8_000_000, 1_300_000
STREAM_UNDER_WAY_BYTES = 1_000_000  # likewise, but at the stream's rate


@pytest.fixture(autouse=True)
def _limited(stack: Stack) -> Iterator[None]:
    with limited(LIMIT_SECONDS):
        yield


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A scratch folder of 60 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("this user cannot mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def digest(report: Report) -> str:
    """The SHA-256 of the file in the bucket."""
    assert (report.item.status, report.item.error) == (Status.FINISHED, None)
    sum_of_all = hashlib.sha256()
    for block in objects.read(object_key_in(report.item.folder, str(report.item.filename))):
        sum_of_all.update(block)
    return sum_of_all.hexdigest()


@pytest.fixture
def environments(tmp_path: Path) -> Callable[[int], Path]:
    """Two warm environments in turn, and a fresh one for each third invocation."""
    return lambda number: tmp_path / ("ab"[number % 2] if number % 3 else f"fresh-{number}")


def test_a_file_is_fetched_once_by_however_many_invocations(stack: Stack, environments: Callable[[int], Path]) -> None:
    with Source(FILM_BYTES, 8_000_000) as source:
        report = download(stack, source.url("film.mp4"), environments, LIMIT_SECONDS)
        assert digest(report) == source.film.digest()
        assert source.sent_bytes <= source.film.size_bytes + report.invocations * UNDER_WAY_BYTES
    assert report.invocations >= 3
    assert report.left == []


def test_a_function_that_is_killed_loses_seconds_of_it(stack: Stack, tmp_path: Path) -> None:
    with Source(FILM_BYTES, 8_000_000) as source:
        report = download(
            stack, source.url("film.mp4"), lambda _: tmp_path, 60.0, invoke_killed_at(source, FILM_BYTES // 2)
        )
        assert digest(report) == source.film.digest()
        # At most what was not sent yet: a part, and what the buffers hold.
        assert source.sent_bytes <= source.film.size_bytes + 2 * PART_BYTES
    assert report.invocations == 2
    assert report.left == []


def test_the_next_beginning_removes_what_a_killed_one_has_left(stack: Stack, tmp_path: Path) -> None:
    with Source(4_000_000, 8_000_000) as source:
        items_folder = tmp_path / "items"
        (items_folder / "killed").mkdir(parents=True)
        (items_folder / "killed" / "film.mp4.part").write_bytes(bytes(1000))
        (items_folder / "killed.url").write_text("http://192.0.2.1/ended-elsewhere.mp4")
        report = download(stack, source.url("film.mp4"), lambda _: tmp_path, LIMIT_SECONDS)
    assert (report.invocations, report.left, list(items_folder.iterdir())) == (1, [], [])


def test_a_beginning_that_got_further_is_not_counted(stack: Stack, environments: Callable[[int], Path]) -> None:
    with Source(4_000_000, 200_000) as source:
        item_id = add(source.url("film.mp4"), environments(0))
        item = items.get(item_id)
        records.save(item, item.evolve(status=Status.DOWNLOADING, begun=30))
        with inside(environments(0)):
            invoke_here(item_id, LIMIT_SECONDS + 1)
        assert items.get(item_id).begun == 0


def test_an_upload_that_was_ended_in_the_last_moment_is_not_made_again(
    stack: Stack, environments: Callable[[int], Path]
) -> None:
    with Source(FILM_BYTES, 16_000_000) as source:
        item_id = add(source.url("film.mp4"), environments(0))
        with inside(environments(0)):
            invoke_here(item_id, LIMIT_SECONDS + 1)
        [upload] = [file.upload for file in manifest_of(item_id).files.values() if file.upload]
        multipart = Multipart(upload.key, "video/mp4", upload_id=upload.upload_id)
        multipart.read_parts(upload.part_bytes)
        for start in range(multipart.parts * upload.part_bytes, FILM_BYTES, upload.part_bytes):
            end = min(FILM_BYTES, start + upload.part_bytes)
            multipart.send(multipart.parts + 1, b"".join(source.film.read(start, end)))
        multipart.complete()
        sent_bytes = source.sent_bytes
        report = go_on(stack, item_id, environments, LIMIT_SECONDS)
        assert (digest(report), source.sent_bytes) == (source.film.digest(), sent_bytes)
    assert (report.invocations, report.left) == (1, [])


def test_a_source_that_has_changed_meanwhile_is_fetched_anew(stack: Stack, environments: Callable[[int], Path]) -> None:
    with Source(FILM_BYTES, 16_000_000) as source:
        item_id = add(source.url("film.mp4"), environments(0))
        with inside(environments(0)):
            invoke_here(item_id, LIMIT_SECONDS + 1)
        source.change(FILM_BYTES + 1_000_000)
        report = go_on(stack, item_id, environments, LIMIT_SECONDS)
        assert digest(report) == source.film.digest()
    assert report.left == []


def test_a_film_larger_than_the_scratch_folder_goes_away_as_it_comes(stack: Stack, volume: Path) -> None:
    with Source(FILM_BYTES, 16_000_000) as source:
        report = download(stack, source.url("film.mp4"), lambda _: volume, LIMIT_SECONDS)
        assert digest(report) == source.film.digest()
    assert report.left == []


def test_so_do_pictures_and_sound_that_are_put_together(stack: Stack, volume: Path) -> None:
    with Source(FILM_BYTES, 16_000_000, LARGE_FRAGMENT_BYTES) as source:
        report = download(stack, source.url("stream.mpd"), lambda _: volume, 60.0)
        assert (report.item.status, report.item.error) == (Status.FINISHED, None)
        place = bucket.location(object_key_in(report.item.folder, str(report.item.filename)), seconds=60)
        assert digests_of(place) == source.dash.digests()
    assert (report.invocations, report.left) == (1, [])


def test_one_that_must_be_converted_is_refused_before_it_begins(stack: Stack, volume: Path) -> None:
    with Source(FILM_BYTES, 16_000_000) as source:
        report = download(stack, source.url("film.mp4"), lambda _: volume, LIMIT_SECONDS, cli="--remux-video mkv")
        assert source.sent_bytes < FILM_BYTES // 4
    assert report.item.status is Status.ERROR
    assert str(report.item.error).startswith("The file is larger than the scratch folder: 80 MB of ")


@pytest.mark.parametrize("path", ["stream.m3u8", "stream.mpd"])
def test_so_is_a_stream_of_which_four_fragments_come_at_once(
    stack: Stack, environments: Callable[[int], Path], path: str
) -> None:
    with Source(STREAM_BYTES, STREAM_RATE, FRAGMENT_BYTES) as source:
        report = download(stack, source.url(path), environments, LIMIT_SECONDS, cli=f"--concurrent-fragments {AT_ONCE}")
        assert (report.item.status, report.item.error) == (Status.FINISHED, None)
        if path == "stream.mpd":
            place = bucket.location(object_key_in(report.item.folder, str(report.item.filename)), seconds=60)
            assert digests_of(place) == source.dash.digests()
        under_way = report.invocations * (AT_ONCE * (FRAGMENT_BYTES + BUFFER_BYTES) + STREAM_UNDER_WAY_BYTES)
        assert source.sent_bytes <= source.sent_by(path) + under_way
    assert report.invocations >= 3
    assert report.left == []
