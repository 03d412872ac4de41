"""`python -m tests.handover [--megabytes 3000] [--rate 30] [--limit 20] [--only file,killed,hls,dash,live]`.

Downloads from a counting origin through many invocations, each a process of its own with a limit, in fresh environments, in two warm ones
in turn, and with one that is killed. Prints what was fetched and whether it is right; ends with 1 when it is not.
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dlambda.aws import objects
from dlambda.domain.items.item import Status
from dlambda.domain.paths.paths import object_key_in
from tests.handover.driver import Report, download, invoke_apart, invoke_killed_at, limited
from tests.handover.recording import record
from tests.handover.source import Source
from tests.pushes import Pushes
from tests.stack import Stack, environment

_FRAGMENT_BYTES = 1024 * 1024
_AT_ONCE = 4
_MOST_FETCHED = 1.02
_LEAST_INVOCATIONS = 5


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
    """An environment of its own for each invocation; the one before is gone."""

    def environment_of(number: int) -> Path:
        shutil.rmtree(folder / f"fresh-{number - 1}", ignore_errors=True)
        return folder / f"fresh-{number}"

    return environment_of


def warm(folder: Path) -> Callable[[int], Path]:
    """Two environments in turn."""
    return lambda number: folder / f"warm-{number % 2}"


def check(name: str, report: Report, source: Source, size_bytes: int, digest: str | None) -> bool:
    """Prints a row; True if all is as it should be."""
    ratio = source.sent_bytes / size_bytes
    is_right = report.item.status is Status.FINISHED and (digest is None or digest_of(report) == digest)
    is_good = is_right and ratio <= _MOST_FETCHED and report.invocations >= _LEAST_INVOCATIONS and not report.left
    print(
        f"{name:28} {report.invocations:3} invocations, {source.sent_bytes / 1e6:8.1f} MB fetched of {size_bytes / 1e6:8.1f} ({ratio:.4f}x), "
        f"{sum(report.seconds):6.1f} s, {'right' if is_right else report.item.error}, left: {report.left or 'nothing'}"
        f"{'' if is_good else '   <-- not as promised'}",
        flush=True,
    )
    return is_good


def digest_of(report: Report) -> str:
    """The SHA-256 of the file in the bucket."""
    digest = hashlib.sha256()
    for block in objects.read(object_key_in(report.item.folder, str(report.item.filename))):
        digest.update(block)
    return digest.hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=30.0, help="MB per second")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds of an invocation")
    parser.add_argument("--only", default="file,killed,hls,dash,live")
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    size, rate = given.megabytes * 1_000_000, given.rate * 1e6
    kinds = given.only.split(",")
    results: list[bool] = []
    folder = Path(tempfile.mkdtemp(dir=given.folder))
    began = time.monotonic()
    try:
        with engines(folder) as stack, limited(given.limit):
            for kind, places in [("fresh", fresh), ("warm", warm)]:
                if "file" in kinds:
                    with Source(size, rate) as source:
                        report = download(stack, source.url("film.mp4"), places(folder), given.limit, invoke_apart)
                        results.append(check(f"a file, {kind}", report, source, size, source.film.digest()))
                    stack.empty(whatever_was_touched=True)
                for name, path in [("hls", "stream.m3u8"), ("dash", "stream.mpd")]:
                    if name in kinds:
                        with Source(size, rate, _FRAGMENT_BYTES) as source:
                            report = download(
                                stack, source.url(path), places(folder), given.limit, invoke_apart,
                                cli=f"--concurrent-fragments {_AT_ONCE}",
                            )  # fmt: skip
                            results.append(check(f"{name}, {kind}", report, source, source.sent_by(path), None))
                        stack.empty(whatever_was_touched=True)
            if "killed" in kinds:
                with Source(size, rate) as source:
                    invoke = invoke_killed_at(source, size // 3)
                    report = download(stack, source.url("film.mp4"), fresh(folder), given.limit, invoke)
                    results.append(check("a file, killed at a third", report, source, size, source.film.digest()))
                stack.empty(whatever_was_touched=True)
            if "live" in kinds:
                results.append(record(stack, fresh(folder), given.limit))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{sum(results)} of {len(results)} as promised, {time.monotonic() - began:.0f} s")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
