"""What functions are deployed from: infra/artifacts.py."""

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from infra import artifacts
from tests.bench.functions import modules


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """All imports, also those inside functions."""
    return grimp.build_graph("dlambda", "endpoints", "events", include_external_packages=True)


@pytest.mark.parametrize("module", [module for module, is_image in modules().items() if not is_image])
def test_a_zip_lacks_nothing_that_its_function_imports(graph: grimp.ImportGraph, module: str) -> None:
    missing = {name for name in graph.find_upstream_modules(module) if name in artifacts.IMAGES_ALONE}
    assert not missing, [graph.find_shortest_chain(module, name) for name in missing]


def test_a_start_loads_nothing_that_is_for_few_requests() -> None:
    """Each would make every start of every function later (docs/cold-starts.md)."""
    program = (
        "import sys, endpoints.presets.main\n"
        "from dlambda.entry.model import Model\n"
        "print(*sys.modules)\n"
        "print(*(model.__name__ for model in Model.__subclasses__() if model.__pydantic_complete__))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    loaded, built = (line.split() for line in answer.split("\n")[:2])
    for_few = {
        "argon2", "av", "boto3", "dlambda.domain.items.item", "dlambda.domain.messages.queue_messages",
        "dlambda.media.workers.worker", "flask_openapi3", "regex", "yt_dlp",
    }  # fmt: skip
    assert for_few.isdisjoint(loaded), for_few.intersection(loaded)
    assert built == []


def test_the_same_input_makes_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        folder = tmp_path / name / "code"
        folder.mkdir(parents=True)
        (folder / "module.py").write_text(
            'WORDS = {"one", "two", "three", "four"}\n\n\ndef pick(word):\n    return word in {"x", "y", "z"}\n'
        )
        (folder / "program.sh").write_text("exit\n")
        (folder / "program.sh").chmod(0o755)
        artifacts.compile_folder(folder, sys.executable, "/var/task")
        made.append(artifacts.pack(folder, tmp_path / f"{name}.zip"))
    assert made[0].sha256 == made[1].sha256
    assert list((tmp_path / "a" / "code").rglob("*.pyc"))
