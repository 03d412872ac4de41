"""yt-dlp's command line in a worker process, its output as it comes (docs/contract/system.md 5, terminal)."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dlambda.deployment import current
from dlambda.media.machine.tools import find_tool
from dlambda.media.workers.worker import start_worker
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
        self.pending = ""

    def add(self, text: str) -> list[Line]:
        """The lines that `text` ends, or the beginning of a very long one."""
        self.sent_bytes += len(text)
        *lines, self.pending = (self.pending + text).split("\n")
        if len(self.pending) > _LONGEST_LINE:
            lines, self.pending = [*lines, self.pending], ""
        return [Line(line.removesuffix("\r")) for line in lines]


def _job(words: Sequence[str], workdir: Path) -> TerminalJob:
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
    worker = start_worker(_job(words, workdir))
    end = time.monotonic() + seconds
    output = _Lines()
    try:
        while True:
            message = worker.receive(_TICK_SECONDS)
            if message is None:
                if worker.ended:
                    break
                yield None
            elif message["type"] == "exit":
                if output.pending:
                    yield Line(output.pending)
                yield Exit(int(message["exitcode"]))
                return
            else:
                lines = output.add(message["data"])
                yield from lines
                if not lines:  # progress grows in one line: the listener looks whether it shall go on
                    yield None
            if output.sent_bytes > most_bytes or time.monotonic() > end:
                why = "it wrote too much" if output.sent_bytes > most_bytes else "it took too long"
                yield Line(f"Stopped: {why}.", "stderr")
                break
        yield Exit(-1)
    finally:
        worker.kill()
        worker.wait_gone()
