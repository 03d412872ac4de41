"""Processes are started at one place: whoever starts one elsewhere would start it outside the sandbox."""

import ast
from collections.abc import Iterator
from pathlib import Path

FUNCTIONS = Path(__file__).parents[2] / "functions"
ALLOWED = {
    "dlambda/media/sandbox/programs.py",
    "dlambda/media/workers/warm_process.py",  # the process that workers are forked from
    "dlambda/media/workers/child/warm.py",  # forks a worker, which enters its sandbox
    "dlambda/media/ytdlp/release_install.py",  # pip, with the operator's index; nothing of a release runs there
    "dlambda/media/av/pieces/transcode.py",  # runs inside the sandbox of the process that cuts
}
_SUBPROCESS = {"Popen", "run", "call", "check_call", "check_output", "getoutput", "getstatusoutput"}
_OS = {"fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "popen", "startfile"}


def _starts(path: Path) -> Iterator[int]:
    """The lines of `path` that start a process."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner, name = ast.unparse(node.func.value), node.func.attr
        if (owner == "subprocess" and name in _SUBPROCESS) or (
            owner == "os" and (name in _OS or name.startswith(("exec", "spawn")))
        ):
            yield node.lineno


def test_processes_are_started_by_the_sandbox_alone() -> None:
    places = {path.relative_to(FUNCTIONS).as_posix() for path in FUNCTIONS.rglob("*.py") if list(_starts(path))}
    assert places == ALLOWED


def test_nothing_of_subprocess_is_imported_by_name() -> None:
    names = [
        (path.name, alias.name)
        for path in FUNCTIONS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in ("subprocess", "multiprocessing")
        for alias in node.names
    ]
    assert names == []
