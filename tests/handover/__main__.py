"""`python -m tests.handover [--megabytes 3000] [--rate 30] [--limit 20] [--only file,hls,dash,live] [--environments fresh,warm] [--kill]
[--window 20]`.

Downloads from a counting origin through many invocations, each a process of its own with a limit, in fresh environments and in two warm
ones in turn; with `--kill` some are killed at random moments. Prints what was fetched and whether it is right; ends with 1 when it is not.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dlambda.aws import bucket, objects
from dlambda.domain.items.item import Status
from dlambda.domain.paths.paths import object_key_in
from tests.handover.dash import digests_of
from tests.handover.driver import Report, download, invoke_apart, invoke_killed_often, limited
from tests.handover.recording import record
from tests.handover.source import Source
from tests.pushes import Pushes
from tests.stack import Stack, environment

_AT_ONCE = 4
_BESIDE = 4  # invocations that may be under way at once
_MOST_FETCHED = 1.02
_KILLS = 3
_MOST_LOST_BYTES = 64 * 1024 * 1024  # by a kill
_KINDS = {"file": "film.mp4", "hls": "stream.m3u8", "dash": "stream.mpd"}
_FRAGMENT_BYTES = 1024 * 1024
_LEAST_INVOCATIONS = 5
_READ_SECONDS = 600


@contextmanager
def engines(folder: Path) -> Iterator[Stack]:
    """The engines of one machine, and this process set up for them."""
    with Pushes() as pushes:
        stack = Stack(folder / "data", pushes.endpoint)
        try:
            stack.start()
            with environment(stack.environ, stack.deployment):
                yield stack
        finally:
            stack.stop()


def fresh(folder: Path) -> Callable[[int], Path]:
    """An environment of its own for each invocation; the ones before are gone."""

    def environment_of(number: int) -> Path:
        shutil.rmtree(folder / f"fresh-{number - _BESIDE}", ignore_errors=True)
        return folder / f"fresh-{number}"

    return environment_of


def warm(folder: Path) -> Callable[[int], Path]:
    """Two environments in turn."""
    return lambda number: folder / f"warm-{number % 2}"


@dataclass(frozen=True)
class Bounds:
    """What a download may take, and what it brings: bytes that are fetched, and SHA-256 sums where they are known: of
    the file, or of the samples of its two tracks.
    """

    fetched_bytes: float
    digests: list[str] | None


def check(name: str, report: Report, source: Source, size_bytes: int, bounds: Bounds) -> bool:
    """Prints a row; True if all is as it should be."""
    is_right = report.item.status is Status.FINISHED and bounds.digests in (None, digests_in_bucket(report, bounds))
    is_good = is_right and source.sent_bytes <= bounds.fetched_bytes and not report.left
    is_good = is_good and report.invocations >= _LEAST_INVOCATIONS
    print(
        f"{name:28} {report.invocations:3} invocations, {source.sent_bytes / 1e6:8.1f} MB fetched of {size_bytes / 1e6:8.1f} "
        f"({source.sent_bytes / size_bytes:.4f}x), {sum(report.seconds):6.1f} s, "
        f"{'right' if is_right else report.item.error}, left: {report.left or 'nothing'}"
        f"{'' if is_good else '   <-- not as promised'}",
        flush=True,
    )
    return is_good


def digests_in_bucket(report: Report, bounds: Bounds) -> list[str]:
    """The sums of the file in the bucket, as many as are known."""
    key = object_key_in(report.item.folder, str(report.item.filename))
    if bounds.digests and len(bounds.digests) > 1:
        return digests_of(bucket.location(key, seconds=_READ_SECONDS))
    digest = hashlib.sha256()
    for block in objects.read(key):
        digest.update(block)
    return [digest.hexdigest()]


@dataclass(frozen=True)
class Plan:
    """What the command does: sizes in bytes, times in seconds."""

    size_bytes: int
    rate: float
    limit_seconds: float

    def fetch(self, stack: Stack, kind: str, places: Callable[[int], Path], name: str, kills: int = 0) -> bool:
        """Downloads a film as a file or as a stream of four fragments at once; True if all is as promised."""
        path, is_stream = _KINDS[kind], kind != "file"
        cli = {"cli": f"--concurrent-fragments {_AT_ONCE}"} if is_stream else {}
        with Source(self.size_bytes, self.rate, _FRAGMENT_BYTES) as source:
            size_bytes = source.sent_by(path) if is_stream else self.size_bytes
            invoke = invoke_killed_often(source, kills, self.size_bytes) if kills else invoke_apart
            report = download(stack, source.url(path), places, self.limit_seconds, invoke, **cli)
            digests = self._digests(kind, source)
            bounds = Bounds(_MOST_FETCHED * size_bytes + kills * _MOST_LOST_BYTES, digests)
            is_good = check(name, report, source, size_bytes, bounds)
        stack.empty(whatever_was_touched=True)
        return is_good

    def _digests(self, kind: str, source: Source) -> list[str] | None:
        if kind == "hls":
            return None
        return source.dash.digests() if kind == "dash" else [source.film.digest()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=30.0, help="MB per second")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds of an invocation")
    parser.add_argument("--only", default="file,hls,dash,live")
    parser.add_argument("--environments", default="fresh,warm", help="each its own, and two in turn")
    parser.add_argument("--kill", action="store_true", help=f"kill {_KILLS} invocations of each at a random moment")
    parser.add_argument("--window", type=int, default=20, help="seconds of a live stream that the site offers")
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    plan = Plan(given.megabytes * 1_000_000, given.rate * 1e6, given.limit)
    kinds = given.only.split(",")
    results: list[bool] = []
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    began = time.monotonic()
    try:
        with engines(folder) as stack, limited(given.limit):
            for kind in (kind for kind in _KINDS if kind in kinds):
                if given.kill:
                    results.append(plan.fetch(stack, kind, fresh(folder), f"{kind}, {_KILLS} killed", _KILLS))
                    continue
                for name in given.environments.split(","):
                    places = {"fresh": fresh, "warm": warm}[name]
                    results.append(plan.fetch(stack, kind, places(folder), f"{kind}, {name}"))
            if "live" in kinds and not given.kill:
                results.append(record(stack, fresh(folder), given.limit, given.window))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{sum(results)} of {len(results)} as promised, {time.monotonic() - began:.0f} s")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
