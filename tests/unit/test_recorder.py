"""Live streams that go wrong, second by second: docs/contract/downloads.md 5.8. The clock is the test's."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from dlambda.media.live.media_playlist import MediaPlaylist, Segment
from dlambda.media.live.recorder import Recorder
from dlambda.media.live.stream import NotReadable, StreamAway, Timing

SECONDS = 2.0


class Stream:
    """A site whose clock goes on when the recorder pauses. `at` tells what it lists at a moment, or raises."""

    def __init__(self, at: Callable[[float], list[Segment]], end: float) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.gone: Callable[[str, float], bool] = lambda *_: False
        self._at = at
        self._end = end

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def playlist(self, _url: str) -> MediaPlaylist:
        return MediaPlaylist(tuple(self._at(self.now)), SECONDS, ended=self.now >= self._end)

    def segment(self, segment: Segment) -> bytes:
        self.asked.append(segment.url)
        if self.gone(segment.url, self.now):
            raise NotReadable("404", refused=True)
        return f"[{segment.url}]".encode()

    def beginning(self, segment: Segment) -> bytes:
        return f"<{segment.map_url}>".encode()


def listed(first: int, count: int, name: str = "", **fields: object) -> list[Segment]:
    return [Segment(number, f"{name}{number}", SECONDS, **fields) for number in range(first, first + count)]  # type: ignore[arg-type]


def recorded(stream: Stream, part: Path, *, patience: float = 60.0) -> tuple[str, Recorder]:
    timing = Timing(lambda: stream.now, stream.sleep, patience)
    recorder = Recorder(part, "u", stream, timing, warn=lambda _: None, tell=lambda _: None)
    try:
        recorder.record()
    finally:
        recorder.close()
    return part.read_text().replace("][", " ").strip("[]"), recorder


def away(now: float, since: float, until: float) -> None:
    if since <= now < until:
        raise NotReadable("HTTP Error 404", refused=True)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "a.part"


@pytest.mark.parametrize("seconds", [2, 30, 59])
def test_a_playlist_that_is_away_for_a_while_is_waited_for(part: Path, seconds: int) -> None:
    def at(now: float) -> list[Segment]:
        away(now, 3, 3 + seconds)
        return listed(0, 3 if now < 3 else 6)

    text, recorder = recorded(Stream(at, 3.0 + seconds), part)
    assert text == "0 1 2 3 4 5"
    assert recorder.state.missing_text is None


def test_a_playlist_that_stays_away_ends_the_recording(part: Path) -> None:
    def at(now: float) -> list[Segment]:
        away(now, 3, 1e9)
        return listed(0, 3)

    stream = Stream(at, 1e9)
    assert recorded(stream, part)[0] == "0 1 2"
    assert 60 <= stream.now < 70


def test_what_rolled_out_of_the_playlist_meanwhile_is_told(part: Path) -> None:
    def at(now: float) -> list[Segment]:
        away(now, 3, 23)
        return listed(0, 3) if now < 3 else listed(7, 3)

    text, recorder = recorded(Stream(at, 23), part)
    assert text == "0 1 2 7 8 9"
    assert recorder.state.missing_text is not None
    assert recorder.state.missing_text.startswith("4 segments are missing, about 8 s")


@pytest.mark.parametrize(("refused", "seconds"), [(True, 15), (False, 60)])
def test_a_stream_that_never_comes_is_an_error(part: Path, refused: bool, seconds: int) -> None:
    def at(_: float) -> list[Segment]:
        raise NotReadable("no", refused=refused)

    stream = Stream(at, 1e9)
    with pytest.raises(StreamAway, match="no"):
        recorded(stream, part)
    assert seconds <= stream.now < seconds + 5


def test_a_stream_that_comes_late_is_recorded(part: Path) -> None:
    def at(now: float) -> list[Segment]:
        away(now, 0, 5)
        return listed(0, 2)

    assert recorded(Stream(at, 5), part)[0] == "0 1"


def test_a_server_that_lags_behind_gives_nothing_twice(part: Path) -> None:
    def at(now: float) -> list[Segment]:
        return listed(0, 6) if now < 3 else listed(0, 3) if now < 9 else listed(2, 6)

    assert recorded(Stream(at, 9), part)[0] == "0 1 2 3 4 5 6 7"


@pytest.mark.parametrize(("before", "after"), [("a", "b"), ("a/", "b/")])
@pytest.mark.parametrize("again", [1, 2, 3, 6, 8])
def test_numbers_that_begin_again(part: Path, before: str, after: str, again: int) -> None:
    def at(now: float) -> list[Segment]:
        if now >= 9:
            away(now, 9, 11)
        return listed(0, 6, before) if now < 9 else listed(0, again, after) if now < 20 else listed(0, 9, after)

    text, recorder = recorded(Stream(at, 20), part)
    assert text.split() == [*(f"{before}{k}" for k in range(6)), *(f"{after}{k}" for k in range(9))]
    assert recorder.state.missing_text is None


def test_numbers_that_jump_ahead_are_no_loss(part: Path) -> None:
    text, recorder = recorded(Stream(lambda now: listed(0, 3) if now < 3 else listed(90_000, 3), 3), part)
    assert text == "0 1 2 90000 90001 90002"
    assert recorder.state.missing_text is None


def test_addresses_that_differ_each_time_are_the_same_segments(part: Path) -> None:
    class Signed(Stream):
        def segment(self, segment: Segment) -> bytes:
            self.asked.append(segment.url)
            return f"[{segment.sequence}]".encode()

    stream = Signed(lambda now: listed(0, 3 + int(now / 2), f"{now}-"), 8)
    assert recorded(stream, part)[0] == "0 1 2 3 4 5 6"
    assert len(stream.asked) <= 8


def test_a_segment_that_is_away_for_a_while_is_waited_for(part: Path) -> None:
    stream = Stream(lambda now: listed(0, 3 + int(now / 2)), 10)
    stream.gone = lambda url, now: url == "2" and now < 3
    assert recorded(stream, part)[0] == "0 1 2 3 4 5 6 7"


@pytest.mark.parametrize(("gone", "text"), [("0", "1 2 3"), ("1", "0 2 3"), ("3", "0 1 2")])
def test_a_segment_that_stays_away_costs_itself_and_is_told(part: Path, gone: str, text: str) -> None:
    stream = Stream(lambda _: listed(0, 4), 0)
    stream.gone = lambda url, _: url == gone
    found, recorder = recorded(stream, part)
    assert found == text
    assert recorder.state.missing_text == "1 segment is missing, about 2 s: the site did not have them any more."


def test_many_lost_segments_in_a_row_end_no_stream_that_goes_on(part: Path) -> None:
    stream = Stream(lambda now: listed(int(now / SECONDS), 40), 900)
    stream.gone = lambda url, _: 50 <= int(url) < 56
    text, recorder = recorded(stream, part)
    assert text.split()[-1] == str(int(stream.now / SECONDS) + 39)
    assert recorder.state.lost == 6


def test_a_stream_of_which_nothing_can_be_had_any_more_ends(part: Path) -> None:
    stream = Stream(lambda now: listed(int(now / SECONDS), 10), 10**9)
    stream.gone = lambda url, _: int(url) >= 20
    assert recorded(stream, part)[0].split()[-1] == "19"


def test_what_was_missed_while_nothing_recorded_is_told(part: Path) -> None:
    for wall, first in ((1000.0, 0), (1300.0, 106)):
        stream = Stream(lambda _, first=first: listed(first, 6), 0)  # type: ignore[misc]
        timing = Timing(lambda stream=stream: stream.now, stream.sleep, wall_clock=lambda wall=wall: wall)  # type: ignore[misc]
        recorder = Recorder(part, "u", stream, timing, warn=lambda _: None, tell=lambda _: None)
        recorder.record()
        recorder.close()
    assert recorder.state.lost == 100


def test_it_goes_on_where_it_was_killed(part: Path) -> None:
    recorded(Stream(lambda _: listed(0, 3), 0), part)
    part.open("ab").write(b"a write that was cut")
    assert recorded(Stream(lambda _: listed(1, 5), 0), part)[0] == "0 1 2 3 4 5"


def test_each_new_map_begins_a_part(part: Path) -> None:
    segments = [
        *listed(0, 2, map_url="f"), *listed(2, 1, map_url="g", discontinuity=True), *listed(3, 1, map_url="g"),
        *listed(4, 1, map_url="f", discontinuity=True), *listed(5, 1, map_url="f", discontinuity=True),
    ]  # fmt: skip
    _, recorder = recorded(Stream(lambda _: segments, 0), part)
    bounds = [0, *recorder.state.parts, None]
    content = part.read_text()
    assert [content[a:b] for a, b in pairwise(bounds)] == [
        "<f>[0][1]", "<g>[2][3]", "<f>[4]", "<f>[5]",
    ]  # fmt: skip


def test_a_recording_that_is_resumed_goes_on_in_its_part(part: Path) -> None:
    recorded(Stream(lambda _: listed(0, 2, map_url="f"), 0), part)
    _, recorder = recorded(Stream(lambda _: listed(0, 4, map_url="f"), 0), part)
    assert part.read_text() == "<f>[0][1][2][3]"
    assert recorder.state.parts == []
