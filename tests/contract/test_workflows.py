"""The workflows in .github run what developers run, and all of it."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
_MAKE = re.compile(r"\bmake +([^\n;|&>]+)")
_WORD = re.compile(r"[a-z][a-z-]*")


def parsed(path: Path) -> dict[str | bool, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def commands(path: Path) -> list[str]:
    """The shell texts of all steps, and those that a matrix fills in."""
    texts = []
    for job in parsed(path)["jobs"].values():
        parts = job.get("strategy", {}).get("matrix", {}).get("part", [])
        texts += [part["command"] for part in parts]
        texts += [step["run"] for step in job["steps"] if "run" in step]
    return texts


def targets_of(text: str) -> set[str]:
    """The targets that `make` is called with; variables and options are none."""
    words = [word for call in _MAKE.findall(text) for word in shlex.split(call)]
    return {word for word in words if _WORD.fullmatch(word)}


def rules() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_the_parts_that_it_needs(path: Path) -> None:
    workflow = parsed(path)
    assert workflow["name"] == path.stem
    assert True in workflow, "`on`, which YAML reads as true"
    assert workflow["permissions"]
    for job in workflow["jobs"].values():
        assert job["runs-on"] == "ubuntu-24.04"
        assert job["timeout-minutes"] <= 180
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])
        assert all(
            re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40}", step["uses"]) for step in job["steps"] if "uses" in step
        )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_target_that_a_workflow_names_is_one_of_the_makefile(path: Any) -> None:
    targets = {target for text in commands(path) for target in targets_of(text)}
    assert targets
    assert targets <= rules()


def test_targets_are_read_from_commands() -> None:
    assert targets_of('make test ARGS="-m not b"\nmake -s bump-ytdlp | tail\nx && make notice openapi > y') == {
        "test", "bump-ytdlp", "notice", "openapi",
    }  # fmt: skip


def test_the_jobs_run_every_folder_of_tests_on_every_python() -> None:
    test = parsed(ROOT / ".github/workflows/check.yml")["jobs"]["test"]
    recipes = " ".join(re.findall(r"^test-fast:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE))
    text = " ".join([*(part["command"] for part in test["strategy"]["matrix"]["part"]), recipes])
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders == set(re.findall(r"tests/([a-z0-9]+)", text))
    assert test["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_hooks_name_programs_that_are_there() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    scripts = [word for hook in hooks for word in hook["entry"].split() if word.startswith((".ci/", "template"))]
    assert all((ROOT / script).is_file() for script in scripts)
    assert {hook["id"] for hook in hooks} >= {"ruff", "ruff-format", "subject"}


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.stem)
def test_files_of_the_forge_are_yaml(path: Any) -> None:
    assert parsed(path)
