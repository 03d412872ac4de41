"""yt-dlp's command line in a worker process, its output as it comes (docs/contract/system.md 5, terminal)."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dlambda.deployment import current
from dlambda.media.machine.tools import find_tool

if TYPE_CHECKING:
    from dlambda.media.ytdlp.worker_jobs import TerminalJob

_TICK_SECONDS: Final = 1.0
_LONGEST_LINE: Final = 8192


@dataclass(frozen=True, slots=True)
class Line:
    """A line on the terminal, or the beginning of a very long one. Empty ones tell that time passes."""

    text: str
    source: str = "stdout"


@dataclass(frozen=True, slots=True)
class Exit:
    """The end; -1 when it did not end by itself."""

    code: int


class _Lines:
    """Lines of an output that comes in parts. `sent_bytes`: of all parts so far."""

    def __init__(self) -> None:
        self.sent_bytes = 0
        self._pending = ""

    def add(self, text: str) -> list[Line]:
        """The lines that `text` ends, or the beginning of a very long one."""
        self.sent_bytes += len(text)
        *lines, self._pending = (self._pending + text).split("\n")
        if len(self._pending) > _LONGEST_LINE:
            lines, self._pending = [*lines, self._pending], ""
        return [Line(line.removesuffix("\r")) for line in lines]

    def last(self) -> list[Line]:
        """The line that nothing ended, if any."""
        return [Line(self._pending)] if self._pending else []


def _job(words: Sequence[str], workdir: Path) -> "TerminalJob":
    from dlambda.media.ytdlp.worker_jobs import TerminalJob

    settings = current().settings
    return TerminalJob(
        tuple(words), workdir, allow_internal=settings.allow_internal_urls, ffmpeg=find_tool("ffmpeg"),
        cache=str(settings.scratch / "cache"), deno=find_tool("deno"),
    )  # fmt: skip


def run_terminal(
    words: Sequence[str], workdir: Path, *, seconds: float, most_bytes: int
) -> Iterator[Line | Exit | None]:
    """Runs `yt-dlp <words>` in `workdir`; None when no line came, at least each second. The last value is an `Exit`.

    Whoever stops listening ends it: its whole process group goes with this generator.
    """
    from dlambda.media.workers.worker import start_worker  # the group of this route has others, which need no workers

    worker = start_worker(_job(words, workdir))
    end = time.monotonic() + seconds
    output = _Lines()
    try:
        while (message := worker.receive(_TICK_SECONDS)) or not worker.ended:
            if message and message["type"] == "exit":
                yield from output.last()
                yield Exit(int(message["exitcode"]))
                return
            lines = output.add(message["data"]) if message else []
            yield from lines or (None,)  # progress grows in one line: the listener looks whether it shall go on
            if output.sent_bytes > most_bytes:
                yield Line("Stopped: it wrote too much.", "stderr")
                break
            if time.monotonic() > end:
                yield Line("Stopped: it took too long.", "stderr")
                break
        yield Exit(-1)
    finally:
        worker.kill()
        worker.wait_gone()
