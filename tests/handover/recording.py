"""A live stream that is recorded through many invocations: every segment once, in order."""

from collections.abc import Callable
from pathlib import Path

from dlambda.aws import objects
from dlambda.domain.items.item import Status
from dlambda.domain.paths.paths import object_key_in
from tests.handover.driver import Report, download, invoke_apart
from tests.origin import Origin
from tests.origin.live import sequence_numbers
from tests.stack import Stack

_SECONDS = 90


def record(
    stack: Stack, environment_of: Callable[[int], Path], limit_seconds: float, window: int, seconds: int = _SECONDS
) -> bool:
    """Records a stream, which offers `window` segments of a second, to its end; prints a row, and answers whether no segment is missing or doubled."""
    with Origin() as origin:
        url = origin.url(f"live/handover-{seconds}+{window}/1/{seconds}/index.m3u8")
        report = download(stack, url, environment_of, limit_seconds, invoke_apart, cli="--fixup never")
    numbers = _numbers_of(report)
    is_whole = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False
    is_good = is_whole and numbers[-1] == seconds - 1 and report.invocations > 1 and not report.left
    print(
        f"{'a live recording':28} {report.invocations:3} invocations, {len(numbers)} segments ({numbers[:1]} to {numbers[-1:]}), "
        f"{sum(report.seconds):6.1f} s, {report.item.error or 'right'}, left: {report.left or 'nothing'}"
        f"{'' if is_good else '   <-- not as promised'}",
        flush=True,
    )
    return is_good


def _numbers_of(report: Report) -> list[int]:
    if report.item.status is not Status.FINISHED:
        return []
    key = object_key_in(report.item.folder, str(report.item.filename))
    return sequence_numbers(b"".join(objects.read(key)))
