"""What an invocation finds of an unfinished file: its length, and its bytes once it is complete."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dlambda.aws import bucket
from dlambda.aws.growing import PART_BYTES, GrowingUpload
from dlambda.aws.multipart import Multipart
from dlambda.errors import NotFound
from dlambda.media.ytdlp.resume import prepare, write_json
from dlambda.media.ytdlp.work_layout import TEMP
from dlambda.usecases.workers.bucket_state import BucketState
from dlambda.usecases.workers.leased_run import HandOver
from dlambda.usecases.workers.saved_bytes import SavedBytes
from tests.handover.dash import VIDEO, DashFilm
from tests.handover.driver import limited, manifest_of
from tests.stack import Stack

ID = "an-item"
PART = f"{TEMP}/film.mp4.part"
BEGINNING, REST = b"beginning " * 10_000, b"and the rest" * 10_000


@pytest.fixture(autouse=True)
def _limited(stack: Stack) -> Iterator[None]:
    with limited(20):
        yield


def state_of(workdir: Path) -> BucketState:
    """A state that was loaded, as at the beginning of an invocation."""
    state = BucketState(ID, workdir)
    state.load()
    return state


def write(workdir: Path, content: bytes, generation: str = "g1") -> None:
    """What a worker does when a fragment is complete."""
    with (workdir / PART).open("ab") as part:
        part.write(content)
    size_bytes = (workdir / PART).stat().st_size
    record = (workdir / PART).with_name("film.mp4.ytdl")
    write_json(record, {"downloader": {"part_bytes": size_bytes, "generation": generation}})


def nothing() -> None:
    """Between two chunks."""


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """An item of which one invocation saved the beginning."""
    workdir = tmp_path / "first"
    prepare(workdir, ID)
    write(workdir, BEGINNING)
    state_of(workdir).save(nothing)
    return tmp_path


def test_only_what_is_complete_comes_back(begun: Path) -> None:
    workdir = begun / "second"
    state = state_of(workdir)
    status = (workdir / PART).stat()
    assert (status.st_size, status.st_blocks) == (len(BEGINNING), 0)
    write(workdir, REST)
    state.save(nothing)
    assert [chunk.start for chunk in manifest_of(ID).files[PART].chunks] == [0, len(BEGINNING)]
    state.fill(PART, nothing)
    assert (workdir / PART).read_bytes() == BEGINNING + REST


def test_a_folder_that_lacks_bytes_is_not_gone_on_with(begun: Path) -> None:
    workdir = begun / "second"
    write_after = state_of(workdir)
    write(workdir, REST)
    write_after.save(nothing)
    state = state_of(workdir)  # as after a kill in a warm environment
    state.fill(PART, nothing)
    assert (workdir / PART).read_bytes() == BEGINNING + REST


def test_one_that_began_anew_lacks_nothing(begun: Path) -> None:
    workdir = begun / "second"
    state = state_of(workdir)
    (workdir / PART).unlink()
    write(workdir, REST, generation="g2")
    state.save(nothing)
    state.fill(PART, nothing)
    assert (workdir / PART).read_bytes() == REST
    assert state_of(begun / "third").measure() == (len(REST), len(REST))


def test_an_invocation_that_ends_meanwhile_says_so(begun: Path) -> None:
    state = state_of(begun / "second")

    def end() -> None:
        raise HandOver

    with pytest.raises(HandOver):
        state.fill(PART, end)


def test_chunks_that_are_gone_are_no_bytes(begun: Path) -> None:
    state = state_of(begun / "second")
    bucket.delete([stored.key for stored in bucket.list_(f"resume/{ID}/chunks/")])
    with pytest.raises(NotFound):
        state.fill(PART, nothing)


def test_what_a_film_says_of_its_samples_is_noted_as_it_is_saved(tmp_path: Path) -> None:
    film = DashFilm(6, 20_000)
    pieces = [film.init(VIDEO), *(film.fragment(VIDEO, number) for number in range(6))]
    for number, piece in enumerate(pieces):
        workdir = tmp_path / str(number)
        prepare(workdir, ID)
        state = state_of(workdir)
        write(workdir, piece)
        assert state.merging
        state.merging.expect(PART)
        state.save(nothing)
    [file] = manifest_of(ID).files.values()
    assert len([*bucket.list_(f"resume/{ID}/heads/{file.origin}/")]) == len(pieces)
    source = SavedBytes(f"resume/{ID}/", file)
    bucket.delete(chunk.key for chunk in bucket.list_(f"resume/{ID}/chunks/"))
    heads = source.heads.collect(source.read, file.size_bytes, nothing, lambda: False)
    assert len(heads.entries) == len(pieces)
    assert heads.position == sum(map(len, pieces))


def test_an_upload_that_lags_goes_on_with_what_was_saved_behind_it(tmp_path: Path) -> None:
    workdir = tmp_path / "first"
    prepare(workdir, ID)
    part = workdir / PART
    content = b"".join(bytes([number]) * PART_BYTES for number in (1, 2, 3, 4)) + b"end"
    part.write_bytes(content[: PART_BYTES - 1])
    write_json(part.with_name(f"{part.name}.source.json"), {"generation": "g1", "length": len(content)})
    state, upload = state_of(workdir), GrowingUpload(part, Multipart("clip.mp4", "video/mp4"))
    assert state.begin_upload(PART, upload)
    upload.stop()
    part.write_bytes(content)
    state.save(nothing)
    state = state_of(tmp_path / "second")
    assert state.upload
    assert state.upload.finish(tmp_path / "second" / PART)
    assert bucket.get_bytes("clip.mp4") == content
