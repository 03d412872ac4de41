"""A process in a sandbox that runs the code of a test: what a worker could do after a stranger's file took it over."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlambda.media.sandbox import programs
from dlambda.media.sandbox.policy import Network, Policy

_SECONDS = 60.0
_MODULE = "taken_over"
_PROGRAM = """
import json, sys, traceback
from dlambda.media.sandbox.enter import enter_program
enter_program()
answer = {}
try:
    exec(json.load(sys.stdin)["code"], {"answer": answer})
except BaseException as error:
    answer = {"error": type(error).__name__, "text": str(error), "trace": traceback.format_exc()}
print(json.dumps(answer))
"""

Attempt = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a module that enters its sandbox and then runs what it is given."""
    folder = tmp_path_factory.mktemp("program")
    (folder / f"{_MODULE}.py").write_text(_PROGRAM)
    sys.path.append(str(folder))
    yield _MODULE
    sys.path.remove(str(folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The one folder that the process can write to."""
    path = tmp_path / "work" / "mine"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def policy(folder: Path) -> Policy:
    """That of a worker that downloads."""
    return Policy(writes=(str(folder),), network=Network.BROKER, processes=8)


def run_code(program: str, policy: Policy, code: str) -> dict[str, Any]:
    """The `answer` that `code` left, run by `program` in a sandbox; or the error that it raised."""
    done = programs.run_python(program, policy, input=json.dumps({"code": code}).encode(), seconds=_SECONDS)
    if not done.stdout:
        return {"error": f"exit status {done.returncode}", "text": done.stderr.decode(errors="replace")[-500:]}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture
def attempt(program: str, policy: Policy) -> Attempt:
    """Runs code in the sandbox of `policy`, changed as said."""
    return lambda code, **changes: run_code(program, replace(policy, **changes), code)
