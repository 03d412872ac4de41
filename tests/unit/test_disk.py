"""What is left of a volume (media/machine/disk.py)."""

from pathlib import Path

import pytest

from dlambda.domain.items.failure import FailureKind, classify
from dlambda.media.machine.disk import DiskSpace, disk_space_at, least_space

MB = 1_000_000


@pytest.mark.parametrize(
    ("free", "needed", "fits"),
    [(200, 0, True), (199, 0, False), (700, 500, True), (700, 501, False)],
)
def test_what_would_take_from_the_reserve_does_not_fit(free: int, needed: int, fits: bool) -> None:
    assert (DiskSpace(free * MB, 10_000 * MB, 200 * MB).lacks(needed * MB) is None) is fits


def test_without_a_reserve_everything_fits() -> None:
    space = DiskSpace(0, 10 * MB, 0)
    assert (space.low, space.lacks(5 * MB)) == (True, None)


@pytest.mark.parametrize(
    ("free", "total", "reserve", "low"),
    [
        (2_030_000, 40 * MB, 2 * MB, True),  # 30 kB above the reserve: nothing fits
        (3_999_999, 40 * MB, 2 * MB, True),
        (4 * MB, 40 * MB, 2 * MB, False),
        (209 * MB, 10_000 * MB, 200 * MB, True),
        (210 * MB, 10_000 * MB, 200 * MB, False),
        (9 * MB, 10_000 * MB, 0, True),
        (10 * MB, 10_000 * MB, 0, False),
    ],
)
def test_a_disk_is_low_when_no_download_begins(free: int, total: int, reserve: int, low: bool) -> None:
    space = DiskSpace(free, total, reserve)
    assert space.low is low
    assert (space.lacks(space.least) is not None) is (low and reserve > 0)


def test_the_tightest_volume_counts() -> None:
    reserve = 10**9
    spaces = [disk_space_at(Path(folder), reserve) for folder in ("/", "/dev/shm")]
    assert least_space([Path("/"), Path("/dev/shm")], reserve).available == min(space.available for space in spaces)


def test_its_text_is_a_full_disk() -> None:
    text = DiskSpace(150 * MB, 10_000 * MB, 200 * MB).lacks(1234 * MB)
    assert text == "No space left on device: 150 MB are free, 200 MB are to stay free, 1,234 MB are needed."
    assert classify(text).kind is FailureKind.DISK


def test_a_reserve_is_a_twentieth_of_the_volume_at_most(tmp_path: Path) -> None:
    space = disk_space_at(tmp_path / "not" / "yet", 10**18)
    assert space.reserve == space.total // 20
    assert disk_space_at(tmp_path, 1).reserve == 1
