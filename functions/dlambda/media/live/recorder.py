"""Records a live HLS stream into one file, segment by segment, whatever happens to the stream meanwhile.

Every segment has a number; what is recorded up to which number stands beside the `.part`. So a recording may be killed
at any moment and goes on, here or elsewhere, without a gap and without a segment twice, as long as the site still
offers the next one. Knows no yt-dlp: reading, the clock and the pauses are arguments.

A playlist or a segment that cannot be read is asked for again, as long as patience lasts. Numbers that begin again are
told from a server that lags behind by the content of a segment that is recorded. Where the initialisation changes
(RFC 8216 4.3.2.5), a new part of the file begins.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit

from dlambda.media.live.media_playlist import MediaPlaylist, Segment
from dlambda.media.live.recording_state import STATE_SUFFIX, RecordingState
from dlambda.media.live.stream import NotReadable, Reader, StreamAway, Timing
from dlambda.media.ytdlp.resume import write_json

_MOST_MARKS = 64
_REFUSED_SECONDS = 15.0  # of a stream of which nothing came yet
_LOSSES_PATIENCE = 10  # times the patience, while segments are listed and none can be had
_SEGMENT_SECONDS = (3.0, 20.0)  # least and most patience with one segment


class Recorder:
    """Records `url` into `part`. `warn` takes sentences, `tell` the size after each segment."""

    def __init__(
        self,
        part: Path,
        url: str,
        reader: Reader,
        timing: Timing,
        *,
        warn: Callable[[str], None],
        tell: Callable[[int], None],
    ) -> None:
        self._url = url
        self._reader = reader
        self._timing = timing
        self._warn = warn
        self._tell = tell
        self.state_path = part.with_name(part.name + STATE_SUFFIX)
        self.state = RecordingState.load(self.state_path) if part.is_file() else RecordingState()
        if not self.state.bytes:
            self.state_path.unlink(missing_ok=True)  # it tells of another file
            self.state = RecordingState()
        self._file = self._reopen(part)
        self._news_at = self._wrote_at = timing.clock()
        self._away_since: float | None = None
        self._failing: dict[int, float] = {}
        self._is_suspicious = bool(self.state.bytes)  # who knows what happened since the last run
        self._is_renumbered = False
        self._names_vary = False
        self._compared: set[tuple[int, str]] = set()
        self._beginnings: dict[tuple[object, ...], bytes] = {}

    def _reopen(self, part: Path) -> BinaryIO:
        """The file, at the end of what is recorded: without what was being written when the last run ended."""
        file: BinaryIO = part.open("r+b" if self.state.bytes else "wb")
        file.truncate(self.state.bytes)
        file.seek(self.state.bytes)
        return file

    def close(self) -> None:
        self._file.truncate(self.state.bytes)
        self._file.close()

    def record(self) -> None:
        """Returns when the stream has ended. Raises `StreamAway` when nothing is recorded by then."""
        while not self._timing.stopped() and (pause := self._turn()) is not None:
            self._timing.sleep(pause)

    def _turn(self) -> float | None:
        """A look at the playlist; seconds until the next one, None when the stream has ended."""
        try:
            playlist = self._reader.playlist(self._url)
        except NotReadable as error:
            return self._wait_for_playlist(error)
        self._away_since = None
        is_complete = self._take_new(playlist)
        if playlist.ended and is_complete:
            return None
        now, patience = self._timing.clock(), max(self._timing.patience, 5 * playlist.target_seconds)
        if now - self._news_at > patience or now - self._wrote_at > _LOSSES_PATIENCE * patience:
            self._warn("The live stream has brought nothing new for long; it counts as ended")
            return None
        return min(2.0, max(0.2, playlist.target_seconds / 2))

    def _wait_for_playlist(self, error: NotReadable) -> float | None:
        now = self._timing.clock()
        self._away_since = now if self._away_since is None else self._away_since
        self._is_suspicious = True
        patience = self._timing.patience
        if not self.state.bytes and error.refused:
            patience = min(patience, _REFUSED_SECONDS)
        if now - self._away_since < patience:
            return 1.0
        if not self.state.bytes:
            raise StreamAway(str(error))
        self._warn(f"The live stream ended: {error}")
        return None

    def _take_new(self, playlist: MediaPlaylist) -> bool:
        """True if nothing of the playlist is left to be recorded."""
        for segment in self._fresh(playlist):
            if self._timing.stopped():
                return False
            try:
                content = self._reader.segment(segment)
                beginning = self._beginning(segment)
            except NotReadable:
                if not self._gives_up(segment, playlist):
                    return False  # with the next look at the playlist, where it may have another address
                self._lose(1, segment.seconds)
                self.state.next = segment.sequence + 1
                continue
            self._write(segment, content, beginning)
        return True

    # Which segments are new

    def _fresh(self, playlist: MediaPlaylist) -> list[Segment]:
        if not playlist.segments:
            return []
        first = playlist.segments[0].sequence
        if self.state.next is None:
            self.state.next = first
        elif self._begins_again(playlist):
            self._begin_again(first)
        elif first > self.state.next:
            self._pass_over(first, playlist)
        return [segment for segment in playlist.segments if segment.sequence >= (self.state.next or 0)]

    def _begins_again(self, playlist: MediaPlaylist) -> bool:
        """True if the numbers stand for other segments than before; a server may also lag behind for a while."""
        last = playlist.segments[-1]
        is_behind = last.sequence < (self.state.next or 0) - 1
        marked = [segment for segment in playlist.segments if str(segment.sequence) in self.state.marks]
        has_other_names = not self._names_vary and any(
            self._mark(marked_segment)[1] != _name(marked_segment.url) for marked_segment in marked
        )
        if not (is_behind or has_other_names or self._is_suspicious):
            return False
        self._is_suspicious = False
        return not self._is_recorded(marked[-1]) if marked else is_behind

    def _is_recorded(self, segment: Segment) -> bool:
        """True if the site's segment is the one that is recorded under its number; asked once for each address."""
        key = (segment.sequence, segment.url)
        if key in self._compared:
            return True
        try:
            content = self._reader.segment(segment)
        except NotReadable:
            return True
        if _hash(content) != self._mark(segment)[0]:
            return False
        self._compared.add(key)
        self._names_vary = self._names_vary or self._mark(segment)[1] != _name(segment.url)
        return True

    def _mark(self, segment: Segment) -> list[str]:
        return self.state.marks[str(segment.sequence)]

    def _begin_again(self, first: int) -> None:
        self.state.next = first
        self.state.marks.clear()
        self._compared.clear()
        self._beginnings.clear()
        self._failing.clear()
        self._is_renumbered = True

    def _pass_over(self, first: int, playlist: MediaPlaylist) -> None:
        """Numbers that jump further than the time that went by are new numbers, and nothing is missed."""
        gap = first - (self.state.next or 0)
        state = self.state
        away = self._timing.wall_clock() - state.written_at if state.written_at else 0.0
        seconds = max(self._timing.clock() - self._news_at, away)
        if gap > 2 * (seconds / max(playlist.target_seconds, 0.1) + len(playlist.segments)) + 5:
            self._begin_again(first)
        else:
            self._lose(gap, gap * playlist.segments[0].seconds)
            self.state.next = first

    # What cannot be had

    def _gives_up(self, segment: Segment, playlist: MediaPlaylist) -> bool:
        """After half of the time for which the playlist lists a segment: those behind it must not be lost, too."""
        now = self._timing.clock()
        since = self._failing.setdefault(segment.sequence, now)
        least, longest = _SEGMENT_SECONDS
        listed = sum(listed_segment.seconds for listed_segment in playlist.segments)
        return now - since >= min(longest, max(least, listed / 2))

    def _lose(self, count: int, seconds: float) -> None:
        noun = "segment" if count == 1 else "segments"
        self._warn(f"{count} {noun} of the live stream could not be had, about {seconds:.0f} s")
        self.state.lost += count
        self.state.lost_seconds += seconds
        self._news_at = self._timing.clock()  # the stream goes on behind it

    # Writing

    def _beginning(self, segment: Segment) -> bytes | None:
        if segment.map_url is None:
            return None
        key = (segment.map_url, segment.map_range)
        if segment.discontinuity or key not in self._beginnings:
            self._beginnings = {key: self._reader.beginning(segment)}
        return self._beginnings[key]

    def _write(self, segment: Segment, content: bytes, beginning: bytes | None) -> None:
        state = self.state
        state.marks[str(segment.sequence)] = [_hash(content), _name(segment.url)]
        identity = _hash(beginning) if beginning is not None else None
        jumps = beginning is not None and (segment.discontinuity or self._is_renumbered)
        is_new_part = state.bytes > 0 and (identity != state.beginning or jumps)
        state.jumps += state.bytes > 0 and (segment.discontinuity or self._is_renumbered)
        if is_new_part:
            state.parts.append(state.bytes)
        if beginning is not None and (is_new_part or not state.bytes):
            content = beginning + content
        self._file.write(content)
        self._file.flush()
        state.bytes += len(content)
        state.beginning, state.next = identity, segment.sequence + 1
        state.written_at = self._timing.wall_clock()
        state.marks = dict(list(state.marks.items())[-_MOST_MARKS:])
        write_json(self.state_path, vars(state))
        self._is_renumbered = False
        self._news_at = self._wrote_at = self._timing.clock()
        self._tell(state.bytes)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _name(url: str) -> str:
    """The last part of an address, without what a site adds to it for each visitor."""
    return PurePosixPath(urlsplit(url).path).name
