"""Flame graphs of routes: where the gateway's process spends its time, as pictures (`make bench ARGS=--flames`).

py-spy takes the samples, by `uvx`; it looks at the process from outside, and changes nothing in it.
"""

import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Final

from tests.bench.history import PICTURES
from tests.e2e.api import Api, Record
from tests.e2e.service import Service
from tests.origin import Origin

_SECONDS: Final = 10
_RATE: Final = 200
_WIDTH: Final = 1200
_ROW: Final = 16
_LEAST_SHARE: Final = 0.004
_LETTER: Final = 6.2
_WAITING: Final = "Runner.run "
_BEGINS: Final[Mapping[str, str]] = {_WAITING: "event loop", "_WorkItem.run ": "threads"}
_STYLE: Final = "text{font:10px monospace;fill:#222}rect{stroke:#fff;stroke-width:.5}"
_COLOURS: Final = ("#f4a259", "#f6bd60", "#e98a5b", "#f7cf83")


@dataclass(slots=True)
class _Frame:
    """A function in a stack: the samples in it, and what it called."""

    samples: int = 0
    calls: dict[str, "_Frame"] = field(default_factory=dict)


def _take_pictures(service: Service, origin: Origin, clip: Record) -> None:
    """Writes a picture for each route that matters most."""
    path = service.api.download_path(clip)
    works: Mapping[str, Callable[[Api, int], object]] = {
        "add": lambda api, number: api.add(origin.url(f"clip-flame-{number}.mp4"), auto_start=False),
        "page": lambda api, _: api.get("/api/history?type=done&per_page=50"),
        "download": lambda api, _: api.follow("GET", path),
    }
    (gateway,) = (process.pid for process in service.processes() if "local.gateway" in process.command)
    for name, work in works.items():
        stacks = _sample(gateway, service.api, work)
        (PICTURES / f"flames-{name}.svg").write_text(draw(stacks))


def _sample(pid: int, api: Api, work: Callable[[Api, int], object]) -> Counter[str]:
    """Stacks, root first and joined by `;`, with how often each was seen while `work` was done again and again."""
    command = [
        str(Path(sys.executable).with_name("uvx")), "py-spy", "record", "--pid", str(pid), "--duration", str(_SECONDS), "--rate", str(_RATE), "--gil",
        "--function", "--format", "raw", "--output",
    ]  # fmt: skip
    is_over = threading.Event()

    def ask() -> None:
        number = 0
        while not is_over.is_set():
            work(api, number)
            number += 1

    client = threading.Thread(target=ask)
    client.start()
    try:
        with tempfile.NamedTemporaryFile() as file:
            subprocess.run([*command, file.name], check=True, capture_output=True)
            return read_stacks(Path(file.name).read_text())
    finally:
        is_over.set()
        client.join()


def read_stacks(text: str) -> Counter[str]:
    """Samples in the collapsed form: a stack and a number a line. Without those in which the event loop waits; what every
    stack begins with is one frame.
    """
    stacks: Counter[str] = Counter()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        if stack and count.isdigit() and not frames[-1].startswith(_WAITING):
            stacks[";".join(_shortened(frames))] += int(count)
    return stacks


def _shortened(frames: Sequence[str]) -> Sequence[str]:
    for begin, name in _BEGINS.items():
        for number, frame in enumerate(frames):
            if frame.startswith(begin):
                return [name, *frames[number + 1 :]]
    return frames


def draw(stacks: Mapping[str, int]) -> str:
    """The flame graph as an SVG that needs no script."""
    root = _tree(stacks)
    boxes = list(_boxes(root, 0, 0.0, max(1, root.samples)))
    height = (max((depth for depth, *_ in boxes), default=0) + 1) * _ROW
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}">',
        f"<style>{_STYLE}</style>",
    ]
    for depth, name, left, share in boxes:
        x, y, width = left * _WIDTH, height - (depth + 1) * _ROW, share * _WIDTH
        letters = int((width - 4) / _LETTER)
        shown = name if len(name) <= letters else f"{name[: letters - 1]}…" if letters > 3 else ""
        lines.append(
            f'<g><title>{escape(name)} {share:.1%}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" '
            f'height="{_ROW}" fill="{_colour(name)}"/><text x="{x + 2:.1f}" y="{y + 12}">{escape(shown)}</text></g>'
        )
    return "\n".join([*lines, "</svg>", ""])


def _colour(name: str) -> str:
    """The same in every run."""
    return _COLOURS[sum(name.encode()) % len(_COLOURS)]


def _tree(stacks: Mapping[str, int]) -> _Frame:
    root = _Frame()
    for stack, samples in stacks.items():
        frame = root
        frame.samples += samples
        for name in stack.split(";"):
            frame = frame.calls.setdefault(name, _Frame())
            frame.samples += samples
    return root


def _boxes(frame: _Frame, depth: int, left: float, all_samples: int) -> Iterator[tuple[int, str, float, float]]:
    """(depth, name, left edge, width) of each box that is wide enough to be seen; edges as parts of the whole."""
    for name, call in sorted(frame.calls.items()):
        share = call.samples / all_samples
        if share >= _LEAST_SHARE:
            yield depth, name, left, share
            yield from _boxes(call, depth + 1, left, all_samples)
        left += share


def write_pictures(folder: Path) -> None:
    """Starts a service in `folder`, and writes the pictures."""
    service = Service(folder / "data", {"YTP_ACCESS_LOG": "false"})
    try:
        service.start()
        with Origin() as origin:
            _take_pictures(service, origin, service.api.fetch(origin.url("clip-flames.mp4")))
        service.stop()
    finally:
        service.kill()
