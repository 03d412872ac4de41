"""A live stream as its recorder sees it: how it is read, and when it counts as ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dlambda.media.live.media_playlist import MediaPlaylist, Segment


class NotReadable(Exception):
    """The request was not answered. `refused`: the site answered that it will not, such as 403 or 404."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class StreamAway(Exception):
    """Nothing of the stream could be read, for as long as patience lasts."""


class Reader(Protocol):
    """Reads a stream; every method raises `NotReadable`."""

    def playlist(self, url: str) -> MediaPlaylist: ...
    def segment(self, segment: Segment) -> bytes: ...
    def beginning(self, segment: Segment) -> bytes: ...


@dataclass(frozen=True)
class Timing:
    """`patience`: seconds without the playlist, or without a new segment, after which the stream counts as ended.

    `stopped`: whether a stop was asked for. `wall_clock` goes on while nothing records, unlike `clock`.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    patience: float = 60.0
    stopped: Callable[[], bool] = lambda: False
    wall_clock: Callable[[], float] = time.time
