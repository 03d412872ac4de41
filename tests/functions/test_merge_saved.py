"""Pictures and sound that are put together in the bucket, by several invocations (merging-in-the-bucket.md)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlambda.aws import bucket
from dlambda.aws.growing import PART_BYTES
from dlambda.aws.multipart import Multipart
from dlambda.domain.paths.paths import object_key
from dlambda.media.ytdlp.resume import State, prepare
from dlambda.media.ytdlp.work_layout import TEMP
from dlambda.usecases.items.merge_saved import merge_saved
from dlambda.usecases.workers.bucket_state import BucketState
from dlambda.usecases.workers.leased_run import HandOver
from tests.handover.dash import AUDIO, VIDEO, DashFilm, digests_of
from tests.handover.driver import limited
from tests.stack import Stack

ID = "an-item"
NAMES = (f"{TEMP}/film.f0.mp4", f"{TEMP}/film.f1.m4a")
FILM = DashFilm(40, 1024 * 1024)  # three parts


@pytest.fixture(autouse=True)
def _limited(stack: Stack) -> Iterator[None]:
    with limited(20):
        yield


def nothing() -> None:
    """Between two steps."""


def state_of(workdir: Path) -> BucketState:
    """A state that was loaded, as at the beginning of an invocation."""
    state = BucketState(ID, workdir)
    state.load()
    return state


def finish(workdir: Path, *contents: bytes, kind: str = "") -> BucketState:
    """What an invocation leaves that has downloaded the formats, whose ids end in `kind`."""
    saved_state = state_of(workdir)
    state = prepare(workdir, ID)
    for name, content in zip(NAMES, contents, strict=True):
        (workdir / name).write_bytes(content)
        state.note_finished(workdir / name, name + kind)
    saved_state.save(nothing)
    return saved_state


def film_of(track: int, film: DashFilm = FILM) -> bytes:
    return film.init(track) + b"".join(film.fragment(track, number) for number in range(film.fragments))


def merge(state: BucketState, workdir: Path, step: Iterator[None]) -> Path | None:
    """The file without its bytes that it leaves; None when it made none. Ends by `HandOver` when `step` does."""

    def on_step() -> None:
        if next(step, nothing) is nothing:
            raise HandOver

    target = workdir / TEMP / "film.mp4"
    state.save(nothing)
    assert state.merging
    upload = merge_saved(state.merging, target, object_key("film.mp4"), NAMES, on_step, ID)
    return target if upload and upload.is_only_copy and upload.follows(target) else None


def for_ever() -> Iterator[None]:
    while True:
        yield None


def until_advanced(state: BucketState) -> Iterator[None]:
    while not (state.merging and state.merging.upload and state.has_advanced):
        yield None


def test_each_invocation_goes_on_behind_the_parts_that_were_sent(tmp_path: Path) -> None:
    finish(tmp_path / "first", film_of(VIDEO), film_of(AUDIO))
    state = state_of(tmp_path / "second")
    with pytest.raises(HandOver):
        merge(state, tmp_path / "second", until_advanced(state))
    assert state.merging
    saved = state.merging.upload
    assert saved
    upload = Multipart(saved.key, "video/mp4", upload_id=saved.upload_id)
    upload.read_parts(PART_BYTES)
    assert upload.parts > 0
    for name in ("third", "fourth"):  # the last one finds that all is done
        target = merge(state_of(tmp_path / name), tmp_path / name, for_ever())
        assert target
        stored = bucket.find(object_key("film.mp4"))
        assert stored
        assert target.stat().st_size == stored.size_bytes
        assert target.stat().st_blocks * 512 < stored.size_bytes // 4
    assert digests_of(bucket.location(object_key("film.mp4"), seconds=60)) == FILM.digests()


def test_parts_of_other_formats_are_not_gone_on_with(tmp_path: Path) -> None:
    finish(tmp_path / "first", film_of(VIDEO), film_of(AUDIO))
    state = state_of(tmp_path / "second")
    with pytest.raises(HandOver):
        merge(state, tmp_path / "second", until_advanced(state))
    other = DashFilm(FILM.fragments, 900_000)
    finish(tmp_path / "third", film_of(VIDEO, other), film_of(AUDIO, other), kind="-other")
    assert merge(state_of(tmp_path / "fourth"), tmp_path / "fourth", for_ever())
    assert digests_of(bucket.location(object_key("film.mp4"), seconds=60)) == other.digests()


def test_what_lies_here_is_left_to_ffmpeg(tmp_path: Path) -> None:
    state = finish(tmp_path, film_of(VIDEO)[:2_000_000], film_of(AUDIO))
    assert merge(state, tmp_path, for_ever()) is None


@pytest.mark.parametrize("begin", [b"no film", bytes(100_000), None])
def test_so_is_what_is_not_understood_and_comes_back(tmp_path: Path, begin: bytes | None) -> None:
    content = film_of(VIDEO)[:2_000_000] if begin is None else begin
    finish(tmp_path / "first", content, film_of(AUDIO))
    workdir = tmp_path / "second"
    state = state_of(workdir)
    assert merge(state, workdir, for_ever()) is None
    for name in NAMES:
        state.fill(name, nothing)
    assert [(workdir / name).read_bytes() for name in NAMES] == [content, film_of(AUDIO)]
    assert State.load(workdir).is_finished(workdir / NAMES[0])
