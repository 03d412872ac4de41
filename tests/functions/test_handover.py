"""Downloads that take several invocations: each goes on where the one before it was (continuing-downloads.md)."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlambda.aws import objects
from dlambda.domain.items.item import Status
from dlambda.domain.paths.paths import object_key_in
from tests.handover.driver import Report, download, limited
from tests.handover.source import BUFFER_BYTES, Source
from tests.stack import Stack

LIMIT_SECONDS = 3.0
MOST_FETCHED = 1.02
AT_ONCE = 4
FRAGMENT_BYTES = 32 * 1024


@pytest.fixture(autouse=True)
def _limited(stack: Stack) -> Iterator[None]:
    with limited(LIMIT_SECONDS):
        yield


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
    with Source(40_000_000, 4_000_000) as source:
        report = download(stack, source.url("film.mp4"), environments, LIMIT_SECONDS)
        assert digest(report) == source.film.digest()
        assert source.sent_bytes <= MOST_FETCHED * source.film.size_bytes
    assert report.invocations >= 5
    assert report.left == []


@pytest.mark.parametrize("path", ["stream.m3u8", "stream.mpd"])
def test_so_is_a_stream_of_which_four_fragments_come_at_once(
    stack: Stack, environments: Callable[[int], Path], path: str
) -> None:
    with Source(20_000_000, 2_000_000, FRAGMENT_BYTES) as source:
        report = download(stack, source.url(path), environments, LIMIT_SECONDS, cli=f"--concurrent-fragments {AT_ONCE}")
        assert (report.item.status, report.item.error) == (Status.FINISHED, None)
        under_way = report.invocations * AT_ONCE * (FRAGMENT_BYTES + BUFFER_BYTES)  # at a hand-over
        assert source.sent_bytes <= source.sent_by(path) + under_way
    assert report.invocations >= 4
    assert report.left == []
