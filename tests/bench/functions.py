"""Cold starts of the functions that are ZIPs: what `make artifacts` builds, imported by the Python of the template."""

import subprocess
from pathlib import Path

from infra import artifacts
from infra.image_template import image_functions
from local import template
from tests.bench.figures import Figure

_RUNS = 5
_MOST_MS, _MOST_MB = 350, 90
# Prints milliseconds of processor time and megabytes of memory that the import of a function takes. The peak of
# getrusage would be that of the process that started this one.
_PROBE = """
import importlib, re, sys, time
began = time.process_time()
importlib.import_module(sys.argv[1])
taken = time.process_time() - began
print(taken * 1000, int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""
_SETTINGS = {"AWS_DEFAULT_REGION": "us-east-1", "YTP_ALLOW_OPEN": "true", "AWS_LAMBDA_FUNCTION_NAME": "bench"}


def measure_functions(folder: Path) -> list[Figure]:
    """Builds into `folder`; sizes, and the best of some starts of each function."""
    version = artifacts.python_version()
    python = artifacts.find_python(version)
    built = artifacts.build(folder, python, version, "x86_64")
    limit = artifacts.LIMIT_BYTES / 2**20
    total = sum(artifact.unzipped for artifact in built) / 2**20
    figures = [Figure(f"{artifact.path.name}, unzipped", artifact.unzipped / 2**20, "MB") for artifact in built]
    figures += [
        Figure(f"{name} of the image", artifacts.folder_size(folder / f"image-{name}") / 2**20, "MB")
        for name in ("packages", "ytdlp")
    ]
    figures.append(Figure("a ZIP function, unzipped", total, "MB", aim=f"{limit:.0f}", limit=limit))
    for module in zip_functions():
        milliseconds, megabytes = _start(python, folder, module)
        name = f"start of {module}"
        figures += [
            Figure(name, milliseconds, "ms", aim=str(_MOST_MS), limit=_MOST_MS),
            Figure(name, megabytes, "MB", aim=str(_MOST_MB), limit=_MOST_MB),
        ]
    return figures


def zip_functions() -> list[str]:
    """Their modules: `endpoints.presets.main`."""
    document = template.load()
    images = image_functions(document)
    return sorted(
        each["Properties"]["Handler"].removesuffix(".lambda_handler")
        for name, each in document["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function" and name not in images and "Condition" not in each
    )


def _start(python: str, folder: Path, module: str) -> tuple[float, float]:
    environ = _SETTINGS | {"PYTHONPATH": f"{folder / 'code'}:{folder / 'packages'}:{folder / 'ytdlp'}"}
    command = [python, "-S", "-c", _PROBE, module]
    runs = [
        tuple(
            map(float, subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.split())
        )
        for _ in range(_RUNS)
    ]
    return min(milliseconds for milliseconds, _ in runs), min(megabytes for _, megabytes in runs)
