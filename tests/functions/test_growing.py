"""Uploads beside a download (aws/growing.py): what the log says of them, also from their thread."""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dlambda.aws import bucket
from dlambda.aws.growing import HEAD_BYTES, PART_BYTES, GrowingUpload
from dlambda.aws.multipart import Multipart
from dlambda.entry.logs import JsonLines, request_id
from tests.e2e.api import wait_until

pytestmark = pytest.mark.usefixtures("stack")


class Lines(logging.Handler):
    """Lines as they are written, each by the thread that said it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.found: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    handler, logger = Lines(), logging.getLogger("dlambda.aws.growing")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.found
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_every_line_says_the_request_and_the_item(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    with request_id("m1"):
        path = tmp_path / "clip.mp4"
        path.write_bytes(bytes(PART_BYTES + 1))
        upload = GrowingUpload(path, Multipart("files/gone.mp4", "video/mp4", upload_id="ended"), item_id="i1")
        wait_until(lambda: lines, 5, lambda: "nothing was logged")
        assert not upload.finish(path)
    assert {(line["request_id"], line["item_id"]) for line in lines} == {("m1", "i1")}


# In no folder: for a second after the test before removed one, the engine begins uploads there that cannot end.
KEY = "clip.mp4"


def grow(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("ab") as file:
        for piece in pieces:
            file.write(piece)


def begin(path: Path, *, frees: bool = False) -> GrowingUpload:
    return GrowingUpload(path, Multipart(KEY, "video/mp4"), frees=frees)


def blocks(count: int) -> list[bytes]:
    return [bytes([number + 1]) * PART_BYTES for number in range(count)]


def test_a_file_is_sent_while_it_grows_and_under_its_later_name(tmp_path: Path) -> None:
    path, target = tmp_path / "clip.mp4.part", tmp_path / "clip.mp4"
    grow(path, blocks(1))
    upload = begin(path)
    grow(path, [*blocks(2), b"end"])
    wait_until(lambda: upload.sent_bytes == 3 * PART_BYTES, 30, lambda: str(upload.sent_bytes))
    path.rename(target)
    assert (upload.is_only_copy, upload.finish(target)) == (False, True)
    assert bucket.get_bytes(KEY) == target.read_bytes()


def test_another_file_under_its_name_is_not_what_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    grow(path, blocks(1))
    upload = begin(path)
    path.rename(tmp_path / "old.mp4")
    grow(path, blocks(2))
    assert (upload.is_outdated, upload.finish(path)) == (True, False)
    assert bucket.find(KEY) is None


def test_one_that_is_freed_behind_its_upload_takes_no_room_and_can_be_gone_on_with_elsewhere(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "clip.mp4.part", tmp_path / "elsewhere.part"
    grow(path, blocks(3))
    upload = begin(path, frees=True)
    wait_until(lambda: upload.sent_bytes == 3 * PART_BYTES, 30, lambda: str(upload.sent_bytes))
    upload.stop()
    status = path.stat()
    assert (status.st_size, status.st_blocks * 512 <= 2 * HEAD_BYTES) == (3 * PART_BYTES, True)
    assert path.read_bytes()[:HEAD_BYTES] == blocks(1)[0][:HEAD_BYTES]

    again = Multipart(KEY, "video/mp4", upload_id=upload.upload.id)
    again.read_parts(PART_BYTES)
    elsewhere.touch()
    os.truncate(elsewhere, again.parts * PART_BYTES)
    second = GrowingUpload(elsewhere, again, sent_bytes=again.parts * PART_BYTES)
    grow(elsewhere, [b"end"])
    assert (second.is_only_copy, second.finish(elsewhere)) == (True, True)
    assert bucket.get_bytes(KEY) == b"".join(blocks(3)) + b"end"
