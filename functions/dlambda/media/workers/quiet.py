"""Signs of life of a worker process, as its parent sees them: messages, files that change, running threads.

A regular expression that never ends keeps its whole process from saying anything, and a program may wait for ever. Long
work of ffmpeg is told from both by its output, which changes.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dlambda.domain.orders.units import MINUTE

_LOOK_SECONDS = 1.0
_CALM_SECONDS = 2.0  # without a word, before its files and threads are looked at
_BUSY_SHARE = 0.8  # of the looks at it; whether it gets a core does not matter, the machine may be busy
_LONGEST_SLEEP_SECONDS = 86400.0
_SLEEPS = ("sleep_interval", "max_sleep_interval", "sleep_interval_requests", "sleep_interval_subtitles")
_PROCESSES = Path("/proc")


class QuietLimit:
    """Watches the process group `pid`, which writes below `folder`.

    `busy_seconds`: how long it may compute without any sign; `idle_seconds`: how long it may do nothing at all.
    """

    def __init__(
        self,
        pid: int,
        folder: Path,
        *,
        busy_seconds: float,
        idle_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pid = pid
        self._folder = folder
        self._busy_seconds = busy_seconds
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._files: frozenset[tuple[str, int, int]] = frozenset()
        self._looked_at = clock()
        self.note_sign()

    def note_sign(self) -> None:
        """Notes that the worker has said something."""
        self._sign_at = self._clock()
        self._looks = self._looks_busy = 0

    def find_problem(self) -> str | None:
        """Why it is to be ended; None while it is not. Looks at files and threads about once a second."""
        now = self._clock()
        if now - self._looked_at < _LOOK_SECONDS or now - self._sign_at < _CALM_SECONDS:
            return None
        self._looked_at = now
        files = frozenset(_files_below(self._folder))
        if files != self._files:
            self._files = files
            self.note_sign()
            return None
        self._looks += 1
        self._looks_busy += _is_running(self._pid)
        quiet = now - self._sign_at
        if quiet > self._busy_seconds and self._looks_busy >= _BUSY_SHARE * self._looks:
            return (
                f"It was ended: it computed for {self._busy_seconds:.0f} s and brought nothing. Usually a regular "
                "expression among the options does that (--match-title, --match-filters, --parse-metadata, "
                "--replace-in-metadata ...), one with nested repetitions."
            )
        if quiet > self._idle_seconds:
            return f"It was ended: nothing has come for {self._idle_seconds / MINUTE:.0f} min."
        return None


def longest_sleep(params: Mapping[str, Any]) -> float:
    """How long these parameters of yt-dlp may let it wait in peace, in seconds."""
    sleeps = [float(params.get(name) or 0) for name in _SLEEPS]
    for wait in (params.get("retry_sleep_functions") or {}).values():
        sleeps += [float(wait(tries)) for tries in range(11)]
    return min(_LONGEST_SLEEP_SECONDS, max(sleeps))


def _files_below(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of each file."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            with contextlib.suppress(OSError):
                status = path.stat()
                yield str(path), status.st_size, status.st_mtime_ns


def _is_running(group: int) -> bool:
    """True if a thread of the group's processes runs or waits for a core; False where that cannot be seen."""
    processes = (path for path in _PROCESSES.glob("[0-9]*") if _stat(path)[2:3] == [str(group)])
    return any(_stat(task)[:1] == ["R"] for path in processes for task in path.glob("task/*"))


def _stat(path: Path) -> list[str]:
    """State, parent, group ... of a process or a thread; empty when it is gone."""
    try:
        return (path / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []
