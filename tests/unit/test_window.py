"""Which segments of a live stream a recording consists of: docs/contract/hostapi.md, live."""

from pathlib import Path

import pytest

from dlambda.media.live import recorded_segments
from dlambda.media.live.media_playlist import MediaPlaylist, Segment
from dlambda.media.live.recorded_segments import Recorded


def playlist(first: int, lengths: list[float], *, ended: bool = False) -> MediaPlaylist:
    segments = tuple(Segment(first + n, f"http://x/{first + n}.ts", length) for n, length in enumerate(lengths))
    return MediaPlaylist(segments, max(lengths, default=6.0), ended)


@pytest.mark.parametrize(
    ("back", "sequence", "lacking"),
    [(0, 14, 0), (1, 14, 0), (2, 14, 0), (2.5, 13, 0), (4, 13, 0), (9, 10, 0), (10, 10, 0), (12.5, 10, 2.5)],
)
def test_a_recording_begins_with_the_segment_in_which_its_moment_lies(
    back: float, sequence: int, lacking: float
) -> None:
    first, lacking_seconds = recorded_segments.first_segment(playlist(10, [2.0] * 5), back)
    assert (first, lacking_seconds) == (sequence, lacking)


def test_only_what_is_not_recorded_is_fresh() -> None:
    live = playlist(10, [2.0] * 5)
    assert [each.sequence for each in recorded_segments.fresh(live, [], 12)[1]] == [12, 13, 14]
    assert [each.sequence for each in recorded_segments.fresh(live, [Recorded(0, 12, 2.0)], 12)[1]] == [13, 14]
    assert recorded_segments.fresh(live, [Recorded(0, 14, 2.0)], 12) == (0, [])


def test_numbers_that_begin_again_are_a_new_era() -> None:
    era, segments = recorded_segments.fresh(playlist(0, [2.0] * 3), [Recorded(0, 5000, 2.0)], 4000)
    assert (era, [each.sequence for each in segments]) == (1, [0, 1, 2])


def test_holes_are_counted_between_and_before() -> None:
    recorded = [Recorded(0, 5, 2.0), Recorded(0, 6, 2.0), Recorded(0, 9, 2.0), Recorded(1, 0, 2.0)]
    assert recorded_segments.missed(recorded) == 2
    assert recorded_segments.missed(recorded, first=3) == 4
    assert recorded_segments.missed([], first=3) == 0


def test_holes_take_their_time() -> None:
    assert recorded_segments.covered_seconds([Recorded(0, 5, 2.0), Recorded(0, 7, 2.0)], 5, 2.0) == 6.0


def test_a_folder_says_what_is_recorded(tmp_path: Path) -> None:
    for each in (Recorded(1, 0, 2.0), Recorded(0, 12, 1.5), Recorded(0, 9, 2.0)):
        (tmp_path / each.name).touch()
    (tmp_path / f"{Recorded(0, 13, 2.0).name}.new").touch()
    (tmp_path / "0000-000000000009.map").touch()
    assert recorded_segments.read_folder(tmp_path) == [Recorded(0, 9, 2.0), Recorded(0, 12, 1.5), Recorded(1, 0, 2.0)]
    assert recorded_segments.read_folder(tmp_path / "missing") == []
