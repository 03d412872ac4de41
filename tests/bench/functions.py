"""Cold starts of functions: what `make artifacts` builds, imported by the Python of the template.

    python -m tests.bench.functions [--built FOLDER] [--python PATH]

writes docs/cold-starts.md; `make bench ARGS="--only functions"` measures the same beside the rest.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra import artifacts
from infra.image_template import image_functions
from local import template
from tests.bench.figures import Figure

_RUNS = 7
_MOST_MS, _MOST_MB = 350, 90
_PAGE: Final = template.ROOT / "docs" / "cold-starts.md"
_ARCHITECTURE: Final = "x86_64"  # of the machines that measure
# Prints milliseconds of processor time and megabytes of memory that the import of a function takes. The peak of
# getrusage would be that of the process that started this one.
_PROBE = """
import importlib, re, sys, time
began = time.process_time()
importlib.import_module(sys.argv[1])
taken = time.process_time() - began
print(taken * 1000, int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""
_VERSION = "import platform; print(platform.python_version())"
_SETTINGS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",  # as in the template
    "YTP_ALLOW_OPEN": "true",
}
# Folders of a build, in the order in which Python looks for modules.
_ZIP: Final = ("code", "packages", "ytdlp")
_IMAGE: Final = ("code", "image-packages", "image-ytdlp")
_WARM_PROCESS: Final = "dlambda.media.workers.child.warmup"
"""Holds all of yt-dlp, in a process beside the function that workers are forked from."""


@dataclass(frozen=True, slots=True)
class Start:
    """The import of a module: the best of some processes, each new."""

    module: str
    is_image: bool
    milliseconds: float
    megabytes: float


def measure_functions(folder: Path) -> list[Figure]:
    """Builds into `folder`; sizes, and the start of each function."""
    version = artifacts.python_version()
    python = artifacts.find_python(version)
    artifacts.build(folder, python, version, _ARCHITECTURE)
    figures = [Figure(f"{name}, unzipped", size, "MB") for name, size in sizes(folder).items()]
    limit = artifacts.LIMIT_BYTES / 2**20
    total = sum(size for name, size in sizes(folder).items() if name in _ZIP)
    figures.append(Figure("a ZIP function, unzipped", total, "MB", aim=f"{limit:.0f}", limit=limit))
    for start in starts(folder, python):
        name = f"start of {start.module}"
        figures += [
            Figure(name, start.milliseconds, "ms", aim=str(_MOST_MS), limit=_MOST_MS),
            Figure(name, start.megabytes, "MB", aim=str(_MOST_MB), limit=_MOST_MB),
        ]
    return figures


def sizes(folder: Path) -> dict[str, float]:
    """The folders of a build -> MB."""
    return {name: artifacts.folder_size(folder / name) / 2**20 for name in dict.fromkeys((*_ZIP, *_IMAGE))}


def modules() -> dict[str, bool]:
    """Those of all functions but the two that stream, ZIPs first -> whether it is an image: `endpoints.auth.main`."""
    document = template.load()
    images = image_functions(document)
    pairs = [
        (name in images, resource["Properties"]["Handler"].removesuffix(".lambda_handler"))
        for name, resource in document["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function" and "Condition" not in resource
    ]
    return {module: is_image for is_image, module in sorted(pairs)}


def starts(folder: Path, python: str) -> list[Start]:
    """The start of each function, and of the process with yt-dlp. In rounds: a busy moment hits one run of each."""
    places = {
        module: [folder / name for name in (_IMAGE if is_image else _ZIP)]
        for module, is_image in (modules() | {_WARM_PROCESS: True}).items()
    }
    runs: dict[str, list[tuple[float, float]]] = {module: [] for module in places}
    for _ in range(_RUNS):
        for module, folders in places.items():
            runs[module].append(_start(python, folders, module))
    return [
        Start(
            module, folders[1].name == _IMAGE[1], min(ms for ms, _ in runs[module]), min(mb for _, mb in runs[module])
        )
        for module, folders in places.items()
    ]


def _start(python: str, folders: list[Path], module: str) -> tuple[float, float]:
    """Milliseconds and megabytes of one new process."""
    environ = _SETTINGS | {"PYTHONPATH": ":".join(map(str, folders))}
    command = [python, "-S", "-c", _PROBE, module]
    answer = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    milliseconds, megabytes = map(float, answer.split())
    return milliseconds, megabytes


def page(folder: Path, python: str) -> str:
    """docs/cold-starts.md."""
    version = subprocess.run([python, "-c", _VERSION], capture_output=True, text=True, check=True).stdout.strip()
    rows = "\n".join(
        f"| `{start.module.removesuffix('.main')}` | {'image' if start.is_image else 'ZIP'} "
        f"| {start.milliseconds:.0f} | {start.megabytes:.0f} |"
        for start in starts(folder, python)
    )
    parts = "\n".join(f"| `{name}` | {size:.0f} |" for name, size in sizes(folder).items())
    return f"""# Cold starts

Written by `python -m tests.bench.functions` ({time.strftime("%Y-%m-%d")}): processor time and peak memory of the import of each
function, the best of {_RUNS} new processes, with what `make artifacts` builds for it. Python {version} on
{_ARCHITECTURE} with {os.cpu_count()} cores, under a load of {os.getloadavg()[0]:.1f}; other work on the machine makes these times up to half as long
again, and so does an interpreter that was built without optimizations. The aim for those that answer HTTP is {_MOST_MS} ms and
{_MOST_MB} MB. The start of a container, which comes before, is not in it.

| function | packed as | ms | MB |
| --- | --- | ---: | ---: |
{rows}

The last is the process beside a function from which workers with yt-dlp are forked: it begins when the first page is to be read.

| part, unzipped | MB |
| --- | ---: |
{parts}

An image has ffmpeg, ffprobe and deno beside `code`, `image-packages` and `image-ytdlp` ([infra/README.md](../infra/README.md)).
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.functions")
    parser.add_argument("--built", type=Path, help="a folder that a build is in; without, one is built")
    parser.add_argument("--python", default="", help="the interpreter; without, the first of the template's version")
    options = parser.parse_args()
    version = artifacts.python_version()
    python = options.python or artifacts.find_python(version)
    with tempfile.TemporaryDirectory(prefix="dlambda-artifacts-") as folder:
        built = options.built or Path(folder)
        if not options.built:
            artifacts.build(built, python, version, _ARCHITECTURE)
        _PAGE.write_text(page(built, python))
    print(f"written to {_PAGE.relative_to(template.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
