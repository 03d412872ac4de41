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


def run_terminal(
    words: Sequence[str], workdir: Path, *, seconds: float, most_bytes: int
) -> Iterator[Line | Exit | None]:
    """Runs `yt-dlp <words>` in `workdir`; None when no line came, at least each second. The last value is an `Exit`.

    Whoever stops listening ends it: its whole process group goes with this generator.
    """
    settings = current().settings
    job = TerminalJob(
        tuple(words), workdir, allow_internal=settings.allow_internal_urls, ffmpeg=find_tool("ffmpeg"),
        cache=str(settings.scratch / "cache"), deno=find_tool("deno"),
    )  # fmt: skip
    worker = start_worker(job)
    end = time.monotonic() + seconds
    pending, sent_bytes = "", 0
    try:
        while True:
            message = worker.receive(_TICK_SECONDS)
            if message is None:
                if worker.ended:
                    break
                yield None
            elif message["type"] == "exit":
                if pending:
                    yield Line(pending)
                yield Exit(int(message["exitcode"]))
                return
            else:
                *lines, pending = (pending + message["data"]).split("\n")
                if len(pending) > _LONGEST_LINE:
                    lines, pending = [*lines, pending], ""
                sent_bytes += len(message["data"])
                yield from (Line(line.removesuffix("\r")) for line in lines)
                if not lines:  # progress grows in one line: the listener looks whether it shall go on
                    yield None
            if sent_bytes > most_bytes or time.monotonic() > end:
                why = "it wrote too much" if sent_bytes > most_bytes else "it took too long"
                yield Line(f"Stopped: {why}.", "stderr")
                break
        yield Exit(-1)
    finally:
        worker.kill()
        worker.wait_gone()
