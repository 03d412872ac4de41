"""Which bytes of a growing file are sent at a save (usecases/workers/saved_files.py)."""

import pytest

from dlambda.usecases.workers.saved_files import CHUNK_BYTES, Chunk, Manifest, SavedFile, SavedUpload, Stretch

FULL = CHUNK_BYTES


def saved(*sizes: int) -> SavedFile:
    """A file whose chunks have these sizes."""
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return SavedFile("g1", tuple(Chunk(f"c{start}", start, size) for start, size in zip(starts, sizes, strict=True)))


@pytest.mark.parametrize(
    ("file", "size_bytes", "stretches"),
    [
        (saved(), 0, []),
        (saved(), 10, [(0, 10)]),
        (saved(10), 10, []),
        (saved(10), 30, [(10, 30)]),
        (saved(10), 5, []),
        (saved(), 2 * FULL + 1, [(0, FULL), (FULL, 2 * FULL), (2 * FULL, 2 * FULL + 1)]),
        (saved(FULL), FULL + 7, [(FULL, FULL + 7)]),
        # Small chunks become one as soon as they fill it.
        (saved(FULL, 10, 20), 2 * FULL - 1, [(FULL + 30, 2 * FULL - 1)]),
        (saved(FULL, 10, 20), 2 * FULL, [(FULL, 2 * FULL)]),
        (saved(FULL, 10, 20), 2 * FULL + 5, [(FULL, 2 * FULL), (2 * FULL, 2 * FULL + 5)]),
    ],
)
def test_only_what_is_new_is_sent(file: SavedFile, size_bytes: int, stretches: list[tuple[int, int]]) -> None:
    assert file.missing(size_bytes) == [Stretch(*stretch) for stretch in stretches]


def test_what_the_file_itself_lacks_is_not_sent_once_more() -> None:
    assert saved(FULL, 10, 20).missing(2 * FULL, 0, FULL + 30) == [Stretch(FULL + 30, 2 * FULL)]
    assert saved(FULL, 10, 20).missing(2 * FULL + 40, 0, FULL + 10) == [
        Stretch(FULL + 10, 2 * FULL + 10),
        Stretch(2 * FULL + 10, 2 * FULL + 40),
    ]


def test_chunks_that_are_sent_once_more_replace_the_small_ones() -> None:
    longer = saved(FULL, 10, 20).extended([Chunk("new", FULL, FULL)], ("a.ytdl", "{}"))
    assert [(chunk.key, chunk.start) for chunk in longer.chunks] == [("c0", 0), ("new", FULL)]
    assert (longer.size_bytes, longer.record) == (2 * FULL, ("a.ytdl", "{}"))


def test_a_manifest_is_read_as_it_was_written() -> None:
    manifest = Manifest(3, '{"item_id": "i"}', {"temp/a.part": saved(5).extended([], ("temp/a.ytdl", "{}"))})
    assert Manifest.read(manifest.render()) == manifest
    upload = SavedUpload("files/a.mp4", "u1", CHUNK_BYTES, Chunk("head", 0, 5))
    growing = Manifest(4, "", {"temp/a.part": SavedFile("g1", (), None, upload)}, can_upload=False)
    assert Manifest.read(growing.render()) == growing


def test_what_parts_of_an_upload_hold_needs_no_chunks() -> None:
    file = saved(10, 20).behind(15)
    assert [chunk.key for chunk in file.chunks] == ["c10"]
    assert file.missing(50, 15) == [Stretch(30, 50)]
    assert file.behind(40).missing(50, 40) == [Stretch(40, 50)]
